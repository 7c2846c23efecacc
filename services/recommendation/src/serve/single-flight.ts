import type { Outcome } from "./outcome.js";

interface Flight {
  readonly userId: bigint;
  readonly channelId: number;
  readonly continues: boolean;
  readonly outcome: Promise<Outcome>;
}

/** Buckets of the hash table; each holds a few refreshes. */
const BUCKETS = 1_024;

/**
 * Refreshes under way in this process, by reader, channel and whether they continue behind the oldest batch. A hash table of plain
 * arrays: a Map would keep alive what has passed through it (see Slots in packages/service/src/slots), and thousands pass through this every second.
 */
export class SingleFlight {
  readonly #buckets: Flight[][] = Array.from({ length: BUCKETS }, () => []);

  find(userId: bigint, channelId: number, continues: boolean): Promise<Outcome> | undefined {
    for (const flight of this.#bucketOf(userId)) {
      if (flight.userId === userId && flight.channelId === channelId && flight.continues === continues) {
        return flight.outcome;
      }
    }
    return undefined;
  }

  /** Keeps `outcome` for the same requests until it settles, and returns it. */
  keep(userId: bigint, channelId: number, continues: boolean, outcome: Promise<Outcome>): Promise<Outcome> {
    const bucket = this.#bucketOf(userId);
    const flight = { userId, channelId, continues, outcome };
    bucket.push(flight);
    const forget = () => void bucket.splice(bucket.indexOf(flight), 1);
    outcome.then(forget, forget);
    return outcome;
  }

  #bucketOf(userId: bigint): Flight[] {
    return this.#buckets[Number(BigInt.asUintN(10, userId))] as Flight[];
  }
}
