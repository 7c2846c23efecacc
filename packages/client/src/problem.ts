/** A field that is wrong, as the gateway names it. */
export interface WrongField {
  readonly field: string;
  readonly detail: string;
}

interface Details {
  readonly status: number;
  readonly code: string;
  readonly requestId?: string | undefined;
  readonly errors?: readonly WrongField[] | undefined;
  readonly retryAfterSeconds?: number | undefined;
  readonly cause?: unknown;
}

/**
 * Why a call failed. `code` is the gateway's (`NOT_FOUND`, `UNAUTHENTICATED`, …), or, with status 0, `NO_ANSWER` without an
 * answer and `DEADLINE_EXCEEDED` without one in time.
 */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly status: number;
  readonly code: string;
  /** Id of the request for the gateway's operator. */
  readonly requestId: string | undefined;
  /** Each wrong field of a 400. */
  readonly errors: readonly WrongField[];
  readonly retryAfterSeconds: number | undefined;

  constructor(message: string, { status, code, requestId, errors = [], retryAfterSeconds, cause }: Details) {
    super(message, cause === undefined ? undefined : { cause });
    this.status = status;
    this.code = code;
    this.requestId = requestId;
    this.errors = errors;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Reads the problem of an answer, also of one that a proxy wrote instead of the gateway. */
export function problemIn(response: Response, body: unknown): Problem {
  const { detail, code, errors } = (body ?? {}) as { detail?: unknown; code?: unknown; errors?: unknown };
  const retryAfter = Number(response.headers.get("retry-after") ?? Number.NaN);
  return new Problem(typeof detail === "string" ? detail : `the answer is ${response.status}`, {
    status: response.status,
    code: typeof code === "string" ? code : `HTTP_${response.status}`,
    requestId: response.headers.get("x-request-id") ?? undefined,
    errors: Array.isArray(errors) ? (errors as WrongField[]) : [],
    retryAfterSeconds: retryAfter >= 0 ? retryAfter : undefined,
  });
}
