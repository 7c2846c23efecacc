import { Metadata, type ServiceError, type StatusObject, status } from "@grpc/grpc-js";
import { asRefusal, Refusal, type RefusalCode } from "@headline/service/errors";

/** Failure as it is sent: gRPC status, message, and when a retry makes sense. */
export type FailureStatus = Pick<StatusObject, "code" | "details"> & { metadata?: Metadata };

/** Trailer of gRPC's retry design: milliseconds to wait before asking again; negative means never. */
export const PUSHBACK = "grpc-retry-pushback-ms";

const DETAILS_BYTES_MAX = 1_024;

/** Converts an error: a refusal keeps its message; a bug goes to `onBug` once and is sent as INTERNAL without detail. */
export function toStatus(error: unknown, onBug: (error: unknown) => void): FailureStatus {
  const refusal = asRefusal(error);
  if (refusal) return refusalStatus(refusal);
  try {
    onBug(error);
  } catch {
    // A broken reporter must not cost the caller its response.
  }
  return { code: status.INTERNAL, details: "internal error" };
}

/** Status of a refusal, with its pushback. */
export function refusalStatus(refusal: Refusal): FailureStatus {
  const details = sendable(refusal.message);
  if (refusal.retryAfterSeconds === undefined) return { code: status[refusal.code], details };
  const metadata = new Metadata();
  metadata.set(PUSHBACK, String(Math.ceil(refusal.retryAfterSeconds * 1_000)));
  return { code: status[refusal.code], details, metadata };
}

/** grpc-js percent-encodes details with encodeURI, which throws on a lone surrogate and makes three bytes of one. */
function sendable(message: string): string {
  const bytes = Buffer.from(message);
  if (bytes.length <= DETAILS_BYTES_MAX) return bytes.toString();
  return bytes
    .subarray(0, DETAILS_BYTES_MAX)
    .toString()
    .replace(/\ufffd+$/, "");
}

const REFUSALS = new Map<number, RefusalCode>(
  (
    [
      "INVALID_ARGUMENT",
      "UNAUTHENTICATED",
      "PERMISSION_DENIED",
      "NOT_FOUND",
      "ALREADY_EXISTS",
      "FAILED_PRECONDITION",
      "RESOURCE_EXHAUSTED",
      "UNAVAILABLE",
      "DEADLINE_EXCEEDED",
    ] as const
  ).map((code) => [status[code], code]),
);

/** Converts a status to a Refusal where it is one; a broken link is UNAVAILABLE; any other status is a bug, here or at the server. */
export function fromStatus(code: number, details: string, metadata?: Metadata): Error {
  const refusal = REFUSALS.get(code) ?? (isBrokenLink(code, details) ? "UNAVAILABLE" : undefined);
  if (!refusal) return new Error(`the server failed: ${status[code] ?? code} ${details}`);
  const pushback = Number(metadata?.get(PUSHBACK)[0] ?? Number.NaN);
  return new Refusal(refusal, details, pushback >= 0 ? { retryAfterSeconds: pushback / 1_000 } : {});
}

/** Converts the error of a grpc-js call, see `fromStatus`. */
export function fromServiceError(error: ServiceError): Error {
  return fromStatus(error.code, error.details, error.metadata);
}

/** A server that dies without draining shows as CANCELLED or as a reset stream; the call may be retried. */
function isBrokenLink(code: number, details: string): boolean {
  return code === status.CANCELLED || (code === status.INTERNAL && /RST_STREAM|socket|ECONN|session/i.test(details));
}
