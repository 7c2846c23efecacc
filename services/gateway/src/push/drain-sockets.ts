import { pause, until } from "@headline/service/timing";
import { hangUp } from "./is-clogged.js";
import type { PushServer, PushSocket } from "./push-events.js";

const RECONNECT_WITHIN_MS = 2_000;
const STEPS = 25;
const STEP_MS = 40;
const LEAVE_MS = 500;

interface Engine {
  /** Every connection, whether a client said who it is or not. */
  readonly clients: Readonly<Record<string, PushSocket["conn"]>>;
}

/**
 * Sends every client away, a few at a time over a second, so that they do not all arrive at another gateway at once. The
 * connection is closed, not the socket: that is what clients reconnect after by themselves.
 */
export async function drainSockets(io: PushServer): Promise<void> {
  const sockets = [...io.of("/").sockets.values()];
  for (const socket of sockets)
    socket.emit("draining", { reconnect_after_ms: Math.floor(Math.random() * RECONNECT_WITHIN_MS) });
  const perStep = Math.max(20, Math.ceil(sockets.length / STEPS));
  for (let from = 0; from < sockets.length; from += perStep) {
    for (const { conn } of sockets.slice(from, from + perStep)) conn.close();
    await pause(STEP_MS);
  }
  await until(() => io.engine.clientsCount === 0, { withinMs: LEAVE_MS, everyMs: 10 });
  for (const conn of Object.values((io.engine as unknown as Engine).clients)) hangUp(conn);
  io.engine.close();
}
