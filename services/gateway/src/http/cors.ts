import type { RequestHandler } from "express";

const METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE";
const REQUEST_HEADERS =
  "Authorization, Content-Type, Idempotency-Key, If-None-Match, Traceparent, X-Request-Id, X-Server-Timing";
const ANSWER_HEADERS = "ETag, Location, Retry-After, Server-Timing, X-Anonymous-Id, X-Request-Id";
const PREFLIGHT_SECONDS = "600";

/** Lets pages of these origins read answers and send what the routes take. Who asks is in a header of theirs, never in a cookie. */
export function cors(origins: readonly string[]): RequestHandler {
  const allowed = new Set(origins);
  return (req, res, next) => {
    if (allowed.size === 0) return next();
    res.vary("Origin");
    const { origin } = req.headers;
    if (origin === undefined || !allowed.has(origin)) return next();
    res.setHeader("Access-Control-Allow-Origin", origin);
    res.setHeader("Access-Control-Expose-Headers", ANSWER_HEADERS);
    if (req.method !== "OPTIONS" || req.headers["access-control-request-method"] === undefined) return next();
    res.setHeader("Access-Control-Allow-Methods", METHODS);
    res.setHeader("Access-Control-Allow-Headers", REQUEST_HEADERS);
    res.setHeader("Access-Control-Max-Age", PREFLIGHT_SECONDS);
    res.status(204).end();
  };
}
