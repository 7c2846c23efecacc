import { poll } from "@headline/service/timing";
import type { AccessTokens } from "../users/access-tokens.js";
import { hangUp, isClogged } from "./is-clogged.js";
import type { PushServer, PushSocket } from "./push-events.js";

const REAP_EVERY_MS = 1_000;
const WARN_MS = 60_000;

interface Deps {
  readonly io: PushServer;
  readonly tokens: AccessTokens;
  readonly now: () => number;
  readonly onError: (error: unknown) => void;
}

/** Every second, closes slow consumers and sockets whose token expired or whose sign-in ended. Returns a stop function. */
export function startSocketReaper({ io, tokens, now, onError }: Deps): () => void {
  const stopped = new AbortController();
  const reap = () => {
    const nowMs = now();
    for (const socket of io.of("/").sockets.values()) {
      if (isClogged(socket)) hangUp(socket.conn);
      else if (tokens.hasEnded(socket.data)) disconnect(socket, "the sign-in has ended");
      else if (socket.data.expiresAtMs !== undefined) enforceExpiry(socket, socket.data.expiresAtMs, nowMs);
    }
  };
  void poll(reap, { everyMs: REAP_EVERY_MS, signal: stopped.signal, onError, ref: false });
  return () => stopped.abort();
}

function enforceExpiry(socket: PushSocket, expiresAtMs: number, nowMs: number): void {
  if (nowMs >= expiresAtMs) {
    disconnect(socket, "the token has expired; connect with another one");
  } else if (nowMs >= expiresAtMs - WARN_MS && !socket.data.isWarned) {
    socket.data.isWarned = true;
    socket.emit("expiring", { expires_at: expiresAtMs });
  }
}

function disconnect(socket: PushSocket, message: string): void {
  socket.emit("expired", { code: "UNAUTHENTICATED", message });
  socket.disconnect(true);
}
