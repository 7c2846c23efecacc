import type { Audience } from "./audience.js";
import { DecayedTable } from "./decayed-table.js";
import type { Id } from "./id.js";
import { LruIndex, NONE } from "./lru-index.js";
import { Neighbours } from "./neighbours.js";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** The half-lives in which clicks and exposures are remembered. */
export const HALF_LIVES_MS = [10 * MINUTE_MS, 30 * MINUTE_MS, 2 * HOUR_MS, 8 * HOUR_MS, 24 * HOUR_MS] as const;

/** Counts of an article, in each half-life. */
export const COUNTED = {
  /** Clicks in lists and reading from elsewhere, weighted by the time read. */
  reads: 0,
  clicks: 1,
  exposures: 2,
  /** Expected clicks with every place of a list equally likely: the sum of 1 / length. */
  expected: 3,
  /** Expected clicks by the ranker. */
  predicted: 4,
  /** The sum of list lengths: articles low on a page are seen in long lists only. */
  lengths: 5,
  homeClicks: 6,
  homeExpected: 7,
} as const;

const NEIGHBOURS = 32;
const NEIGHBOURS_HALF_LIFE_MS = 3 * 24 * HOUR_MS;
const WORDS_MAX = 16;
const SLOT_BITS = 20;

/** The most articles a model can remember at once. */
export const ARTICLES_MAX = 2 ** SLOT_BITS;

/** Traits of an article that a caller may give, all optional. */
export interface ArticleTraits {
  /** Grows with publication: a time in ms, or any serial number. */
  readonly order?: number;
  readonly length?: number;
  readonly premium?: boolean;
  readonly channel?: Id;
  readonly author?: Id;
  /** Words of the title, or numbers that stand for them. */
  readonly words?: readonly (string | number)[];
}

/** Readers' feedback on each article, in bounded memory: the least recently used article is evicted first. */
export class ArticleModel {
  readonly index: LruIndex;
  readonly counts = new DecayedTable(Object.keys(COUNTED).length, HALF_LIVES_MS);
  readonly covisits = new Neighbours(NEIGHBOURS, NEIGHBOURS_HALF_LIFE_MS);
  readonly onward = new Neighbours(NEIGHBOURS, 24 * HOUR_MS);
  readonly onwardShown = new Neighbours(NEIGHBOURS * 2, 24 * HOUR_MS);
  readonly audience: Audience;
  readonly totals: Totals;
  readonly traits: (ArticleTraits | undefined)[] = [];
  /** Called when an article is evicted, so that dependants drop it too. */
  readonly #onFresh: (slot: number) => void;
  newestOrder = Number.NEGATIVE_INFINITY;

  constructor(capacity: number, audience: Audience, onFresh: (slot: number) => void = () => undefined) {
    if (capacity > ARTICLES_MAX) throw new RangeError(`at most ${ARTICLES_MAX} articles, not ${capacity}`);
    this.index = new LruIndex(capacity);
    this.audience = audience;
    this.#onFresh = onFresh;
    this.totals = new Totals(capacity);
  }

  /** The slot of an article, remembered from now on if it was not. */
  use(id: Id): number {
    return this.index.use(id, (slot) => {
      this.counts.clear(slot);
      this.covisits.clear(slot);
      this.onward.clear(slot);
      this.onwardShown.clear(slot);
      this.audience.clear(slot);
      this.traits[slot] = undefined;
      this.#onFresh(slot);
      this.totals.clear(slot);
      this.totals.handle[slot] = nextHandle(this.totals.handle[slot]!, slot);
    });
  }

  /** The slot of an article something is known of now: the first time, that is when it was first seen. */
  seen(id: Id, atMs: number): number {
    const slot = this.use(id);
    if (Number.isNaN(this.totals.firstSeenMs[slot]!)) this.totals.firstSeenMs[slot] = atMs;
    const order = this.totals.order[slot]!;
    if (order > this.newestOrder) this.newestOrder = order;
    return slot;
  }

  /** Stores the given traits of an article; others stay. */
  describe(id: Id, given: ArticleTraits): void {
    const slot = this.use(id);
    const { totals } = this;
    if (given.order !== undefined) totals.order[slot] = given.order;
    if (given.length !== undefined) totals.length[slot] = given.length;
    if (given.premium !== undefined) totals.premium[slot] = given.premium ? 1 : 0;
    const { channel, author, words } = { ...this.traits[slot], ...given };
    if (channel === undefined && author === undefined && words === undefined) return;
    this.traits[slot] = {
      ...(channel === undefined ? {} : { channel }),
      ...(author === undefined ? {} : { author }),
      ...(words === undefined ? {} : { words: words.slice(0, WORDS_MAX) }),
    };
  }

