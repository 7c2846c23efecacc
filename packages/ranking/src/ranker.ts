import { ActiveArticles } from "./active-articles.js";
import { ArticleModel, type ArticleTraits, COUNTED } from "./article-model.js";
import { Audience } from "./audience.js";
import { Blend } from "./blend.js";
import { GAINS, gainOfRead, LIST_FOREST, listPrior, POOL_FOREST, poolPrior } from "./choices.js";
import { type Example, ExampleBuffer } from "./example-buffer.js";
import { COLUMNS, MEASURES, POOL_COLUMNS } from "./feature-names.js";
import type { ForestNodes } from "./forest.js";
import { growForest } from "./grow-forest.js";
import { type Among, Head, type Training } from "./head.js";
import type { Id } from "./id.js";
import { Layout } from "./layout.js";
import { LinearModel } from "./linear-model.js";
import { type List, surfaceOf } from "./list.js";
import { NONE } from "./lru-index.js";
import { Measurer } from "./measure.js";
import { type Pending, PendingLists } from "./pending-lists.js";
import { mix32 } from "./random.js";
import { ReaderModel, type ReaderProfile } from "./reader-model.js";
import { Rows } from "./rows.js";
import { BadSnapshot, packSnapshot, unpackSnapshot } from "./snapshot.js";
import { PartsReader, packParts } from "./snapshot-parts.js";
import { softmax } from "./softmax.js";

export interface RankerOptions {
  readonly seed?: number;
  readonly articlesMax?: number;
  readonly readersMax?: number;
  /** Examples kept to grow forests from, in rows (candidates), for lists and for pools. */
  readonly listRowsMax?: number;
  readonly poolRowsMax?: number;
  /** Names of measures and circumstances that are the same for all candidates, so that nothing is learnt from them. */
  readonly without?: readonly string[];
}

/** Limits that a restored ranker may have raised. */
type Limits = Pick<RankerOptions, "readersMax" | "listRowsMax" | "poolRowsMax">;

/** Something a reader did with an article. */
export interface Deed {
  readonly reader: Id;
  readonly article: Id;
  readonly atMs: number;
}

export interface TimeRead extends Deed {
  readonly seconds: number;
}

export interface Reaction extends Deed {
  readonly kind: "like" | "collect" | "comment" | "dislike";
  /** Weight on the article's topic and on its author; 1 and 1 when unknown. Undoing names the same. */
  readonly says?: { readonly topic: number; readonly author: number } | undefined;
}

const SAYS_ALL = { topic: 1, author: 1 };

/** Why a candidate has its score. */
export interface Explanation {
  readonly article: Id;
  readonly score: number;
  readonly measures: Readonly<Record<string, number>>;
}

interface RankerState {
  readonly limits: Required<RankerOptions>;
  readonly drawn: number;
  readonly habit: Float64Array;
  readonly articles: ReturnType<ArticleModel["state"]>;
  readonly readers: ReturnType<ReaderModel["state"]>;
  readonly layout: ReturnType<Layout["state"]>;
  readonly active: number[];
  readonly pending: Pending[];
  readonly linear: ReturnType<LinearModel["state"]>;
  readonly blend: ReturnType<Blend["state"]>;
  readonly list: ReturnType<Head["state"]>;
  readonly pool: ReturnType<Head["state"]>;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** A list without a click by then counts as not clicked. */
const SETTLE_AFTER_MS = 10 * MINUTE_MS;
const PENDING_MAX = 2_048;
const AUDIENCE_DIMENSIONS = 256;
/** Of each list that teaches the pool, how many others stand for all that could have been shown. */
const POOL_SAMPLE = 40;
const POOL_LIST_SHARE = 0.6;
const HABIT_MEMORY = 30;
const HABIT_FOLLOW = 0.002;
const COVISITED_WITH = 8;
/** Weight of seeing an article open, relative to a click on it. */
const LOOK = 0.5;
/** Below every score: disliked, or by a blocked author. */
const HIDDEN = -1e9;

/**
 * Learns online from clicks. Takes events in the order of time; scores candidates. It reads no clock
 * and draws no random numbers but its own: the same calls give the same numbers.
 */
export class Ranker {
  readonly #seed: number;
  readonly #without: readonly string[];
  readonly #articles: ArticleModel;
  readonly #readers: ReaderModel;
  readonly #layout = new Layout();
  readonly #habit = new Float64Array(MEASURES.length);
  readonly #measurer: Measurer;
  readonly #rows: Rows;
  readonly #active = new ActiveArticles();
  readonly #pending = new PendingLists(PENDING_MAX);
  readonly #linear = new LinearModel(COLUMNS.length, listPrior());
  readonly #poolLinear = new LinearModel(POOL_COLUMNS.length, poolPrior());
  readonly #blend = new Blend(1, 1);
  readonly #heads: Readonly<Record<Among, Head>>;
  #drawn = 0;
  #slots = new Int32Array(64);
  #scores = new Float64Array(64);
  #byForest = new Float64Array(64);
  #byLinear = new Float64Array(64);

