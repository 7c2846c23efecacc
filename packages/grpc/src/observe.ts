import { status } from "@grpc/grpc-js";
import { asRefusal } from "@headline/service/errors";

/** Receives each call that was served or made: method, status name, duration, and the W3C traceparent it came with. */
export type ObserveCall = (method: string, code: string, ms: number, traceparent: string | undefined) => void;

/** Status name of a call that threw; an error that is not a refusal is INTERNAL. */
export function codeOf(error: unknown): string {
  if (error instanceof Error && error.name === "AbortError") return "CANCELLED";
  return asRefusal(error)?.code ?? "INTERNAL";
}

export function codeName(code: number): string {
  return status[code] ?? "UNKNOWN";
}