  /** A name for this stay of the article in its slot: others may hold it after the article is forgotten. */
  handle(slot: number): number {
    return this.totals.handle[slot]!;
  }

  state() {
    return { entries: [...this.index.entries()], ...this.#stateOfSlots() };
  }

  /** The same, each entry made when it is asked for. */
  stateInSteps() {
    return { entries: this.index.entriesInSteps(), ...this.#stateOfSlots() };
  }

  #stateOfSlots() {
    const used = this.index.size;
    return {
      newestOrder: this.newestOrder,
      counts: this.counts.state(),
      covisits: this.covisits.state(),
      onward: this.onward.state(),
      onwardShown: this.onwardShown.state(),
      audience: this.audience.state(used),
      totals: this.totals.state(used),
      traits: this.traits.slice(0, used),
    };
  }

  /** Restores a state, in steps of a few milliseconds each. */
  *restoring(state: ReturnType<ArticleModel["state"]>): Generator<void> {
    this.index.restore(state.entries);
    yield;
    this.newestOrder = state.newestOrder;
    this.counts.restore(state.counts);
    this.covisits.restore(state.covisits);
    this.onward.restore(state.onward);
    this.onwardShown.restore(state.onwardShown);
    this.totals.restore(state.totals);
    yield;
    yield* this.audience.restoring(state.audience);
    state.traits.forEach((traits, slot) => {
      this.traits[slot] = traits;
    });
  }

  /** The slot of a handle, or NONE when its article has been forgotten. */
  slotOf(handle: number): number {
    const slot = handle & (ARTICLES_MAX - 1);
    return this.totals.handle[slot] === handle ? slot : NONE;
  }
}

function nextHandle(last: number, slot: number): number {
  const stay = ((last >>> SLOT_BITS) % (2 ** (32 - SLOT_BITS) - 1)) + 1;
  return ((stay << SLOT_BITS) | slot) >>> 0;
}

/** Totals of each article beside its decayed counts; NaN is unknown. */
export class Totals {
  readonly handle: Uint32Array;
  readonly firstSeenMs: Float64Array;
  readonly firstShownMs: Float64Array;
  readonly lastShownMs: Float64Array;
  readonly lastClickMs: Float64Array;
  readonly clicks: Float64Array;
  readonly exposures: Float64Array;
  readonly reads: Float64Array;
  readonly timed: Float64Array;
  readonly logSeconds: Float64Array;
  readonly likes: Float64Array;
  readonly dislikes: Float64Array;
  readonly order: Float64Array;
  readonly length: Float64Array;
  readonly premium: Float64Array;

  constructor(capacity: number) {
    this.handle = new Uint32Array(capacity);
    this.firstSeenMs = new Float64Array(capacity);
    this.firstShownMs = new Float64Array(capacity);
    this.lastShownMs = new Float64Array(capacity);
    this.lastClickMs = new Float64Array(capacity);
    this.clicks = new Float64Array(capacity);
    this.exposures = new Float64Array(capacity);
    this.reads = new Float64Array(capacity);
    this.timed = new Float64Array(capacity);
    this.logSeconds = new Float64Array(capacity);
    this.likes = new Float64Array(capacity);
    this.dislikes = new Float64Array(capacity);
    this.order = new Float64Array(capacity);
    this.length = new Float64Array(capacity);
    this.premium = new Float64Array(capacity);
  }

  state(used: number): Record<TotalsColumn, Float64Array | Uint32Array> {
    const columns = (Object.keys(this) as TotalsColumn[]).map((name) => [name, this[name].subarray(0, used)]);
    return Object.fromEntries(columns);
  }

  restore(state: Record<TotalsColumn, Float64Array | Uint32Array>): void {
    for (const name of Object.keys(this) as TotalsColumn[]) this[name].set(state[name]);
  }

  clear(slot: number): void {
    for (const column of [
      this.clicks,
      this.exposures,
      this.reads,
      this.timed,
      this.logSeconds,
      this.likes,
      this.dislikes,
    ])
      column[slot] = 0;
    for (const column of [this.firstSeenMs, this.firstShownMs, this.lastShownMs, this.lastClickMs])
      column[slot] = Number.NaN;
    for (const column of [this.order, this.length, this.premium]) column[slot] = Number.NaN;
  }
}

type TotalsColumn = Exclude<keyof Totals, "clear" | "state" | "restore">;
