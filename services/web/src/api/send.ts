import { noteServerDate } from "./server-clock.js";

const TIMEOUT_MS = 10_000;

export interface Request {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  /** Goes on even when the page goes away. */
  readonly keepalive?: boolean;
}

interface ProblemDocument {
  readonly message?: string;
  readonly code?: string;
  readonly request_id?: string;
  readonly errors?: readonly { readonly field: string; readonly detail: string }[];
  readonly retryAfterSeconds?: number;
}

/** A refusal of the gateway (application/problem+json), or an unreachable gateway (code NETWORK). */
export class Problem extends Error {
  readonly code: string;
  readonly requestId: string;
  readonly fields: readonly { readonly field: string; readonly detail: string }[];
  /** Seconds until a retry makes sense; 0 when unknown. */
  readonly retryAfterSeconds: number;

  constructor({
    message = "",
    code = "INTERNAL",
    request_id = "",
    errors = [],
    retryAfterSeconds = 0,
  }: ProblemDocument) {
    super(message);
    this.code = code;
    this.requestId = request_id;
    this.fields = errors;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Whatever was thrown, as a Problem to show. */
export function asProblem(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem({ message: String(error) });
}

/** One request: its `data`, and the headers of the answer. @throws Problem */
export async function send<Answer>(path: string, request: Request = {}): Promise<{ data: Answer; headers: Headers }> {
  const response = await reach(path, request);
  noteServerDate(response.headers.get("Date"));
  const answer = await response.json().catch(() => undefined); // a proxy's error page is not JSON
  if (response.ok && answer !== undefined) return { data: answer.data as Answer, headers: response.headers };
  const requestId = response.headers.get("X-Request-Id") ?? "";
  const retryAfterSeconds = Number(response.headers.get("Retry-After")) || 0;
  throw new Problem({ message: `HTTP ${response.status}`, request_id: requestId, ...answer, retryAfterSeconds });
}

async function reach(path: string, { method = "GET", headers = {}, body, signal, keepalive = false }: Request) {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  try {
    return await fetch(path, {
      method,
      headers: body === undefined ? headers : { ...headers, "Content-Type": "application/json" },
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      keepalive,
    });
  } catch (error) {
    throw new Problem({ message: String(error), code: "NETWORK" });
  }
}
