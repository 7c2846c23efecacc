import type { Redis } from "../index.js";
import { createLimit, type Rate } from "./limit.js";
import { networkOf } from "./network-of.js";
import { giveBackAll, takeAll } from "./take-all.js";

export interface SignInRates {
  readonly byName: Rate;
  readonly byAddress: Rate;
}

interface Attempt {
  readonly name: string;
  readonly address: string | undefined;
}

const QUARTER_SECONDS = 15 * 60;
const RATES: SignInRates = {
  byName: { times: 10, perSeconds: QUARTER_SECONDS },
  byAddress: { times: 100, perSeconds: QUARTER_SECONDS },
};

/**
 * Lets `check` look at a password, unless too many were wrong for that name or from that address lately: then not even a right
 * one is looked at. Undefined is wrong; a right one makes the name's count begin anew. A password counts as wrong until it
 * was found right, so that a thousand guesses at once are no more than ten; what fails for another reason does not count.
 */
export function createSignInLimit(redis: Redis, rates: Partial<SignInRates> = {}) {
  const { byName, byAddress } = { ...RATES, ...rates };
  const names = createLimit(redis, {
    name: "sign-ins:name",
    detail: "too many wrong passwords for this name",
    ...byName,
  });
  const addresses = createLimit(redis, {
    name: "sign-ins:address",
    detail: "too many wrong passwords from here",
    ...byAddress,
  });
  return async <Found>(
    { name, address }: Attempt,
    check: () => Promise<Found | undefined>,
  ): Promise<Found | undefined> => {
    const network = networkOf(address);
    const taken = [
      { limit: names, key: name },
      { limit: addresses, key: network },
    ];
    await takeAll(taken);
    const found = await check().catch(async (error: unknown) => {
      await giveBackAll(taken);
      throw error;
    });
    if (found !== undefined) await Promise.all([names.forget(name), addresses.giveBack(network)]);
    return found;
  };
}

export type SignInLimit = ReturnType<typeof createSignInLimit>;
