import { OPERATIONS, type Operations } from "./gen/api.js";

/** Name of an operation of /openapi.json, its `operationId`. */
export type OperationName = keyof Operations;

/** `{ params, query, body }`, each where the operation has it. */
export type Input<Name extends OperationName> = Omit<Operations[Name], "answer">;

/** Options of one call. */
export interface CallOptions {
  /** Gives the call up. */
  readonly signal?: AbortSignal | undefined;
  /** Limit of the call, ms, retries included. Default: the client's. */
  readonly timeoutMs?: number | undefined;
  /** Retries at most, where the operation is repeatable. Default: the client's. */
  readonly retriesMax?: number | undefined;
  /** Stands for this call; by default one is made up, for each call another. */
  readonly idempotencyKey?: string | undefined;
  /** Completes the request even when the page goes away, as `fetch` does. Default false. */
  readonly keepalive?: boolean | undefined;
  /** Sends no Authorization, for events whose tokens name their reader. Default false. */
  readonly anonymous?: boolean | undefined;
}

/** No input where an operation has none. */
export type CallArguments<Name extends OperationName> =
  Record<never, never> extends Input<Name>
    ? [input?: Input<Name>, options?: CallOptions]
    : [input: Input<Name>, options?: CallOptions];

export interface AnyInput {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
}

/** A request without its authorization. */
export interface Request {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** Whether asking again cannot do it twice. */
  readonly repeatable: boolean;
}

/** Methods that are repeatable only where an operation says so. */
const UNSAFE: ReadonlySet<string> = new Set(["POST", "PATCH"]);

/** The same request each time it is asked: with the same moment and the same key. */
export function requestOf(
  base: string,
  name: OperationName,
  { params = {}, query = {}, body }: AnyInput,
  idempotencyKey: string,
): Request {
  const { method, path, keyed, repeatable } = OPERATIONS[name];
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, param: string) => encodeURIComponent(params[param] ?? ""));
  const given = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value !== undefined) given.set(key, String(value));
  const search = given.size > 0 ? `?${given}` : "";
  return {
    method,
    url: `${base}${filled}${search}`,
    headers: {
      ...(body !== undefined && { "content-type": "application/json" }),
      ...(keyed && { "idempotency-key": idempotencyKey }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
    // A page by its number carries no moment that would make it the same refresh.
    repeatable: (repeatable === true || !UNSAFE.has(method)) && query["page"] === undefined,
  };
}
