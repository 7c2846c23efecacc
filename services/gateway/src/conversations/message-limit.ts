import { Refusal } from "@headline/errors";
import type { Redis } from "@headline/redis";
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";

export interface MessageRate {
  readonly messages: number;
  readonly perSeconds: number;
}

/**
 * Counts what a sender sends, on all gateways together; while Redis is away each gateway counts for itself. The client must
 * be the limiter's own: it defines a command, which a client that others use already may not take (ioredis #1931).
 */
export function createMessageLimit(redis: Redis, { messages, perSeconds }: MessageRate) {
  const rate = { keyPrefix: "headline:messages", points: messages, duration: perSeconds };
  const limiter = new RateLimiterRedis({
    ...rate,
    storeClient: redis,
    rejectIfRedisNotReady: true,
    insuranceLimiter: new RateLimiterMemory(rate),
  });
  /** @throws Refusal RESOURCE_EXHAUSTED */
  return async (senderId: bigint): Promise<void> => {
    try {
      await limiter.consume(`{${senderId}}`);
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      throw new Refusal("RESOURCE_EXHAUSTED", `at most ${messages} messages in ${perSeconds} seconds`, {
        retryAfterSeconds: error.msBeforeNext / 1_000,
      });
    }
  };
}

export type MessageLimit = ReturnType<typeof createMessageLimit>;
