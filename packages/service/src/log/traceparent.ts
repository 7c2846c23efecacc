import { randomBytes } from "node:crypto";

const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Whether `value` is a W3C traceparent of version 00 (https://www.w3.org/TR/trace-context/). */
export function isTraceparent(value: unknown): value is string {
  return typeof value === "string" && TRACEPARENT.test(value);
}

/** The traceparent to send on: the same trace and flags, a span id of our own. */
export function childTraceparent(parent: string): string {
  return `${parent.slice(0, 36)}${randomBytes(8).toString("hex")}${parent.slice(52)}`;
}

/** The trace's id, as logs name it. */
export function traceIdOf(traceparent: string): string {
  return traceparent.slice(3, 35);
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The traceparent of a request that came without one: its id is the trace's, so that logs of both say the same. Not to be recorded. */
export function traceparentOfRequest(requestId: string): string | undefined {
  if (!UUID.test(requestId)) return undefined;
  const traceId = requestId.replaceAll("-", "");
  return `00-${traceId}-${traceId.slice(16)}-00`;
}
