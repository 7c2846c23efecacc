import type { Outcome } from "./outcome.js";

interface Running {
  readonly userId: bigint;
  readonly channelId: number;
  readonly continues: boolean;
  readonly outcome: Promise<Outcome>;
}

/** Some refreshes share a bucket; few enough to look through. */
const BUCKETS = 1_024;

/**
 * New batches under way in this process, by reader, channel and whether on top or behind the oldest. A hash table of plain
 * arrays: a Map would keep alive what has passed through it (see Slots in packages/service/src/slots), and thousands pass through this every second.
 */
export class Refreshes {
  readonly #buckets: Running[][] = Array.from({ length: BUCKETS }, () => []);

  of(userId: bigint, channelId: number, continues: boolean): Promise<Outcome> | undefined {
    for (const running of this.#bucketOf(userId)) {
      if (running.userId === userId && running.channelId === channelId && running.continues === continues) {
        return running.outcome;
      }
    }
    return undefined;
  }

  /** Keeps `outcome` for requests that come meanwhile, and returns it. */
  keep(userId: bigint, channelId: number, continues: boolean, outcome: Promise<Outcome>): Promise<Outcome> {
    const bucket = this.#bucketOf(userId);
    const running = { userId, channelId, continues, outcome };
    bucket.push(running);
    const forget = () => void bucket.splice(bucket.indexOf(running), 1);
    outcome.then(forget, forget);
    return outcome;
  }

  #bucketOf(userId: bigint): Running[] {
    return this.#buckets[Number(BigInt.asUintN(10, userId))] as Running[];
  }
}
