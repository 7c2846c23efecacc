import type { Duplex } from "node:stream";

/** Time for a client to read a last answer and hang up itself: bytes that arrive after a close reset the connection, and the answer is lost. */
const LINGER_MS = 1_000;

/** Sends a last answer; the connection ends when the client hangs up, and soon if it does not. */
export function hangUpWith(socket: Duplex, answer: string | Buffer): void {
  socket.on("error", () => undefined); // it may be gone
  socket.end(answer);
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}
