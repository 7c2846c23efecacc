import { isTraceparent } from "@headline/observability";
import type { Request } from "express";

/** The W3C traceparent that came with the request, to be passed on; undefined for what is none. */
export function traceparentOf({ headers: { traceparent } }: Request): string | undefined {
  return isTraceparent(traceparent) ? traceparent : undefined;
}
