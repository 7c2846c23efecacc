import type { Redis } from "../index.js";
import { createLimit } from "./limit.js";
import { networkOf } from "./network-of.js";
import { takeAll } from "./take-all.js";

/** Times a minute, of a reader and of all readers of a network. */
export interface WriteRate {
  readonly reader: number;
  readonly network: number;
}

interface Options {
  /** Counted together: `articles`. */
  readonly name: string;
  readonly rate: WriteRate;
}

interface Writer {
  /** Undefined where it is not known yet: then the network alone counts. */
  readonly readerId?: bigint | undefined;
  readonly address: string | undefined;
}

const MINUTE_SECONDS = 60;

/** Counts what readers write, by reader and by network: an IPv4 address, or the /64 of an IPv6 address. */
export function createWriteLimit(redis: Redis, { name, rate }: Options) {
  const limitOf = (who: keyof WriteRate, detail: string) =>
    createLimit(redis, { name: `writes:${name}:${who}`, detail, times: rate[who], perSeconds: MINUTE_SECONDS });
  const readers = limitOf("reader", `at most ${rate.reader} ${name} a minute`);
  const networks = limitOf("network", `at most ${rate.network} ${name} a minute from one network`);
  /** @throws Refusal RESOURCE_EXHAUSTED, and when to come back */
  return ({ readerId, address }: Writer): Promise<void> => {
    const network = { limit: networks, key: networkOf(address) };
    return takeAll(readerId === undefined ? [network] : [network, { limit: readers, key: String(readerId) }]);
  };
}

export type WriteLimit = ReturnType<typeof createWriteLimit>;
