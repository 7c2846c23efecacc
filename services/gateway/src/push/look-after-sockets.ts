import { hangUp, isClogged } from "./is-clogged.js";
import type { PushServer, PushSocket } from "./push-events.js";

const LOOK_EVERY_MS = 1_000;
const WARN_MS = 60_000;

/** Every second: who takes nothing is cut, and whose token ended leaves. Returns what ends it. */
export function lookAfterSockets(io: PushServer, now: () => number): () => void {
  const timer = setInterval(() => {
    const nowMs = now();
    for (const socket of io.of("/").sockets.values()) {
      if (isClogged(socket)) hangUp(socket.conn);
      else if (socket.data.expiresAtMs !== undefined) keepToToken(socket, socket.data.expiresAtMs, nowMs);
    }
  }, LOOK_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

function keepToToken(socket: PushSocket, expiresAtMs: number, nowMs: number): void {
  if (nowMs >= expiresAtMs) {
    socket.emit("expired", { code: "UNAUTHENTICATED", message: "the token has expired; connect with another one" });
    socket.disconnect(true);
  } else if (nowMs >= expiresAtMs - WARN_MS && !socket.data.isWarned) {
    socket.data.isWarned = true;
    socket.emit("expiring", { expires_at: expiresAtMs });
  }
}
