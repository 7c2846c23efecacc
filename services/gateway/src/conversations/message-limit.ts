import type { Redis } from "@headline/redis";
import { createLimit } from "@headline/redis/limits";

export interface MessageRate {
  readonly messages: number;
  readonly perSeconds: number;
}

/** Counts what a sender sends. */
export function createMessageLimit(redis: Redis, { messages, perSeconds }: MessageRate) {
  const detail = `at most ${messages} messages in ${perSeconds} seconds`;
  const limit = createLimit(redis, { name: "messages", detail, times: messages, perSeconds });
  /** @throws Refusal RESOURCE_EXHAUSTED */
  return (senderId: bigint): Promise<void> => limit.take(String(senderId));
}

export type MessageLimit = ReturnType<typeof createMessageLimit>;
