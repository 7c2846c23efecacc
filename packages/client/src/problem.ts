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
 * Failure of a call. `code` is the gateway's (`NOT_FOUND`, `UNAUTHENTICATED`, …), `SIGNED_OUT` once the session cannot be renewed,
 * or, with status 0, `NO_ANSWER` without an answer and `DEADLINE_EXCEEDED` without one in time.
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

/** Returns the error as a Problem, to be shown; one that is none has the code `INTERNAL`. */
export function asProblem(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem(String(error), { status: 0, code: "INTERNAL", cause: error });
}

/** Reads the problem of an answer, also of one that a proxy wrote instead of the gateway. */
export function problemIn(response: Response, body: unknown): Problem {
  const { detail, code, errors, request_id: id } = (body ?? {}) as Readonly<Record<string, unknown>>;
  const retryAfter = Number(response.headers.get("retry-after") ?? Number.NaN);
  return new Problem(typeof detail === "string" ? detail : `the answer is ${response.status}`, {
    status: response.status,
    code: typeof code === "string" ? code : `HTTP_${response.status}`,
    requestId: response.headers.get("x-request-id") ?? (typeof id === "string" ? id : undefined),
    errors: Array.isArray(errors) ? (errors as WrongField[]) : [],
    retryAfterSeconds: retryAfter >= 0 ? retryAfter : undefined,
  });
}
