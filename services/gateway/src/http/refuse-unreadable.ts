import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { onceOver, unansweredOn } from "./exchanges.js";
import { hangUpWith } from "./hang-up.js";

/** Node's own codes for what its parser gives up on; everything else is not HTTP. */
const REFUSALS: Readonly<Record<string, readonly [status: string, code: string, message: string]>> = {
  HPE_HEADER_OVERFLOW: [
    "431 Request Header Fields Too Large",
    "RESOURCE_EXHAUSTED",
    "the headers are larger than 16 KiB",
  ],
  ERR_HTTP_REQUEST_TIMEOUT: ["408 Request Timeout", "DEADLINE_EXCEEDED", "the request took too long to arrive"],
};
const MALFORMED = ["400 Bad Request", "INVALID_ARGUMENT", "this is not a request that can be read"] as const;

/**
 * Answers what never became a request: a problem like any other, written by hand, and the connection ends. Answers to whole
 * requests before it go first, and then the connection ends without one.
 */
export function refuseUnreadable(error: Error & { code?: string }, socket: Duplex): void {
  const unanswered = unansweredOn(socket);
  const last = unanswered.at(-1);
  if (!socket.writable || error.code === "ECONNRESET") socket.destroy();
  else if (last?.req.complete) endAfter(last);
  else if (unanswered.length > 1 || last?.headersSent) socket.destroy();
  else hangUpWith(socket, problemOf(error));
}

function endAfter(last: ServerResponse): void {
  if (!last.headersSent) last.setHeader("Connection", "close");
  onceOver(last, () => last.req.socket.destroySoon());
}

function problemOf(error: { code?: string }): string {
  const [status, code, message] = REFUSALS[error.code ?? ""] ?? MALFORMED;
  const requestId = randomUUID();
  const problem = JSON.stringify({
    type: "about:blank",
    title: status.slice(4),
    status: Number(status.slice(0, 3)),
    detail: message,
    message,
    code,
    request_id: requestId,
  });
  return (
    `HTTP/1.1 ${status}\r\nContent-Type: application/problem+json; charset=utf-8\r\nContent-Length: ${problem.length}\r\n` +
    `X-Content-Type-Options: nosniff\r\nReferrer-Policy: same-origin\r\nX-Request-Id: ${requestId}\r\nConnection: close\r\n\r\n${problem}`
  );
}
