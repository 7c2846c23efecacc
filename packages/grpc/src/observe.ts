import { status } from "@grpc/grpc-js";
import { asRefusal } from "@headline/service/errors";

/**
 * Told of each call that was served or made: the method's name, the name of its status, how long it took, and the W3C
 * traceparent it came with.
 */
export type ObserveCall = (method: string, code: string, ms: number, traceparent: string | undefined) => void;

/** The status of a call that threw; what is no refusal is a bug. */
export function codeOf(error: unknown): string {
  if (error instanceof Error && error.name === "AbortError") return "CANCELLED";
  return asRefusal(error)?.code ?? "INTERNAL";
}

export function codeName(code: number): string {
  return status[code] ?? "UNKNOWN";
}
