import { isUnableReply } from "@headline/redis";
import { Refusal } from "@headline/service/errors";

const RETRY_AFTER_SECONDS = 1;

/**
 * Failure as callers may see it. Everything ioredis says that is not a reply of Redis means that the link broke, timed out or is
 * being made again; that passes, and so do replies of a Redis that cannot serve just now. Any other reply is a bug of ours.
 */
export function asFailure(error: unknown): unknown {
  if (error instanceof Error && error.name === "ReplyError" && !isUnableReply(error)) return error;
  return new Refusal("UNAVAILABLE", "the readers' histories cannot be reached right now", {
    cause: error,
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
}
