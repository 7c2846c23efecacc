import { asRefusal, Refusal } from "@headline/service/errors";
import type { PushProblem } from "./push-events.js";
import { tokenBucket } from "./token-bucket.js";

/** Rate of requests on one socket. */
const RATE = { perSecond: 5, burst: 20 };
/** Clients retry at different times. */
const RETRY_MS = { min: 500, spread: 2_500 };
const TOO_OFTEN = new Refusal("RESOURCE_EXHAUSTED", "too many requests on this socket", { retryAfterSeconds: 1 });

type Handle = (request: unknown) => unknown;

/** Wraps the request handlers of one socket: rate limit first, then the result or the refusal is acknowledged. */
export function answering(onBug: (error: unknown) => void) {
  const takeToken = tokenBucket(RATE);
  return (handle: Handle) =>
    async (...args: unknown[]): Promise<void> => {
      const last = args.at(-1);
      const answer = typeof last === "function" ? (last as (answer: unknown) => void) : () => undefined;
      const request = typeof args[0] === "function" ? {} : (args[0] ?? {});
      try {
        if (!takeToken()) throw TOO_OFTEN;
        answer({ data: await handle(request) });
      } catch (error) {
        answer({ error: problemOf(error, onBug) });
      }
    };
}

/** Problem of an error; a bug is logged and leaves without details. */
export function problemOf(error: unknown, onBug: (error: unknown) => void): PushProblem {
  const refusal = asRefusal(error);
  if (refusal === undefined) {
    onBug(error);
    return { code: "INTERNAL", message: "something went wrong on our side" };
  }
  const { code, message } = refusal;
  if (code !== "UNAVAILABLE" && code !== "RESOURCE_EXHAUSTED") return { code, message };
  return { code, message, retry_after_ms: Math.round(RETRY_MS.min + Math.random() * RETRY_MS.spread) };
}
