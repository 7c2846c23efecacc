import { createHash } from "node:crypto";
import { Refusal } from "@headline/service/errors";
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import { type Redis, type Script, script } from "../index.js";

export interface Rate {
  readonly times: number;
  readonly perSeconds: number;
}

interface Options extends Rate {
  /** Name of the counter: `sign-ups`. */
  readonly name: string;
  /** Message of the refusal. */
  readonly detail: string;
}

/** Rate limit of an action by key. */
export interface Limit {
  /** Counts one action. @throws Refusal RESOURCE_EXHAUSTED with the time to retry after */
  take(key: string): Promise<void>;
  /** Takes back one action that did not happen. */
  giveBack(key: string): Promise<void>;
  /** Resets the counter. */
  forget(key: string): Promise<void>;
}

/** Counts on all processes together; while Redis is away each process counts alone, so that nothing fails or waits for it. */
export function createLimit(redis: Redis, { name, detail, times, perSeconds }: Options): Limit {
  const rate = { keyPrefix: `headline:${name}`, points: times, duration: perSeconds };
  const alone = new RateLimiterMemory(rate);
  const together = new RateLimiterRedis({
    ...rate,
    storeClient: storeClient(redis),
    rejectIfRedisNotReady: true,
    insuranceLimiter: alone,
  });
  return {
    async take(key) {
      try {
        await together.consume(hashed(key));
      } catch (error) {
        if (!(error instanceof RateLimiterRes)) throw error;
        throw new Refusal("RESOURCE_EXHAUSTED", detail, { retryAfterSeconds: error.msBeforeNext / 1_000 });
      }
    },
    async giveBack(key) {
      await together.reward(hashed(key));
    },
    async forget(key) {
      await Promise.all([together.delete(hashed(key)), alone.delete(hashed(key))]);
    },
  };
}

/** The part of ioredis that the limiter uses. The command that it defines is sent by EVALSHA, so that the client may be one that is in use. */
function storeClient(redis: Redis) {
  let increment: Script<string[], [consumed: number, ttlMs: number]>;
  return {
    get status() {
      return redis.status;
    },
    defineCommand: (_name: "rlflxIncr", { lua }: { readonly lua: string }) => {
      increment = script(lua);
    },
    rlflxIncr: ([key, ...args]: [key: string, ...args: string[]]) => increment(redis, key, ...args),
    del: (key: string) => redis.del(key),
  };
}

/** Key in Redis: short whatever the input, without personal data, and on one node of a cluster. */
function hashed(key: string): string {
  return `{${createHash("sha256").update(key).digest("base64url").slice(0, 22)}}`;
}
