import { clip } from "./clip.js";

/** The failures we expect, in gRPC's vocabulary. Each edge translates them once: gRPC status codes, HTTP statuses. */
export type RefusalCode =
  | "INVALID_ARGUMENT"
  | "UNAUTHENTICATED"
  | "PERMISSION_DENIED"
  | "NOT_FOUND"
  | "ALREADY_EXISTS"
  | "FAILED_PRECONDITION"
  | "RESOURCE_EXHAUSTED"
  | "UNAVAILABLE"
  | "DEADLINE_EXCEEDED";

/** Field of a request that is wrong, and why. */
export interface FieldError {
  /** The field as the caller wrote it: `per_page`, `cover[2]`. */
  readonly field: string;
  readonly detail: string;
}

interface Details {
  readonly cause?: unknown;
  /** Each field that is wrong, for INVALID_ARGUMENT. */
  readonly fields?: readonly FieldError[];
  /** When asking again makes sense, in seconds. */
  readonly retryAfterSeconds?: number;
}

/** Bounds of a refusal: it repeats what the caller wrote, and must not be larger than that was. */
export const FIELDS_MAX = 20;
const MESSAGE_MAX = 1_000;
const FIELD_MAX = 100;
const DETAIL_MAX = 200;

/**
 * An expected failure that speaks to the caller, in bounded words; anything else that is thrown is a bug and speaks only to us.
 *
 * @example
 * ```ts
 * import { asRefusal, Refusal } from "@headline/service/errors";
 *
 * const find = (id: number) => {
 *   throw new Refusal("NOT_FOUND", `article ${id} does not exist`);
 * };
 * try {
 *   find(7);
 * } catch (error) {
 *   const refusal = asRefusal(error); // undefined for a bug
 *   console.log(refusal?.code, refusal?.message); // NOT_FOUND article 7 does not exist
 * }
 * ```
 */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly fields: readonly FieldError[];
  readonly retryAfterSeconds: number | undefined;

  constructor(
    readonly code: RefusalCode,
    message: string,
    { cause, fields = [], retryAfterSeconds }: Details = {},
  ) {
    super(clip(message, MESSAGE_MAX), cause === undefined ? undefined : { cause });
    this.fields = fields.slice(0, FIELDS_MAX).map(bounded);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

function bounded({ field, detail }: FieldError): FieldError {
  return { field: clip(field, FIELD_MAX), detail: clip(detail, DETAIL_MAX) };
}

/** The refusal that `error` is, or undefined when it is a bug. */
export function asRefusal(error: unknown): Refusal | undefined {
  return error instanceof Refusal ? error : undefined;
}

/** Handler for retried work: passes a refusal, which may go away, to `onRefusal`, and rethrows anything else. */
export function ifRefused(onRefusal: (refusal: Refusal) => void): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof Refusal)) throw error;
    onRefusal(error);
  };
}
