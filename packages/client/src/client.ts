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
import { randomId } from "./random-id.js";
import { askInTime } from "./retry.js";
import { ServerClock } from "./server-clock.js";
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
  /** Retries of a repeatable call at most. Default 2. */
  readonly retriesMax?: number;
  readonly fetch?: typeof fetch;
}

/** A gateway, called by one user or guest. */
export interface Client {
  readonly session: Session;
  /** Replaces the session, by that of another tab for instance; `onSession` is not called. */
  setSession(session: Session): void;
  /** Time at the gateway, ms since the epoch, as far as its answers show it. */
  now(): number;
  /** Any operation of /openapi.json by its name. @throws Problem */
  call<Name extends OperationName>(name: Name, ...rest: CallArguments<Name>): Promise<Operations[Name]["answer"]>;
  /** Pages of the home feed, for as long as there are any: `for await (const page of client.feed()) …` */
  feed(options?: FeedOptions): AsyncGenerator<FeedPage, void>;
  signUp(name: string, password: string): Promise<SignedIn>;
  signIn(name: string, password: string): Promise<SignedIn>;
  /** Renews the access token; one renewal serves all that wait for it. @throws Problem, `SIGNED_OUT` once the session is over */
  renew(): Promise<void>;
  /** A guest again, the one of before, at once; false when the gateway could not be reached to end the sign-in there. */
  signOut(options?: { readonly everywhere?: boolean }): Promise<boolean>;
}

