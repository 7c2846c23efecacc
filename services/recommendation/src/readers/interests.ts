import type { FeedbackWeight } from "./feedback.js";
import { AUTHOR, CHANNEL, type InterestKind, InterestStore, MAX, PLACES, WORD } from "./interest-store.js";
import { KeyScores } from "./key-scores.js";
import { LastFeedback } from "./last-feedback.js";
import { LruRows, NONE } from "./lru-rows.js";
import { joined, restoreParts, snapshotParts } from "./snapshot-bytes.js";
import type { Traits } from "./traits.js";

/** Something a reader is interested in: a channel's id, an author's number or a word's. */
export interface Interest {
  readonly key: number;
  /** From 0 to 1. */
  readonly strength: number;
}

export interface TopInterests {
  readonly channels: readonly Interest[];
  readonly authors: readonly Interest[];
  readonly words: readonly Interest[];
}

const READERS_MAX = 200_000;
/** "INT1": grows when a snapshot of before cannot be read any more. */
const SNAPSHOT = 0x494e5431;

/** The weight at which an interest is half as strong as it can be. */
const HALF_STRONG = [4, 3, 3] as const;
/** Share of the last hour in an affinity, when the reader was busy in it. */
const SESSION = 0.75;
/** Shares of the kinds in the affinity; together 1. */
const SHARES = { channel: 0.3, author: 0.35, words: 0.35 } as const;
/** A weaker interest names nothing to recall. */
const STRENGTH_MIN = 0.02;

const NOTHING: TopInterests = { channels: [], authors: [], words: [] };

/**
 * Interests of readers in channels, authors and words of titles, learned from their feedback, for the readers active last.
 * Feedback is worth half after a week; that of the last hour counts beside it on its own scale, so that a few likes turn the
 * next page. Some 1,200 bytes a reader, used or not.
 */
export class Interests {
  readonly #traits: Traits;
  readonly #readers: LruRows<bigint>;
  readonly #store: InterestStore;
  readonly #lastFeedback: LastFeedback;

  /** The interests of one reader at one time, laid out for looking up. */
  #preparedFor: bigint | undefined;
  #preparedAtMs = Number.NaN;
  #preparedRow = NONE;
  readonly #channels = new KeyScores(6);
  readonly #authors = new KeyScores(8);
  readonly #words = new KeyScores(9);
  readonly #strengths = new Float64Array(PLACES);

  constructor(traits: Traits, readersMax = READERS_MAX) {
    this.#traits = traits;
    this.#readers = new LruRows(readersMax);
    this.#store = new InterestStore(readersMax);
    this.#lastFeedback = new LastFeedback(readersMax);
  }

  get size(): number {
    return this.#readers.size;
  }

