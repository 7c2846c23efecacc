import type { Tracing } from "@headline/service/tracing";
import type { RequestHandler } from "express";
import { onceOver } from "./exchanges.js";
import { requestId } from "./request-id.js";

/** A span for each request. What is done for it stands below: from here on, the span is what the request came with. */
export function traceRequests(tracing: Tracing): RequestHandler {
  return (req, res, next) => {
    const span = tracing.start(req.method, {
      kind: "server",
      parent: req.headers["traceparent"] as string | undefined,
    });
    req.headers["traceparent"] = span.traceparent;
    span.set("http.request.method", req.method);
    span.set("headline.request_id", requestId(res));
    onceOver(res, () => {
      const { path = "(none)" } = (req.route ?? {}) as { path?: string };
      span.set("http.route", path);
      span.set("http.response.status_code", res.statusCode);
      span.end(res.statusCode >= 500 ? String(res.statusCode) : undefined);
    });
    next();
  };
}
