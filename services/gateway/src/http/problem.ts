import { isUnableReply } from "@headline/redis";
import { asRefusal, Refusal, type RefusalCode } from "@headline/service/errors";
import { type Log, traceIdOf } from "@headline/service/log";
import type { ErrorRequestHandler, Request, RequestHandler, Response } from "express";
import { PROBLEM_TYPE, problemDetails, problemWithId } from "./problem-details.js";
import { requestId } from "./request-id.js";
import { traceparentOf } from "./traceparent-of.js";

const STATUS: Readonly<Record<RefusalCode, number>> = {
  INVALID_ARGUMENT: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  FAILED_PRECONDITION: 422,
  RESOURCE_EXHAUSTED: 429,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
};

export const TITLES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  412: "Precondition Failed",
  413: "Payload Too Large",
  415: "Unsupported Media Type",
  416: "Range Not Satisfiable",
  422: "Unprocessable Content",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

/** A refusal that HTTP has a word for and gRPC has not. */
export class HttpRefusal extends Error {
  constructor(
    readonly status: 403 | 405 | 409 | 412 | 413 | 415 | 416,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** No route took the request. */
export const notFound: RequestHandler = (req) => {
  throw new Refusal("NOT_FOUND", `there is no ${req.method} ${req.path}`);
};

/** The last resort: every error leaves as application/problem+json (RFC 9457); a bug is logged here, once, and leaves without details. */
export function problems(log: Log): ErrorRequestHandler {
  return (error, req, res, _next) => {
    if (res.writableEnded) return; // it was answered while this went on: its time was over
    const refusal = asRefusal(error) ?? unableRedis(error) ?? bodyRefusal(error);
    if (refusal === undefined)
      log.error({ err: error, request_id: requestId(res), ...traceOf(req), path: req.path }, "a request failed");
    if (res.headersSent) {
      res.destroy();
      return;
    }
    if (refusal instanceof HttpRefusal) sendProblem(res, refusal.status, refusal.code, refusal.message);
    else if (refusal === undefined) sendProblem(res, 500, "INTERNAL", "something went wrong on our side");
    else sendRefusal(res, refusal);
  };
}

function traceOf(req: Request): { trace_id?: string } {
  const traceparent = traceparentOf(req);
  return traceparent === undefined ? {} : { trace_id: traceIdOf(traceparent) };
}

export function sendRefusal(res: Response, refusal: Refusal): void {
  const { code, message, fields } = refusal;
  const status = STATUS[code];
  for (const [name, value] of headersOf(refusal)) res.setHeader(name, value);
  sendProblem(res, status, code, message, fields.length > 0 ? { errors: fields } : {});
}

/** Sends one refusal without fields many times, as `sendRefusal` does: all but the request's id is made beforehand. */
export function refusalSender(refusal: Refusal): (res: Response) => void {
  const { code, message } = refusal;
  const status = STATUS[code];
  const headers = headersOf(refusal);
  const body = problemWithId({ status, title: TITLES[status] ?? "Error", code, message });
  return (res) => {
    for (const [name, value] of headers) res.setHeader(name, value);
    send(res, status, body(requestId(res)));
  };
}

function headersOf({ code, retryAfterSeconds = 1 }: Refusal): readonly (readonly [string, string])[] {
  const status = STATUS[code];
  if (status === 503 || status === 429) return [["Retry-After", String(Math.max(1, Math.ceil(retryAfterSeconds)))]];
  return status === 401 ? [["WWW-Authenticate", "Bearer"]] : [];
}

function sendProblem(res: Response, status: number, code: string, message: string, more: object = {}): void {
  const problem = { status, title: TITLES[status] ?? "Error", code, message };
  send(res, status, problemDetails(problem, { request_id: requestId(res), ...more }));
}

function send(res: Response, status: number, body: Buffer): void {
  res.statusCode = status;
  res.setHeader("Content-Type", PROBLEM_TYPE);
  res.setHeader("Content-Length", body.length);
  res.end(body);
}

/** A Redis that is there and cannot serve just now is an outage, whatever asked it. */
function unableRedis(error: unknown): Refusal | undefined {
  if (!isUnableReply(error)) return undefined;
  return new Refusal("UNAVAILABLE", "this cannot be done right now", { cause: error, retryAfterSeconds: 1 });
}

/** Translates errors of express, body-parser and static files for bad input: they carry a 4xx status, and a message that is not for the caller. */
function bodyRefusal(error: unknown): Refusal | HttpRefusal | undefined {
  if (error instanceof HttpRefusal) return error;
  const { status, type, limit } = (error ?? {}) as { status?: unknown; type?: unknown; limit?: unknown };
  if (type === "entity.too.large" || status === 413)
    return new HttpRefusal(413, "PAYLOAD_TOO_LARGE", `the body is larger than ${Number(limit) / 1_024} KiB`);
  if (status === 415)
    return new HttpRefusal(415, "UNSUPPORTED_MEDIA_TYPE", "the body's charset or encoding is not supported");
  if (status === 412) return new HttpRefusal(412, "PRECONDITION_FAILED", "the file is another one than was asked for");
  if (status === 416) return new HttpRefusal(416, "RANGE_NOT_SATISFIABLE", "the file has no such range");
  if (
    error instanceof URIError ||
    error instanceof SyntaxError ||
    (typeof status === "number" && status >= 400 && status < 500)
  ) {
    return malformed(error, type);
  }
  return undefined;
}

/** Names the part that cannot be read: express decodes paths, body-parser decodes bodies. */
function malformed(error: unknown, type: unknown): Refusal {
  if (type === "entity.parse.failed") return malformedPart("body", "is not valid JSON");
  if (error instanceof URIError) return malformedPart("path", "is not percent-encoded UTF-8");
  return new Refusal("INVALID_ARGUMENT", "the request is malformed");
}

function malformedPart(field: string, detail: string): Refusal {
  return new Refusal("INVALID_ARGUMENT", `the ${field} ${detail}`, { fields: [{ field, detail }] });
}
