import { Refusal } from "@headline/errors";

/** Replies of a Redis that is there but cannot serve just now: loading, failing over, full, or busy with a script. */
const UNABLE =
  /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MOVED|ASK|NOREPLICAS|BUSY|OOM|MISCONF|ERR max number of clients)\b/;
const RETRY_AFTER_SECONDS = 1;

/**
 * What callers may see. Everything ioredis says that is not a reply of Redis means that the link broke, timed out or is
 * being made again; that passes, and so do the replies above. Any other reply is a bug of ours.
 */
export function asFailure(error: unknown): unknown {
  if (error instanceof Error && error.name === "ReplyError" && !UNABLE.test(error.message)) return error;
  return new Refusal("UNAVAILABLE", "the readers' histories cannot be reached right now", {
    cause: error,
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
}
