import type { Redis } from "@headline/redis";
import { createLimit, networkOf } from "@headline/redis/limits";
import { Refusal } from "@headline/service/errors";

const HOUR_SECONDS = 3_600;

/** Counts the sign-ups from an address, those too whose name was taken: asking for names is no way to learn which there are. */
export function createSignUpLimit(redis: Redis, perHour: number) {
  const detail = "too many sign-ups from here";
  const limit = createLimit(redis, { name: "sign-ups", detail, times: perHour, perSeconds: HOUR_SECONDS });
  /** @throws Refusal RESOURCE_EXHAUSTED, and what `signUp` throws */
  return async <Result>(address: string | undefined, signUp: () => Promise<Result>): Promise<Result> => {
    const network = networkOf(address);
    await limit.take(network);
    return await signUp().catch(async (error: unknown) => {
      if (!(error instanceof Refusal) || error.code !== "ALREADY_EXISTS") await limit.giveBack(network);
      throw error;
    });
  };
}

export type SignUpLimit = ReturnType<typeof createSignUpLimit>;