const TIMEOUT_MS = 10_000;
const ATTEMPT_MS = 3_000;
const RETRIES_MAX = 2;

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
  const { url = "", timeoutMs = TIMEOUT_MS, attemptMs = ATTEMPT_MS, retriesMax = RETRIES_MAX } = options;
  const send = options.fetch ?? fetch;
  const base = url.replace(/\/+$/, "");
  const state = new SessionState(options.session ?? {}, options.onSession ?? (() => undefined));
  let renewing: Promise<void> | undefined;
  let meeting: Promise<unknown> | undefined;
  const clock = new ServerClock();
  const now = () => clock.now();

  const call = async <Name extends OperationName>(
    name: Name,
    ...[input = {} as Input<Name>, callOptions = {}]: CallArguments<Name>
  ): Promise<Operations[Name]["answer"]> => {
    const request = requestOf(base, name, withMoment(name, input, now), callOptions.idempotencyKey ?? randomId());
    // The first call learns the guest's id; concurrent calls wait to be the same guest.
    while (isNewGuest(name, callOptions) && meeting !== undefined) await meeting.catch(() => undefined);
    if (!isNewGuest(name, callOptions)) return ask(name, request, callOptions);
    const met = ask(name, request, callOptions).finally(() => {
      meeting = undefined;
    });
    meeting = met;
    return met;
  };

  /** Whether the gateway would make up a guest. */
  function isNewGuest(name: OperationName, callOptions: CallOptions): boolean {
    return OPERATIONS[name].mintsGuest === true && isNamed(name, callOptions) && state.authorization === undefined;
  }

  /** Whether the call says who calls. */
  function isNamed(name: OperationName, { anonymous = false }: CallOptions): boolean {
    return OPERATIONS[name].knowsWho === true && !anonymous;
  }

  async function ask(name: OperationName, request: Request, callOptions: CallOptions): Promise<never> {
    const { userId, token, refreshToken } = state.session;
    try {
      return await askAgain(name, request, callOptions);
    } catch (error) {
      const isRenewable = isNamed(name, callOptions) && token !== undefined && refreshToken !== undefined;
      if (!isRenewable || !(error instanceof Problem) || error.status !== 401) throw error;
      if (state.session.token === token) await renewed();
      if (state.session.token === undefined || state.session.userId !== userId) throw signedOutProblem(error);
      return await askAgain(name, request, callOptions);
    }
  }

  function askAgain(name: OperationName, request: Request, callOptions: CallOptions): Promise<never> {
    const { keyed = false } = OPERATIONS[name];
    const rules = {
      keyed,
      repeatable: request.repeatable,
      attemptMs,
      timeoutMs: callOptions.timeoutMs ?? timeoutMs,
      retriesMax: callOptions.retriesMax ?? retriesMax,
      signal: callOptions.signal,
    };
    return askInTime(rules, (signal) => askOnce(name, request, callOptions, signal));
  }

  async function askOnce(
    name: OperationName,
    { url: to, method, headers, body }: Request,
    callOptions: CallOptions,
    signal: AbortSignal,
  ) {
    const isNamedCall = isNamed(name, callOptions);
    const authorization = headers["authorization"] ?? (isNamedCall ? state.authorization : undefined);
    const sentAtMs = Date.now();
    const response = await send(to, {
      method,
      headers: { ...headers, ...(authorization !== undefined && { authorization }) },
      ...(body !== undefined && { body }),
      signal,
      keepalive: callOptions.keepalive ?? false,
    });
    const text = await response.text();
    const answer = response.headers.get("content-type")?.includes("json") ? JSON.parse(text) : undefined;
    clock.note(sentAtMs, answer?.data?.server_time, response.headers.get("date"));
    if (!response.ok || answer === undefined) throw problemIn(response, answer);
    const anonymousId = response.headers.get("x-anonymous-id");
    if (isNamedCall && anonymousId !== null && authorization === undefined)
      state.change({ ...state.session, anonymousId });
    return answer.data as never;
  }

  /** One renewal for all calls that wait for it. */
  function renewed(): Promise<void> {
    renewing ??= renew().finally(() => {
      renewing = undefined;
    });
    return renewing;
  }

  /** A refresh token that does not count any more ends the session. */
  async function renew(): Promise<void> {
    const { refreshToken, anonymousId } = state.session;
    if (refreshToken === undefined) throw signedOutProblem();
    try {
      const renewal = await call("renew", { body: { refresh_token: refreshToken } });
      if (state.session.refreshToken !== refreshToken) return; // signed out, or in as another user, meanwhile
      state.change({ ...state.session, token: renewal.token, refreshToken: renewal.refresh_token });
    } catch (error) {
      if (state.session.refreshToken !== refreshToken) return; // another tab was first
      if (!(error instanceof Problem) || error.status !== 401) throw error;
      state.change({ anonymousId });
      throw signedOutProblem(error);
    }
  }

  /** With the refresh token, which counts longer than the access token. */
  async function signedOut(query: { everywhere: number }): Promise<boolean> {
    const { refreshToken, token = refreshToken, anonymousId } = state.session;
    state.change({ anonymousId });
    if (token === undefined) return true;
    const request = requestOf(base, "signOut", { query }, randomId());
    const headers = { ...request.headers, authorization: `Bearer ${refreshToken ?? token}` };
    try {
      await askAgain("signOut", { ...request, headers }, { keepalive: true });
      return true;
    } catch (error) {
      return error instanceof Problem && error.status === 401;
    }
  }

  function signedIn(answer: SignedIn): SignedIn {
    const { user_id: userId, name, token, refresh_token: refreshToken } = answer;
    state.change({ ...state.session, userId, name, token, refreshToken });
    return answer;
  }

  return {
    get session() {
      return state.session;
    },
    setSession: (session) => state.replace(session),
    now,
    call,
    feed: (feedOptions = {}) =>
      feedPages((query, callOptions) => call("feed", { query }, callOptions), now, feedOptions),
    signUp: async (name, password) => signedIn(await call("signUp", { body: { name, password } })),
    signIn: async (name, password) => signedIn(await call("signIn", { body: { name, password } })),
    renew: renewed,
    signOut: ({ everywhere = false } = {}) => signedOut({ everywhere: everywhere ? 1 : 0 }),
  };
}

function signedOutProblem(cause?: Problem): Problem {
  return new Problem("the session is over: sign in again", {
    status: 401,
    code: "SIGNED_OUT",
    requestId: cause?.requestId,
    cause,
  });
}

/** A refresh is the same refresh when it is asked again, because it says when it was first asked. */
function withMoment(name: OperationName, input: AnyInput, now: () => number): AnyInput {
  if (name !== "feed" || input.query?.["timestamp"] !== undefined || input.query?.["page"] !== undefined) return input;
  return { ...input, query: { ...input.query, timestamp: now() } };
}