  constructor(options: RankerOptions = {}) {
    const { seed = 1, articlesMax = 16_384, readersMax = 16_384 } = options;
    const { listRowsMax = 150_000, poolRowsMax = 200_000, without = [] } = options;
    this.#seed = seed;
    const audience = new Audience(AUDIENCE_DIMENSIONS, articlesMax, seed);
    this.#articles = new ArticleModel(articlesMax, audience, (slot) => {
      this.#layout.clear(slot);
      this.#active.delete(slot);
    });
    this.#readers = new ReaderModel(readersMax, AUDIENCE_DIMENSIONS);
    this.#measurer = new Measurer(this.#articles, this.#layout);
    this.#without = without;
    this.#rows = new Rows(this.#layout, this.#habit, without);
    this.#heads = {
      list: new Head("list", new ExampleBuffer(COLUMNS.length, listRowsMax), { ...LIST_FOREST, seed }),
      pool: new Head("pool", new ExampleBuffer(POOL_COLUMNS.length, poolRowsMax), { ...POOL_FOREST, seed: -seed }),
    };
  }

  /** Traits of an article, to be given before it is shown. */
  describe(article: Id, traits: ArticleTraits): void {
    this.#articles.describe(article, traits);
  }

  /**
   * Scores candidates for a reader: higher is better, and only the order means something. `list` puts in order what is
   * shown together; `pool` chooses what to show from hundreds. Changes nothing; valid until the next call.
   */
  score(list: List, among: Among = "list"): Float64Array {
    const reader = this.#readers.find(list.reader) ?? this.#readers.stranger;
    this.#find(list.articles);
    const count = list.articles.length;
    const scores = among === "list" ? this.#scoreList(list, count, reader, true) : this.#scorePool(list, count, reader);
    this.#hide(scores, reader);
    return scores;
  }

  /** The scores with everything that was measured, by name; for a page that explains a feed. */
  explain(list: List, among: Among = "list"): Explanation[] {
    const scores = this.score(list, among);
    return list.articles.map((article, row) => ({
      article,
      score: scores[row]!,
      measures: Object.fromEntries(
        MEASURES.map((name, at) => [name, this.#measurer.matrix[row * MEASURES.length + at]!]),
      ),
    }));
  }

  /** A reader was shown a list. Clicks on it that come within ten minutes teach the ranker. */
  shown(list: List): void {
    this.settle(list.atMs);
    const count = list.articles.length;
    if (count === 0) return;
    const reader = this.#readers.use(list.reader);
    for (const article of list.articles) this.#articles.seen(article, list.atMs);
    this.#find(list.articles);
    const scores = this.#scoreList(list, count, reader);
    const chances = softmax(scores, new Float64Array(count));
    this.#pending.add({
      list,
      gains: new Float32Array(count),
      example: { rows: this.#copied(COLUMNS.length, count), clicked: new Uint8Array(count), weight: 1 },
      places: this.#rows.places.slice(0, count),
      byForest: this.#byForest.slice(0, count),
      byLinear: this.#byLinear.slice(0, count),
      pool: this.#poolExample(list, reader),
    });
    this.#find(list.articles);
    this.#countShown(list, count, reader, chances);
    if (list.current !== undefined) this.#look(reader, list.current, list.atMs);
  }

  /** A reader clicked an article of a list it was shown. */
  clicked({ reader: readerId, article, atMs }: Deed): void {
    const reader = this.#readers.use(readerId);
    const slot = this.#articles.seen(article, atMs);
    const pending = this.#pending.find(readerId, article);
    if (pending !== undefined) {
      const at = pending.list.articles.indexOf(article);
      pending.example.clicked[at] = 1;
      pending.gains[at] = Math.max(pending.gains[at]!, GAINS.click);
      this.#countClick(slot, pending.list.current, atMs);
      reader.clicks++;
    }
    this.#read(reader, slot, atMs, 1);
  }

  /** Records a read of an article from no known list. */
  read({ reader, article, atMs }: Deed): void {
    this.#read(this.#readers.use(reader), this.#articles.seen(article, atMs), atMs, 1);
  }

  /** Records the dwell time of a read, once known. */
  readFor({ reader, article, atMs, seconds }: TimeRead): void {
    this.#gain(reader, article, (gain) => withDwell(gain, seconds));
    const slot = this.#articles.seen(article, atMs);
    const { counts, totals } = this.#articles;
    counts.at(atMs).add(slot, COUNTED.reads, Math.min(1, Math.log1p(seconds) / 5));
    totals.timed[slot]! += 1;
    totals.logSeconds[slot]! += Math.log1p(seconds);
  }

  /** A reader liked, collected, commented on or disliked an article. */
  reacted(reaction: Reaction): void {
    this.#react(reaction, 1);
  }

  /** The reaction is taken back; `atMs` is when it was made. */
  unreacted(reaction: Reaction): void {
    this.#react(reaction, -1);
  }

  /** A reader wants nothing more of an author. */
  blocked(reader: Id, author: Id): void {
    this.#readers.use(reader).blocked.add(author);
  }

  unblocked(reader: Id, author: Id): void {
    this.#readers.use(reader).blocked.delete(author);
  }

  /** Learns from lists shown longer ago than clicks are waited for. `shown` does this too; call it when nothing is shown. */
  settle(nowMs: number): void {
    for (;;) {
      const pending = this.#pending.takeBefore(nowMs - SETTLE_AFTER_MS);
      if (pending === undefined) return;
      this.#learn(pending);
    }
  }

  /** Training set of the next forest, if one is due: pass it to growForest, here or in a worker, then `adopt` the result. */
  training(): Training | undefined {
    for (const head of Object.values(this.#heads)) if (head.isDue) return head.training();
    return undefined;
  }

  /** Serves with a forest grown from a `training`. */
  adopt(among: Among, forest: ForestNodes): void {
    this.#heads[among].adopt(forest);
  }

  /** Grows what is due here and now, which takes seconds; true when something was. */
  trainIfDue(): boolean {
    let trained = false;
    for (let due = this.training(); due !== undefined; due = this.training()) {
      this.adopt(due.among, growForest(due.set, due.options));
      trained = true;
    }
    return trained;
  }

  /** All the ranker knows, to go on from after a restart; without the examples it is small, but the next forest grows later. */
  snapshot({ withExamples = true } = {}): Uint8Array {
    const state = this.#state(this.#articles.state(), this.#readers.state());
    if (withExamples) return packSnapshot(state);
    return packSnapshot({ ...state, list: { ...state.list, examples: [] }, pool: { ...state.pool, examples: [] } });
  }

  /** The same in parts of a few milliseconds each. Nothing may be learnt until the last is taken; scoring goes on. */
  *snapshotParts(): Generator<Uint8Array> {
    yield* packParts(this.#state(this.#articles.stateInSteps(), this.#readers.stateInSteps()));
  }

  /** A ranker that scores and learns as the one the snapshot was taken of. Throws BadSnapshot when it cannot. */
  static restore(snapshot: Uint8Array): Ranker {
    const state = unpackSnapshot<RankerState>(snapshot);
    const ranker = Ranker.#within(state.limits);
    for (const _step of ranker.#restoring(state));
    return ranker;
  }

  /**
   * The same from parts. Yields after each, first undefined, then the ranker as soon as it scores as the one it was: what comes
   * after that are examples, without which it must not learn. It remembers as many readers and examples as then, or as
   * `atLeast` says if that is more. Throws BadSnapshot when parts are missing.
   */
  static *restoreParts(parts: Iterable<Uint8Array>, atLeast: Limits = {}): Generator<Ranker | undefined> {
    const reader = new PartsReader();
    let empty: Ranker | undefined;
    let ranker: Ranker | undefined;
    for (const part of parts) {
      reader.add(part);
      const state = reader.state() as RankerState;
      // Its tables are allocated first: such amounts start a garbage collection, which takes long once all readers are there.
      empty ??= Ranker.#within(state.limits, atLeast);
      if (ranker === undefined && reader.isComplete(["examples"])) {
        for (const _step of empty.#restoring(state)) yield undefined;
        ranker = empty;
      }
      yield ranker;
    }
    if (ranker === undefined || !reader.isComplete()) throw new BadSnapshot("the snapshot ends too early");
    const { list, pool } = reader.state() as RankerState;
    ranker.#heads.list.restoreExamples(list.examples);
    ranker.#heads.pool.restoreExamples(pool.examples);
  }

  /** A ranker with the limits of a snapshot, or larger ones. */
  static #within(limits: RankerState["limits"], atLeast: Limits = {}): Ranker {
    const larger = (name: keyof Limits) => Math.max(limits[name], atLeast[name] ?? 0);
    const [readersMax, listRowsMax, poolRowsMax] = [larger("readersMax"), larger("listRowsMax"), larger("poolRowsMax")];
    return new Ranker({ ...limits, readersMax, listRowsMax, poolRowsMax });
  }

  /** Becomes the ranker that a state is of, in steps of a few milliseconds each. */
  *#restoring(state: RankerState): Generator<void> {
    this.#drawn = state.drawn;
    this.#habit.set(state.habit);
    yield* this.#articles.restoring(state.articles);
    this.#readers.restore(state.readers);
    yield;
    this.#layout.restore(state.layout);
    this.#active.restore(state.active);
    this.#pending.restore(state.pending);
    this.#linear.restore(state.linear);
    this.#blend.restore(state.blend);
    yield;
    this.#heads.list.restore(state.list);
    yield;
    this.#heads.pool.restore(state.pool);
  }

  #state<Articles, Readers>(articles: Articles, readers: Readers) {
    return {
      limits: this.#limits(),
      drawn: this.#drawn,
      habit: this.#habit,
      articles,
      readers,
      layout: this.#layout.state(),
      active: this.#active.state(),
      pending: this.#pending.state(),
      linear: this.#linear.state(),
      blend: this.#blend.state(),
      list: this.#heads.list.state(),
      pool: this.#heads.pool.state(),
    };
  }

  #limits(): Required<RankerOptions> {
    return {
      seed: this.#seed,
      articlesMax: this.#articles.index.capacity,
      readersMax: this.#readers.index.capacity,
      listRowsMax: this.#heads.list.buffer.rowsMax,
      poolRowsMax: this.#heads.pool.buffer.rowsMax,
      without: this.#without,
    };
  }

  #scoreList(list: List, count: number, reader: ReaderProfile, reuse = false): Float64Array {
    const measures = this.#measurer.measure(list, this.#slots.subarray(0, count), reader, reuse);
    const rows = this.#rows.ofList(measures, count, list, reader);
    const byForest = this.#byForest.subarray(0, count);
    const byLinear = this.#byLinear.subarray(0, count);
    const scores = this.#scores.subarray(0, count);
    this.#heads.list.score(rows, byForest);
    this.#linear.score(rows, byLinear);
    const [forest, linear] = this.#heads.list.isGrown ? this.#blend.weights : [0, 1];
    for (let row = 0; row < count; row++) scores[row] = forest! * byForest[row]! + linear! * byLinear[row]!;
    return scores;
  }

  #scorePool(list: List, count: number, reader: ReaderProfile): Float64Array {
    const rows = this.#poolRows(list, count, reader, true);
    const scores = this.#scores.subarray(0, count);
    if (this.#heads.pool.isGrown) this.#heads.pool.score(rows, scores);
    else this.#poolLinear.score(rows, scores);
    return scores;
  }

  #poolRows(list: List, count: number, reader: ReaderProfile, reuse = false): Float64Array {
    const measures = this.#measurer.measure(list, this.#slots.subarray(0, count), reader, reuse);
    return this.#rows.ofPool(measures, count, list, reader);
  }

  /** The list and a sample of what else could have been on it, each standing for many. */
  #poolExample(list: List, reader: ReaderProfile): Example | undefined {
    if (this.#random() >= POOL_LIST_SHARE) return undefined;
    const inList = new Set(this.#slots.subarray(0, list.articles.length));
    const { lastShownMs } = this.#articles.totals;
    const isActive = (slot: number) => lastShownMs[slot]! >= list.atMs - DAY_MS;
    const others = this.#active.sample(POOL_SAMPLE, isActive, () => this.#random());
    for (const slot of inList) others.delete(slot);
    const slots = [...inList, ...others];
    this.#reserve(slots.length);
    this.#slots.set(slots);
    const rows = this.#poolRows(list, slots.length, reader);
    const offsets = new Float32Array(slots.length);
    offsets.fill(Math.log(Math.max(1, (this.#active.size - inList.size) / Math.max(1, others.size))), inList.size);
    const copied = Float32Array.from(rows.subarray(0, slots.length * POOL_COLUMNS.length));
    return { rows: copied, clicked: new Uint8Array(slots.length), weight: 1, offsets };
  }

  #copied(width: number, count: number): Float32Array {
    return Float32Array.from(this.#rows.listMatrix.subarray(0, count * width));
  }

  #countShown(list: List, count: number, reader: ReaderProfile, chances: Float64Array): void {
    const { counts, totals, onwardShown } = this.#articles;
    const surface = surfaceOf(list);
    const current = list.current === undefined ? NONE : this.#articles.seen(list.current, list.atMs);
    counts.at(list.atMs);
    onwardShown.at(list.atMs);
    this.#layout.counts.at(list.atMs);
    reader.visit(list.atMs);
    for (let row = 0; row < count; row++) {
      const slot = this.#slots[row]!;
      const handle = this.#articles.handle(slot);
      counts.add(slot, COUNTED.exposures, 1);
      counts.add(slot, COUNTED.expected, 1 / count);
      counts.add(slot, COUNTED.predicted, chances[row]!);
      counts.add(slot, COUNTED.lengths, count);
      if (current === NONE) counts.add(slot, COUNTED.homeExpected, 1 / count);
      else onwardShown.add(current, handle, 1);
      this.#layout.expose(slot, surface, count, this.#rows.places[row]!);
      totals.exposures[slot]! += 1;
      if (Number.isNaN(totals.firstShownMs[slot]!)) totals.firstShownMs[slot] = list.atMs;
      totals.lastShownMs[slot] = list.atMs;
      reader.shown.add(handle, list.atMs);
      this.#active.add(slot);
    }
  }

  #countClick(slot: number, current: Id | undefined, atMs: number): void {
    const { counts, totals, onward } = this.#articles;
    counts.at(atMs).add(slot, COUNTED.clicks, 1);
    totals.clicks[slot]! += 1;
    totals.lastClickMs[slot] = atMs;
    if (current === undefined) counts.add(slot, COUNTED.homeClicks, 1);
    else onward.at(atMs).add(this.#articles.seen(current, atMs), this.#articles.handle(slot), 1);
  }

  /** The article a reader has open is a read that may not be recorded yet. */
  #look(reader: ReaderProfile, current: Id, atMs: number): void {
    const slot = this.#articles.seen(current, atMs);
    if (reader.reads.lastHandle !== this.#articles.handle(slot)) this.#read(reader, slot, atMs, LOOK);
  }

  #read(reader: ReaderProfile, slot: number, atMs: number, weight: number): void {
    const { counts, totals, audience, index, traits } = this.#articles;
    reader.startTaste();
    counts.at(atMs).add(slot, COUNTED.reads, weight);
    totals.reads[slot]! += 1;
    this.#covisit(reader, slot, atMs, weight);
    audience.welcome(slot, reader.unit, weight);
    audience.sign(slot, index.id(slot)!, weight / Math.log(3 + totals.reads[slot]!), reader.signatures, reader.unit);
    reader.reads.add(this.#articles.handle(slot), atMs);
    reader.interested(traits[slot], { topic: weight, author: weight }, atMs);
  }

  #covisit({ reads }: ReaderProfile, slot: number, atMs: number, weight: number): void {
    const { covisits } = this.#articles;
    covisits.at(atMs);
    for (let back = 0; back < Math.min(reads.size, COVISITED_WITH); back++) {
      const other = this.#articles.slotOf(reads.handles[reads.recent(back)]!);
      if (other === NONE || other === slot) continue;
      const closeness = weight / (1 + 0.3 * back);
      covisits.add(slot, this.#articles.handle(other), closeness);
      covisits.add(other, this.#articles.handle(slot), closeness);
    }
  }

  #react({ reader: readerId, article, atMs, kind, says = SAYS_ALL }: Reaction, sign: 1 | -1): void {
    const reader = this.#readers.use(readerId);
    const slot = this.#articles.seen(article, atMs);
    const { totals, traits } = this.#articles;
    this.#gain(readerId, article, (gain, isClicked) => {
      if (sign > 0) return kind === "dislike" ? GAINS.dislike : Math.max(gain, GAINS[kind]);
      return isClicked ? GAINS.click : 0;
    });
    const of = kind === "dislike" ? totals.dislikes : totals.likes;
    of[slot] = Math.max(0, of[slot]! + sign * Math.min(1, Math.max(says.topic, says.author)));
    const weight = kind === "dislike" ? -3 * sign : 2 * sign;
    reader.interested(traits[slot], { topic: weight * says.topic, author: weight * says.author }, atMs);
    if (kind !== "dislike") return;
    if (sign > 0) reader.dislikes(this.#articles.handle(slot));
    else reader.disliked.delete(this.#articles.handle(slot));
  }

  /** Changes the gain of an article of a list that is still open. */
  #gain(reader: Id, article: Id, next: (gain: number, isClicked: boolean) => number): void {
    const pending = this.#pending.find(reader, article);
    if (pending === undefined) return;
    const at = pending.list.articles.indexOf(article);
    pending.gains[at] = next(pending.gains[at]!, pending.example.clicked[at] === 1);
  }

  #learn({ list, gains, example, pool, places, byForest, byLinear }: Pending): void {
    const { rows } = example;
    const clicked = Uint8Array.from(gains, (gain) => (gain > 0 ? 1 : 0));
    const clickedRows = [...clicked.keys()].filter((row) => clicked[row] === 1);
    if (clickedRows.length === 0) return;
    const weight = clickedRows.reduce((sum, row) => sum + gains[row]!, 0) / clickedRows.length;
    this.#layout.learn(
      surfaceOf(list),
      clicked.length,
      clickedRows.map((row) => Math.floor(places[row]!)),
    );
    for (const row of clickedRows) this.#learnHabit(this.#readers.use(list.reader), rows, row);
    if (pool !== undefined) {
      pool.clicked.set(clicked);
      this.#heads.pool.add({ ...pool, weight });
    }
    if (clickedRows.length === clicked.length) return;
    if (this.#heads.list.isGrown) this.#blend.learn(byForest, byLinear, clicked);
    this.#linear.learn(rows, clicked, weight);
    // The forest learns what the linear model did not know.
    this.#heads.list.add({ rows, clicked, weight, offsets: Float32Array.from(byLinear) });
  }

  #learnHabit(reader: ReaderProfile, rows: Float32Array, row: number): void {
    reader.startHabit();
    const memory = Math.min(HABIT_MEMORY, reader.clicks + 1);
    for (let measure = 0; measure < MEASURES.length; measure++) {
      const z = Rows.z(rows, row, measure);
      reader.habit[measure]! += (z - reader.habit[measure]!) / memory;
      this.#habit[measure]! += HABIT_FOLLOW * (z - this.#habit[measure]!);
    }
  }

  #hide(scores: Float64Array, reader: ReaderProfile): void {
    if (reader.disliked.size === 0 && reader.blocked.size === 0) return;
    for (let row = 0; row < scores.length; row++) {
      const slot = this.#slots[row]!;
      if (slot === NONE) continue;
      const author = this.#articles.traits[slot]?.author;
      const isBlocked = author !== undefined && reader.blocked.has(author);
      if (isBlocked || reader.disliked.has(this.#articles.handle(slot))) scores[row] = HIDDEN;
    }
  }

  #find(articles: readonly Id[]): void {
    this.#reserve(articles.length);
    for (let row = 0; row < articles.length; row++) this.#slots[row] = this.#articles.index.find(articles[row]!);
  }

  #reserve(count: number): void {
    if (count <= this.#slots.length) return;
    this.#slots = new Int32Array(count * 2);
    this.#scores = new Float64Array(count * 2);
    this.#byForest = new Float64Array(count * 2);
    this.#byLinear = new Float64Array(count * 2);
  }

  #random(): number {
    return mix32(this.#seed + Math.imul(++this.#drawn, 0x6d2b79f5)) / 2 ** 32;
  }
}

/** The gain of a click once its dwell time is known, of several times the longest; that of a reaction stays. */
function withDwell(gain: number, seconds: number): number {
  if (gain === 0 || gain >= GAINS.like) return gain;
  return gain === GAINS.click ? gainOfRead(seconds) : Math.max(gain, gainOfRead(seconds));
}
