import {
  type AnyInput,
  type CallArguments,
  type CallOptions,
  type Input,
  type OperationName,
  type Request,
  requestOf,
} from "./call.js";
import { type FeedOptions, feedPages } from "./feed-pages.js";
import { type FeedPage, OPERATIONS, type Operations, type SignedIn } from "./gen/api.js";
import { Problem, problemIn } from "./problem.js";
import { askInTime } from "./retry.js";
import { type Session, SessionState } from "./session.js";

/** Options of a client. */
export interface ClientOptions {
  /** Where the gateway is: `https://news.example`. Default: where the page comes from. */
  readonly url?: string;
  /** Session of an earlier client. */
  readonly session?: Session;
  /** Called whenever the session changes. */
  readonly onSession?: (session: Session) => void;
  /** Limit of a call, ms, retries included. Default 10,000. */
  readonly timeoutMs?: number;
  /** Limit of one attempt, ms, where a retry is possible. Default 3,000. */
  readonly attemptMs?: number;
  readonly fetch?: typeof fetch;
}

/** A gateway, called by one user or guest. */
export interface Client {
  readonly session: Session;
  /** Any operation of /openapi.json by its name. @throws Problem */
  call<Name extends OperationName>(name: Name, ...rest: CallArguments<Name>): Promise<Operations[Name]["answer"]>;
  /** Pages of the home feed, for as long as there are any: `for await (const page of client.feed()) …` */
  feed(options?: FeedOptions): AsyncGenerator<FeedPage, void>;
  signUp(name: string, password: string): Promise<SignedIn>;
  signIn(name: string, password: string): Promise<SignedIn>;
  /** A guest again, the one of before, at once; false when the gateway could not be reached to end the sign-in there. */
  signOut(options?: { readonly everywhere?: boolean }): Promise<boolean>;
}

const TIMEOUT_MS = 10_000;
const ATTEMPT_MS = 3_000;

/**
 * A typed client: it knows who calls, renews tokens, and asks again where that is safe.
 *
 * @example
 * ```ts
 * import { createClient, Problem } from "@headline/client";
 *
 * const client = createClient({ url: "http://localhost:3000" });
 * try {
 *   await client.signIn("alice", "headline-demo");
 * } catch (error) {
 *   if (error instanceof Problem) console.log(error.status, error.code, error.retryAfterSeconds);
 * }
 * for await (const { results } of client.feed({ perPage: 20 })) console.log(results.map(({ title }) => title));
 * ```
 */
