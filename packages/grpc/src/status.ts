import { Metadata, type ServiceError, type StatusObject, status } from "@grpc/grpc-js";
import { asRefusal, Refusal, type RefusalCode } from "@headline/service/errors";

/** What a caller is told of a failure: its gRPC status, its sentence, and when asking again makes sense. */
export type FailureStatus = Pick<StatusObject, "code" | "details"> & { metadata?: Metadata };

/** Trailer of gRPC's retry design: milliseconds to wait before asking again; negative means never. */
export const PUSHBACK = "grpc-retry-pushback-ms";

const DETAILS_BYTES_MAX = 1_024;

/** A refusal speaks to the caller; a bug is told to `onBug` once, and the caller hears only that it is internal. */
export function toStatus(error: unknown, onBug: (error: unknown) => void): FailureStatus {
  const refusal = asRefusal(error);
  if (refusal) return refusalStatus(refusal);
  try {
    onBug(error);
  } catch {
    // A broken reporter must not cost the caller its answer.
  }
  return { code: status.INTERNAL, details: "internal error" };
}

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

/** A Refusal where the status is one; a link that broke is UNAVAILABLE; anything else is a bug, ours or the server's. */
export function fromStatus(code: number, details: string, metadata?: Metadata): Error {
  const refusal = REFUSALS.get(code) ?? (isBrokenLink(code, details) ? "UNAVAILABLE" : undefined);
  if (!refusal) return new Error(`the server failed: ${status[code] ?? code} ${details}`);
  const pushback = Number(metadata?.get(PUSHBACK)[0] ?? Number.NaN);
  return new Refusal(refusal, details, pushback >= 0 ? { retryAfterSeconds: pushback / 1_000 } : {});
}

/** Converts a failed call to the Refusal that the server threw, or to an Error. */
export function fromServiceError(error: ServiceError): Error {
  return fromStatus(error.code, error.details, error.metadata);
}

/** A server that dies without draining shows as CANCELLED or as a reset stream, whose call may be asked again. */
function isBrokenLink(code: number, details: string): boolean {
  return code === status.CANCELLED || (code === status.INTERNAL && /RST_STREAM|socket|ECONN|session/i.test(details));
}
