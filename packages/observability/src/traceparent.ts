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