export function createClient(options: ClientOptions = {}): Client {
  const { url = "", timeoutMs = TIMEOUT_MS, attemptMs = ATTEMPT_MS, fetch: send = fetch } = options;
  const base = url.replace(/\/+$/, "");
  const state = new SessionState(options.session ?? {}, options.onSession ?? (() => undefined));
  let renewing: Promise<void> | undefined;
  let meeting: Promise<unknown> | undefined;
  let serverAheadMs = 0;
  const now = () => Date.now() + serverAheadMs;

  const call = async <Name extends OperationName>(
    name: Name,
    ...[input = {} as Input<Name>, callOptions = {}]: CallArguments<Name>
  ): Promise<Operations[Name]["answer"]> => {
    const request = requestOf(
      base,
      name,
      withMoment(name, input, now),
      callOptions.idempotencyKey ?? crypto.randomUUID(),
    );
    // The first call learns the guest's id; concurrent calls wait to be the same guest.
    while (isNobody(name) && meeting !== undefined) await meeting.catch(() => undefined);
    if (!isNobody(name)) return ask(name, request, callOptions);
    const met = ask(name, request, callOptions).finally(() => {
      meeting = undefined;
    });
    meeting = met;
    return met;
  };

  /** Whether the gateway would make up a guest. */
  function isNobody(name: OperationName): boolean {
    return OPERATIONS[name].mintsGuest && state.authorization === undefined;
  }

  async function ask(name: OperationName, request: Request, callOptions: CallOptions): Promise<never> {
    const used = state.session.token;
    try {
      return await askAgain(name, request, callOptions);
    } catch (error) {
      const isOver = error instanceof Problem && error.status === 401 && used !== undefined;
      if (!isOver || !OPERATIONS[name].knowsWho || state.session.refreshToken === undefined) throw error;
      if (state.session.token === used) await renewed();
      return await askAgain(name, request, callOptions);
    }
  }

  function askAgain(name: OperationName, request: Request, callOptions: CallOptions): Promise<never> {
    const { keyed } = OPERATIONS[name];
    const rules = { keyed, repeatable: request.repeatable, attemptMs, timeoutMs: callOptions.timeoutMs ?? timeoutMs };
    return askInTime({ ...rules, signal: callOptions.signal }, (signal) => askOnce(name, request, signal));
  }

  async function askOnce(name: OperationName, { url: to, method, headers, body }: Request, signal: AbortSignal) {
    const authorization = headers["authorization"] ?? (OPERATIONS[name].knowsWho ? state.authorization : undefined);
    const response = await send(to, {
      method,
      headers: { ...headers, ...(authorization !== undefined && { authorization }) },
      ...(body !== undefined && { body }),
      signal,
    });
    const text = await response.text();
    const answer = response.headers.get("content-type")?.includes("json") ? JSON.parse(text) : undefined;
    if (!response.ok || answer === undefined) throw problemIn(response, answer);
    const anonymousId = response.headers.get("x-anonymous-id");
    if (anonymousId !== null && authorization === undefined) state.change({ ...state.session, anonymousId });
    if (typeof answer.data.server_time === "number") serverAheadMs = answer.data.server_time - Date.now();
    return answer.data as never;
  }

  /** One for all who wait for it. */
  function renewed(): Promise<void> {
    renewing ??= renew().finally(() => {
      renewing = undefined;
    });
    return renewing;
  }

  /** A refresh token that does not count any more ends the session. */
  async function renew(): Promise<void> {
    const { refreshToken, anonymousId } = state.session;
    try {
      const renewal = await call("renew", { body: { refresh_token: refreshToken as string } });
      if (state.session.refreshToken !== refreshToken) return; // signed out, or in as another user, meanwhile
      state.change({ ...state.session, token: renewal.token, refreshToken: renewal.refresh_token });
    } catch (error) {
      if (error instanceof Problem && error.status === 401) state.change({ anonymousId });
      throw error;
    }
  }

  /** With the refresh token, which counts longer than the access token. */
  async function signedOut(query: { everywhere: number }): Promise<boolean> {
    const { refreshToken, token = refreshToken, anonymousId } = state.session;
    state.change({ anonymousId });
    if (token === undefined) return true;
    const request = requestOf(base, "signOut", { query }, crypto.randomUUID());
    const headers = { ...request.headers, authorization: `Bearer ${refreshToken ?? token}` };
    try {
      await askAgain("signOut", { ...request, headers }, {});
      return true;
    } catch (error) {
      return error instanceof Problem && error.status === 401;
    }
  }

  function signedIn(answer: SignedIn): SignedIn {
    const { user_id: userId, token, refresh_token: refreshToken } = answer;
    state.change({ ...state.session, userId, token, refreshToken });
    return answer;
  }

  return {
    get session() {
      return state.session;
    },
    call,
    feed: (feedOptions = {}) =>
      feedPages((query, callOptions) => call("feed", { query }, callOptions), now, feedOptions),
    signUp: async (name, password) => signedIn(await call("signUp", { body: { name, password } })),
    signIn: async (name, password) => signedIn(await call("signIn", { body: { name, password } })),
    signOut: ({ everywhere = false } = {}) => signedOut({ everywhere: everywhere ? 1 : 0 }),
  };
}

/** A refresh is the same refresh when it is asked again, because it says when it was first asked. */
function withMoment(name: OperationName, input: AnyInput, now: () => number): AnyInput {
  if (name !== "feed" || input.query?.["timestamp"] !== undefined || input.query?.["page"] !== undefined) return input;
  return { ...input, query: { ...input.query, timestamp: now() } };
}
