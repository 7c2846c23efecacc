import { isTraceparent, traceparentOfRequest } from "@headline/service/log";
import type { Request } from "express";
import { requestId } from "./request-id.js";

/** The W3C traceparent to pass on: the one that came with the request, or else one that says the request's id. */
export function traceparentOf({ headers: { traceparent }, res }: Request): string | undefined {
  if (isTraceparent(traceparent)) return traceparent;
  return res === undefined ? undefined : traceparentOfRequest(requestId(res));
}
