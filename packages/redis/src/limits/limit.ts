import { createHash } from "node:crypto";
import { Refusal } from "@headline/service/errors";
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import type { Redis } from "../index.js";

export interface Rate {
  readonly times: number;
  readonly perSeconds: number;
}

interface Options extends Rate {
  /** What counts together: `sign-ups`. */
  readonly name: string;
  /** What is told to whom it is too often. */
  readonly detail: string;
}

/** How often something may be done, by whatever a key stands for. */
export interface Limit {
  /** @throws Refusal RESOURCE_EXHAUSTED, and when to come back */
  take(key: string): Promise<void>;
  /** It was not done after all. */
  giveBack(key: string): Promise<void>;
  /** Counting begins anew. */
  forget(key: string): Promise<void>;
}

/**
 * Counts on all processes together; while Redis is away each counts for itself, so that nothing fails or waits for it. The
 * client must be for limits alone, and young: a limit defines a command, which a client that is in use already may not take
 * (ioredis #1931).
 */
export function createLimit(redis: Redis, { name, detail, times, perSeconds }: Options): Limit {
  const rate = { keyPrefix: `headline:${name}`, points: times, duration: perSeconds };
  const alone = new RateLimiterMemory(rate);
  const together = new RateLimiterRedis({
    ...rate,
    storeClient: redis,
    rejectIfRedisNotReady: true,
    insuranceLimiter: alone,
  });
  return {
    async take(key) {
      try {
        await together.consume(kept(key));
      } catch (error) {
        if (!(error instanceof RateLimiterRes)) throw error;
        throw new Refusal("RESOURCE_EXHAUSTED", detail, { retryAfterSeconds: error.msBeforeNext / 1_000 });
      }
    },
    async giveBack(key) {
      await together.reward(kept(key));
    },
    async forget(key) {
      await Promise.all([together.delete(kept(key)), alone.delete(kept(key))]);
    },
  };
}

/** As Redis keeps it: short whatever somebody sends, without saying who they are, and on one node of a cluster. */
function kept(key: string): string {
  return `{${createHash("sha256").update(key).digest("base64url").slice(0, 22)}}`;
}
