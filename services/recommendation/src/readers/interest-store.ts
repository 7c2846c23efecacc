import type { FeedbackWeight } from "./feedback.js";
import type { SnapshotReader, SnapshotWriter } from "./snapshot-bytes.js";
import type { Traits } from "./traits.js";

/** Kinds of interests, and the most of each that a reader can have. */
export const CHANNEL = 0;
export const AUTHOR = 1;
export const WORD = 2;
export type InterestKind = typeof CHANNEL | typeof AUTHOR | typeof WORD;

const KINDS = [CHANNEL, AUTHOR, WORD] as const;
export const MAX = [12, 24, 48] as const;
const FROM = [0, 12, 36] as const;
/** Places of a reader. */
export const PLACES = 84;

/** An interest that has become this weak is none. */
const FORGOTTEN = 0.01;
const LONG_HALF_LIFE_S = 7 * 24 * 3_600;
const FAST_HALF_LIFE_S = 3_600;

/**
 * Change of a weight: `learn` makes room for a new entry. Taking back touches only entries that are still there; where the
 * amount added is not known, it goes no further than to zero.
 */
export type Change = "learn" | "take back" | "take back to zero";

type Amount = Pick<FeedbackWeight, "topic" | "author">;

/** Rows of interests that fade: an entry is a key with a weight that halves in a week and one that halves in an hour. */
export class InterestStore {
  readonly keys: Int32Array;
  readonly long: Float32Array;
  readonly fast: Float32Array;
  readonly #sizes: Uint8Array;
  /** As of when the weights of a row are. */
  readonly #seconds: Uint32Array;

  constructor(rows: number) {
    this.keys = new Int32Array(rows * PLACES);
    this.long = new Float32Array(rows * PLACES);
    this.fast = new Float32Array(rows * PLACES);
    this.#sizes = new Uint8Array(rows * KINDS.length);
    this.#seconds = new Uint32Array(rows);
  }

  /** First place of the entries of a kind. */
  start(row: number, kind: InterestKind): number {
    return row * PLACES + FROM[kind];
  }

  size(row: number, kind: InterestKind): number {
    return this.#sizes[row * KINDS.length + kind] as number;
  }

  longFactor(row: number, second: number): number {
    return 2 ** (Math.min(0, this.#seconds[row]! - second) / LONG_HALF_LIFE_S);
  }

  fastFactor(row: number, second: number): number {
    return 2 ** (Math.min(0, this.#seconds[row]! - second) / FAST_HALF_LIFE_S);
  }

  clear(row: number): void {
    this.#sizes.fill(0, row * KINDS.length, (row + 1) * KINDS.length);
    this.#seconds[row] = 0;
  }

  /** Adds `amount` to the row's interest in all traits of an article, as of a second that may be before others. */
  add(row: number, slot: number, amount: Amount, second: number, change: Change, traits: Traits): void {
    this.#age(row, second);
    const lateS = this.#seconds[row]! - second;
    const [longShare, fastShare] = [2 ** (-lateS / LONG_HALF_LIFE_S), 2 ** (-lateS / FAST_HALF_LIFE_S)];
    const [long, fast] = [amount.topic * longShare, amount.topic * fastShare];
    const channelId = traits.channelId(slot);
    if (channelId !== 0) this.#addTo(row, CHANNEL, channelId, long, fast, change);
    if (amount.author !== 0)
      this.#addTo(row, AUTHOR, traits.author(slot), amount.author * longShare, amount.author * fastShare, change);
    for (let index = 0; index < traits.wordCount(slot); index += 1) {
      this.#addTo(row, WORD, traits.word(slot, index), long, fast, change);
    }
  }

  #addTo(row: number, kind: InterestKind, key: number, long: number, fast: number, change: Change): void {
    const known = this.#find(row, kind, key);
    if (known >= 0) {
      const toZero = change === "take back to zero";
      this.long[known] = toZero ? lessened(this.long[known]!, long) : this.long[known]! + long;
      this.fast[known] = toZero ? lessened(this.fast[known]!, fast) : this.fast[known]! + fast;
    } else if (change === "learn") {
      const place = this.#placeForNew(row, kind);
      this.keys[place] = key;
      this.long[place] = long;
      this.fast[place] = fast;
    }
  }

  #find(row: number, kind: InterestKind, key: number): number {
    const start = this.start(row, kind);
    const end = start + this.size(row, kind);
    for (let place = start; place < end; place += 1) if (this.keys[place] === key) return place;
    return -1;
  }

  /** The next one, or that of the weakest: what comes often outlasts what came once. */
  #placeForNew(row: number, kind: InterestKind): number {
    const start = this.start(row, kind);
    const size = this.size(row, kind);
    if (size < MAX[kind]) {
      this.#sizes[row * KINDS.length + kind] = size + 1;
      return start + size;
    }
    let weakest = start;
    for (let place = start + 1; place < start + size; place += 1) {
      if (this.#strength(place) < this.#strength(weakest)) weakest = place;
    }
    return weakest;
  }

  #strength(place: number): number {
    return Math.abs(this.long[place]!) + Math.abs(this.fast[place]!);
  }

  /** Brings the weights of a row forward to a second, and drops what has faded. */
  #age(row: number, second: number): void {
    if (second <= this.#seconds[row]!) return;
    const [long, fast] = [this.longFactor(row, second), this.fastFactor(row, second)];
    for (const kind of KINDS) {
      const start = this.start(row, kind);
      let size = this.size(row, kind);
      for (let place = start; place < start + size; ) {
        this.long[place]! *= long;
        this.fast[place]! *= fast;
        if (this.#strength(place) >= FORGOTTEN) {
          place += 1;
          continue;
        }
        size -= 1;
        this.#move(start + size, place);
      }
      this.#sizes[row * KINDS.length + kind] = size;
    }
    this.#seconds[row] = second;
  }

  #move(from: number, to: number): void {
    this.keys[to] = this.keys[from]!;
    this.long[to] = this.long[from]!;
    this.fast[to] = this.fast[from]!;
  }

  write(writer: SnapshotWriter, row: number, traits: Traits): void {
    writer.int(this.#seconds[row]!);
    for (const kind of KINDS) {
      const start = this.start(row, kind);
      const size = this.size(row, kind);
      writer.byte(size);
      for (let place = start; place < start + size; place += 1) {
        if (kind === AUTHOR) writer.id(traits.authorUnder(this.keys[place]!));
        else writer.int(this.keys[place]!);
        writer.float(this.long[place]!);
        writer.float(this.fast[place]!);
      }
    }
  }

  read(reader: SnapshotReader, row: number, traits: Traits): void {
    this.#seconds[row] = reader.int();
    for (const kind of KINDS) {
      const start = this.start(row, kind);
      const size = reader.byte();
      if (size > MAX[kind]) throw new RangeError("more interests than a reader can have");
      this.#sizes[row * KINDS.length + kind] = size;
      for (let place = start; place < start + size; place += 1) {
        this.keys[place] = kind === AUTHOR ? traits.authorNumber(reader.id()) : reader.int();
        this.long[place] = reader.float();
        this.fast[place] = reader.float();
      }
    }
  }
}

/** `weight` brought nearer to zero by `amount`, and not past it. */
function lessened(weight: number, amount: number): number {
  if (weight > 0) return amount < 0 ? Math.max(0, weight + amount) : weight;
  return amount > 0 ? Math.min(0, weight + amount) : weight;
}
