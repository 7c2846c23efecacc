import { type Batch, madeAt } from "./batch.js";

/** Batches of one reader before the oldest are dropped, and those left then. */
const BATCHES_MAX = 256;
const BATCHES_AFTER_TRIM = 192;
/** The served window: older batches go with the next trim. */
export const WINDOW_MS = 7 * 24 * 60 * 60 * 1_000;
/** Age beyond what was asked for that served articles in memory may have before they are read anew. */
const SERVED_SLACK_MS = 6 * 60 * 60 * 1_000;
/** Memory of a history without batches, of a batch that holds its articles, and of an article in `served`. */
const EMPTY_BYTES = 500;
const BATCH_BYTES = 400;
const SERVED_BYTES = 40;

/** Batches of a reader in every channel: source of replay and history, and of the articles that are not served again. */
export class History {
  /** In the order they were made. */
  readonly batches: Batch[] = [];
  readonly #byChannel = new Map<number, Batch[]>();
  #served: Map<number, number> | undefined;
  /** The moment from which on `#served` is complete. */
  #servedFromMs = 0;
  #bytes = EMPTY_BYTES;
  #version = 0;
  #latestTimeStamp = 0;
  #torn = false;

  /** The moment the last batch was made, in any channel; 0 without batches: changes with every record, and never comes back. */
  get version(): number {
    return this.#version;
  }

  /** One channel's batches by stamp, the oldest first. */
  inChannel(channelId: number): readonly Batch[] {
    return this.#byChannel.get(channelId) ?? [];
  }

  append(batch: Batch): void {
    this.batches.push(batch);
    const sameChannel = this.#byChannel.get(batch.channelId);
    if (sameChannel === undefined) this.#byChannel.set(batch.channelId, [batch]);
    else if (batch.stamp < (sameChannel[0]?.stamp ?? 0)) sameChannel.unshift(batch);
    else sameChannel.push(batch);
    const made = madeAt(batch);
    if (this.#served !== undefined) for (const slot of batch.slots) this.#served.set(slot, made);
    this.#bytes += batch.bytes ?? BATCH_BYTES;
    this.#version = made;
    if (batch.timeStamp > this.#latestTimeStamp) this.#latestTimeStamp = batch.timeStamp;
  }

  /**
   * Slots of the batches made at `fromMs` or later, with the moment the last of them was made; older ones may be among them.
   * Reads the articles of no other batch.
   */
  servedFrom(fromMs: number): ReadonlyMap<number, number> {
    const known = this.#served;
    if (known !== undefined && fromMs >= this.#servedFromMs && fromMs - this.#servedFromMs <= SERVED_SLACK_MS)
      return known;
    const served = this.#readServed(fromMs);
    this.#served = served;
    this.#servedFromMs = fromMs;
    return served;
  }

  /** The same of every batch there is. */
  get served(): ReadonlyMap<number, number> {
    return this.servedFrom(0);
  }

  #readServed(fromMs: number): Map<number, number> {
    let first = this.batches.length;
    while (first > 0 && madeAt(this.batches[first - 1] as Batch) >= fromMs) first -= 1;
    const served = new Map<number, number>();
    for (const batch of this.batches.slice(first)) for (const slot of batch.slots) served.set(slot, madeAt(batch));
    return served;
  }

  /**
   * The moment of the next batch, which is the stamp of a refresh: later than all, and never a time_stamp that made one. A
   * client whose clock is ahead asks with moments that come later; were one of them a stamp too, its retry would find that
   * other batch.
   */
  nextStamp(nowMs: number): number {
    let stamp = Math.max(nowMs, this.#version + 1);
    if (stamp > this.#latestTimeStamp) return stamp;
    while (this.batches.some(({ timeStamp }) => timeStamp === stamp)) stamp += 1;
    return stamp;
  }

  /** Marks stored bytes that are not what was appended: the readable part is kept, and all of it is written next time. */
  markTorn(version: number): void {
    this.#version = version;
    this.#torn = true;
  }

  /** Memory this history takes, roughly, in bytes. */
  get bytes(): number {
    return this.#bytes + (this.#served?.size ?? 0) * SERVED_BYTES;
  }

  /** The history to write in place of this one, which has grown too long or is torn; undefined while appending will do. */
  rewritten(nowMs: number): History | undefined {
    if (this.batches.length < BATCHES_MAX && !this.#torn) return undefined;
    const kept = this.batches.slice(-BATCHES_AFTER_TRIM).filter((batch) => madeAt(batch) > nowMs - WINDOW_MS);
    const history = new History();
    for (const batch of kept) history.append(batch);
    return history;
  }
}
