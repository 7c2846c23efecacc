import type { ArticleTraits } from "./article-model.js";
import { MEASURES } from "./feature-names.js";
import type { Id } from "./id.js";
import { LruIndex } from "./lru-index.js";
import { Made } from "./made.js";

/** Remembered exposures and reads of a reader. */
export const SHOWN_MAX = 256;
export const READS_MAX = 256;
const DISLIKED_MAX = 256;
const INTERESTS_MAX = 64;
const INTEREST_HALF_LIFE_MS = 14 * 24 * 3_600_000;
const SESSION_GAP_MS = 30 * 60_000;

const NO_HABIT = new Float64Array(MEASURES.length);

/** Exposures and feedback of each reader, in bounded memory: the least recently seen reader is evicted first. */
export class ReaderModel {
  readonly index: LruIndex;
  /** The unknown reader, of whom nothing is stored. */
  readonly stranger: ReaderProfile;
  #readers: (ReaderProfile | undefined)[] = [];
  /** Restored readers of whom nothing was asked yet: making all of them at once would stop the thread for seconds. */
  #restored: (ReaderState | undefined)[] = [];
  readonly #noTaste: Float32Array;

  constructor(capacity: number, tasteDimensions: number) {
    this.index = new LruIndex(capacity);
    this.#noTaste = new Float32Array(tasteDimensions);
    this.stranger = new ReaderProfile(this.#noTaste);
  }

  use(id: Id): ReaderProfile {
    const slot = this.index.use(id, (fresh) => {
      this.#readers[fresh] = new ReaderProfile(this.#noTaste);
      this.#restored[fresh] = undefined;
    });
    return this.#at(slot)!;
  }

  state() {
    const entries = [...this.index.entries()];
    return { entries, readers: entries.map(([, slot]) => this.#stateOf(slot)) };
  }

  /** The same, each reader's made when it is asked for. */
  stateInSteps() {
    const entries = this.index.entriesInSteps();
    return { entries, readers: new Made(entries.length, (at) => this.#stateOf(entries.at(at)[1])) };
  }

  restore({ entries, readers }: ReturnType<ReaderModel["state"]>): void {
    this.index.restore(entries);
    this.#readers = new Array(entries.length);
    this.#restored = new Array(entries.length);
    entries.forEach(([, slot], at) => {
      this.#restored[slot] = readers[at];
    });
  }

  /** A reader as it is, without counting as use. */
  find(id: Id): ReaderProfile | undefined {
    return this.#at(this.index.find(id));
  }

  #at(slot: number): ReaderProfile | undefined {
    const known = this.#readers[slot];
    const restored = this.#restored[slot];
    if (known !== undefined || restored === undefined) return known;
    const reader = new ReaderProfile(this.#noTaste);
    reader.restore(restored);
    this.#readers[slot] = reader;
    this.#restored[slot] = undefined;
    return reader;
  }

  #stateOf(slot: number): ReaderState {
    return this.#restored[slot] ?? this.#readers[slot]!.state();
  }
}

type ReaderState = ReturnType<ReaderProfile["state"]>;

/** State of one reader; articles are identified by their handles. */
export class ReaderProfile {
  readonly shown = new ShownArticles();
  readonly reads = new ReadArticles();
  /** Shared zeros, and one array, until the reader has read something. */
  signatures: Float32Array;
  unit: Float32Array;
  readonly channels = new Interests();
  readonly authors = new Interests();
  readonly words = new Interests();
  readonly disliked = new Set<number>();
  readonly blocked = new Set<Id>();
  /** Shared zeros until the reader has clicked something that was shown. */
  habit = NO_HABIT;
  lists = 0;
  clicks = 0;
  lastListMs = Number.NaN;
  sessionStartMs = Number.NaN;
  lastVisitMs = Number.NaN;
  sessionLists = 0;

  /** @param noTaste Zeros of as many dimensions as a taste has; all readers share them. */
  constructor(noTaste: Float32Array) {
    this.signatures = noTaste;
    this.unit = noTaste;
  }

  /** Makes place for what the reader reads. */
  startTaste(): void {
    if (this.signatures !== this.unit) return;
    this.signatures = new Float32Array(this.signatures.length);
    this.unit = new Float32Array(this.unit.length);
  }

  /** Makes place for what the reader's clicks have in common. */
  startHabit(): void {
    if (this.habit === NO_HABIT) this.habit = new Float64Array(NO_HABIT.length);
  }

  state() {
    const { shown, reads, channels, authors, words, signatures, unit, habit, ...others } = this;
    return {
      ...others,
      taste: signatures === unit ? undefined : { signatures, unit },
      habit: habit === NO_HABIT ? undefined : habit,
      shown: { ...shown },
      reads: { ...reads },
      channels: channels.entries(),
      authors: authors.entries(),
      words: words.entries(),
    };
  }

  restore({
    shown,
    reads,
    channels,
    authors,
    words,
    taste,
    habit,
    ...others
  }: ReturnType<ReaderProfile["state"]>): void {
    Object.assign(this, others);
    if (taste !== undefined) Object.assign(this, taste);
    if (habit !== undefined) this.habit = habit;
    Object.assign(this.shown, shown);
    Object.assign(this.reads, reads);
    this.channels.restore(channels);
    this.authors.restore(authors);
    this.words.restore(words);
  }

  /** Draws the reader to what an article is about and to its author, or, with a negative weight, away from it. */
  interested(traits: ArticleTraits | undefined, weight: { topic: number; author: number }, atMs: number): void {
    if (traits === undefined) return;
    if (traits.channel !== undefined) this.channels.add(traits.channel, weight.topic, atMs);
    if (traits.author !== undefined && weight.author !== 0) this.authors.add(traits.author, weight.author, atMs);
    const words = traits.words ?? [];
    for (const word of words) this.words.add(word, weight.topic / words.length, atMs);
  }

  /** Remembers what was disliked; of too many, the first is forgotten. */
  dislikes(handle: number): void {
    this.disliked.add(handle);
    if (this.disliked.size > DISLIKED_MAX) this.disliked.delete(this.disliked.values().next().value!);
  }

  /** A list begins a session when the reader had been away. */
  visit(atMs: number): void {
    if (!(atMs - this.lastListMs < SESSION_GAP_MS)) {
      this.lastVisitMs = this.lastListMs;
      this.sessionStartMs = atMs;
      this.sessionLists = 0;
    }
    this.lists++;
    this.sessionLists++;
    this.lastListMs = atMs;
  }
}

/** The articles a reader was shown: how often, first and last. The one shown longest ago gives way. */
export class ShownArticles {
  size = 0;
  handles = new Uint32Array(8);
  counts = new Uint16Array(8);
  firstMs = new Float64Array(8);
  lastMs = new Float64Array(8);

  add(handle: number, atMs: number): void {
    let place = this.#find(handle);
    if (place < 0) {
      place = this.#room();
      this.handles[place] = handle;
      this.counts[place] = 0;
      this.firstMs[place] = atMs;
    }
    this.counts[place] = Math.min(65_535, this.counts[place]! + 1);
    this.lastMs[place] = atMs;
  }

  #find(handle: number): number {
    const place = this.handles.indexOf(handle);
    return place < this.size ? place : -1;
  }

  #room(): number {
    if (this.size < this.handles.length) return this.size++;
    if (this.size >= SHOWN_MAX) {
      let oldest = 0;
      for (let place = 1; place < this.size; place++) if (this.lastMs[place]! < this.lastMs[oldest]!) oldest = place;
      return oldest;
    }
    this.handles = grown(this.handles, new Uint32Array(this.size * 2));
    this.counts = grown(this.counts, new Uint16Array(this.size * 2));
    this.firstMs = grown(this.firstMs, new Float64Array(this.size * 2));
    this.lastMs = grown(this.lastMs, new Float64Array(this.size * 2));
    return this.size++;
  }
}

/** The last reads of a reader, in a ring. */
export class ReadArticles {
  /** Number of reads so far; the ring holds the last READS_MAX. */
  count = 0;
  handles = new Uint32Array(8);
  atMs = new Float64Array(8);

  get size(): number {
    return Math.min(this.count, READS_MAX);
  }

  add(handle: number, atMs: number): void {
    if (this.count === this.handles.length && this.count < READS_MAX) {
      this.handles = grown(this.handles, new Uint32Array(this.count * 2));
      this.atMs = grown(this.atMs, new Float64Array(this.count * 2));
    }
    const place = this.count++ % READS_MAX;
    this.handles[place] = handle;
    this.atMs[place] = atMs;
  }

  get lastHandle(): number | undefined {
    return this.count === 0 ? undefined : this.handles[this.recent(0)];
  }

  /** Where the read made `back` reads ago is. */
  recent(back: number): number {
    return (this.count - 1 - back) % READS_MAX;
  }
}

/** Decayed sums for the few ids that matter most to a reader. */
export class Interests {
  readonly #sums = new Map<Id | string, { sum: number; atMs: number }>();

  add(id: Id | string, amount: number, atMs: number): void {
    const known = this.#sums.get(id);
    if (known === undefined && this.#sums.size >= INTERESTS_MAX) this.#forgetLightest(atMs);
    this.#sums.set(id, { sum: (known === undefined ? 0 : decayed(known, atMs)) + amount, atMs });
  }

  /** The reader's interest in an id: 0 when unknown, negative when averse. */
  value(id: Id | string, nowMs: number): number {
    const known = this.#sums.get(id);
    return known === undefined ? 0 : decayed(known, nowMs);
  }

  get size(): number {
    return this.#sums.size;
  }

  entries(): [Id | string, number, number][] {
    return [...this.#sums].map(([id, { sum, atMs }]) => [id, sum, atMs]);
  }

  restore(entries: Iterable<readonly [Id | string, number, number]>): void {
    this.#sums.clear();
    for (const [id, sum, atMs] of entries) this.#sums.set(id, { sum, atMs });
  }

  #forgetLightest(nowMs: number): void {
    let lightest: Id | string | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const [id, known] of this.#sums) {
      const weight = Math.abs(decayed(known, nowMs));
      if (weight < least) {
        least = weight;
        lightest = id;
      }
    }
    if (lightest !== undefined) this.#sums.delete(lightest);
  }
}

function decayed({ sum, atMs }: { sum: number; atMs: number }, nowMs: number): number {
  return sum * 2 ** ((atMs - nowMs) / INTEREST_HALF_LIFE_MS);
}

function grown<Column extends Uint16Array | Uint32Array | Float64Array>(column: Column, larger: Column): Column {
  larger.set(column);
  return larger;
}