  /** Adds feedback on an article (see `feedbackWeight`). Times count in whole seconds and may be late. */
  learn(userId: bigint, slot: number, weight: FeedbackWeight, atMs: number): void {
    if (weight.topic === 0 || !this.#traits.isKnown(slot)) return;
    const row = this.#readers.use(userId, (fresh) => this.#clear(fresh));
    const second = secondOf(atMs);
    this.#store.add(row, slot, weight, second, "learn", this.#traits);
    if (weight.isUndoable) this.#lastFeedback.add(row, slot, weight.topic, second);
    this.#preparedFor = undefined;
  }

  /** Takes back feedback of this weight: exactly what it added, if it is among the last; else down to zero at most. */
  undo(userId: bigint, slot: number, weight: FeedbackWeight, atMs: number): void {
    const row = this.#readers.find(userId);
    if (row === NONE || !this.#traits.isKnown(slot)) return;
    const doneAt = this.#lastFeedback.take(row, slot, weight.topic);
    const back = { topic: -weight.topic, author: -weight.author };
    const change = doneAt === undefined ? "take back to zero" : "take back";
    this.#store.add(row, slot, back, doneAt ?? secondOf(atMs), change, this.#traits);
    this.#preparedFor = undefined;
  }

  /** Affinity of a reader to an article, from −1 to 1; 0 for an unknown reader. Cheap while reader and time stay the same. */
  affinity(userId: bigint, slot: number, nowMs: number): number {
    return this.#prepare(userId, nowMs) ? this.#affinity(slot) : 0;
  }

  /** The affinities of many articles, into `out`. */
  affinities(userId: bigint, slots: ArrayLike<number>, out: Float32Array | Float64Array, nowMs: number): void {
    const isKnown = this.#prepare(userId, nowMs);
    for (let index = 0; index < slots.length; index += 1) {
      out[index] = isKnown ? this.#affinity(slots[index] as number) : 0;
    }
  }

  /** Interests of a reader, the strongest first. */
  top(userId: bigint, nowMs: number): TopInterests {
    if (!this.#prepare(userId, nowMs)) return NOTHING;
    return { channels: this.#strongest(CHANNEL), authors: this.#strongest(AUTHOR), words: this.#strongest(WORD) };
  }

  snapshot(): Uint8Array {
    return joined(this.snapshotParts());
  }

  /** The same in parts to be joined, each of a millisecond or two; what is learned in between is in it or not. */
  snapshotParts(): Generator<Uint8Array> {
    const rows = this.#readers.oldestFirst();
    return snapshotParts(SNAPSHOT, [
      {
        rows,
        write: (writer, row) => {
          writer.id(this.#readers.keyOf(row));
          this.#store.write(writer, row, this.#traits);
          this.#lastFeedback.write(writer, row, this.#traits);
        },
      },
    ]);
  }

  /** Restores a snapshot. @throws UnreadableSnapshot, and is empty then. */
  restore(bytes: Uint8Array): void {
    for (const _part of this.restoreParts(bytes));
  }

  /** The same in steps of a millisecond or two. Nothing may be learned in between. */
  *restoreParts(bytes: Uint8Array): Generator<void> {
    this.#readers.clear();
    this.#preparedFor = undefined;
    try {
      yield* restoreParts(bytes, SNAPSHOT, [
        (reader) => {
          const row = this.#readers.use(reader.id(), (fresh) => this.#clear(fresh));
          this.#store.read(reader, row, this.#traits);
          this.#lastFeedback.read(reader, row, this.#traits);
        },
      ]);
    } catch (error) {
      this.#readers.clear();
      throw error;
    }
  }

  #clear(row: number): void {
    this.#store.clear(row);
    this.#lastFeedback.clear(row);
  }

  #affinity(slot: number): number {
    const traits = this.#traits;
    const author = this.#authors.get(traits.author(slot));
    if (author !== 0 && !traits.isKnown(slot)) return 0; // it has an author's number all the same, and nothing else
    const count = traits.wordCount(slot);
    let words = 0;
    for (let index = 0; index < count; index += 1) words += this.#words.get(traits.word(slot, index));
    if (count > 1) words = Math.max(-1, Math.min(1, words / Math.sqrt(count)));
    return SHARES.channel * this.#channels.get(traits.channelId(slot)) + SHARES.author * author + SHARES.words * words;
  }

  /** False when nothing is known of the reader. */
  #prepare(userId: bigint, nowMs: number): boolean {
    if (this.#preparedAtMs === nowMs && this.#preparedFor === userId) return this.#preparedRow !== NONE;
    const row = this.#readers.find(userId);
    this.#preparedFor = userId;
    this.#preparedAtMs = nowMs;
    this.#preparedRow = row;
    if (row === NONE) return false;
    const store = this.#store;
    const long = store.longFactor(row, secondOf(nowMs));
    const fast = store.fastFactor(row, secondOf(nowMs));
    const [longSum, fastSum] = this.#sums(row, long, fast);
    const busy = fastSum / (fastSum + HALF_STRONG[CHANNEL]);
    const blend = (longStrength: number, fastStrength: number) =>
      (1 - SESSION * busy) * longStrength + SESSION * fastStrength;

    this.#layOut(row, CHANNEL, this.#channels, (place) =>
      blend(
        (store.long[place]! * long) / (longSum + HALF_STRONG[CHANNEL]),
        (store.fast[place]! * fast) / (fastSum + HALF_STRONG[CHANNEL]),
      ),
    );
    for (const [kind, scores] of [[AUTHOR, this.#authors] as const, [WORD, this.#words] as const]) {
      this.#layOut(row, kind, scores, (place, key) => {
        const rarity = kind === WORD ? this.#traits.rarity(key) : 1;
        return rarity * blend(saturated(store.long[place]! * long, kind), saturated(store.fast[place]! * fast, kind));
      });
    }
    return true;
  }

  #layOut(
    row: number,
    kind: InterestKind,
    scores: KeyScores,
    strengthOf: (place: number, key: number) => number,
  ): void {
    scores.clear();
    const start = this.#store.start(row, kind);
    for (let place = start; place < start + this.#store.size(row, kind); place += 1) {
      const key = this.#store.keys[place]!;
      const strength = strengthOf(place, key);
      scores.set(key, strength);
      this.#strengths[place - row * PLACES] = strength;
    }
  }

  /** Sums of all channels, as of now: a channel is liked as far as it stands out among them. */
  #sums(row: number, long: number, fast: number): [long: number, fast: number] {
    const start = this.#store.start(row, CHANNEL);
    let [longSum, fastSum] = [0, 0];
    for (let place = start; place < start + this.#store.size(row, CHANNEL); place += 1) {
      longSum += Math.abs(this.#store.long[place]!);
      fastSum += Math.abs(this.#store.fast[place]!);
    }
    return [longSum * long, fastSum * fast];
  }

  #strongest(kind: InterestKind): Interest[] {
    const row = this.#preparedRow;
    const start = this.#store.start(row, kind);
    const liked: Interest[] = [];
    for (let index = 0; index < Math.min(this.#store.size(row, kind), MAX[kind]); index += 1) {
      const strength = this.#strengths[start + index - row * PLACES]!;
      if (strength >= STRENGTH_MIN) liked.push({ key: this.#store.keys[start + index]!, strength });
    }
    return liked.sort((a, b) => b.strength - a.strength || a.key - b.key);
  }
}

function saturated(weight: number, kind: InterestKind): number {
  return weight / (Math.abs(weight) + HALF_STRONG[kind]);
}

function secondOf(ms: number): number {
  return Math.floor(ms / 1_000);
}
