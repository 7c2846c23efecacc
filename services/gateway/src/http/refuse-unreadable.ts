import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { onceOver, unansweredOn } from "./exchanges.js";
import { hangUpWith } from "./hang-up.js";
import { rawProblem } from "./problem-details.js";

/** Refusals by the error codes of Node's parser; every other error is malformed input. */
const REFUSALS: Readonly<Record<string, Parameters<typeof rawProblem>[0]>> = {
  HPE_HEADER_OVERFLOW: {
    status: 431,
    title: "Request Header Fields Too Large",
    code: "RESOURCE_EXHAUSTED",
    message: "the headers are larger than 16 KiB",
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    title: "Request Timeout",
    code: "DEADLINE_EXCEEDED",
    message: "the request took too long to arrive",
  },
};
const MALFORMED = {
  status: 400,
  title: "Bad Request",
  code: "INVALID_ARGUMENT",
  message: "this is not a request that can be read",
};

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

function problemOf(error: { code?: string }): Buffer {
  const requestId = randomUUID();
  const refusal = REFUSALS[error.code ?? ""] ?? MALFORMED;
  return rawProblem(refusal, { "X-Request-Id": requestId }, { request_id: requestId });
}
