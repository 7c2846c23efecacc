import { type ArticleModel, COUNTED, HALF_LIVES_MS } from "./article-model.js";
import { CIRCUMSTANCES, COLUMNS, MEASURES, RANKED } from "./feature-names.js";
import type { Id } from "./id.js";
import { NONE } from "./lru-index.js";
import type { Reader } from "./reader-model.js";

/** Who is shown what, when and where. */
export interface List {
  readonly reader: Id;
  readonly articles: readonly Id[];
  readonly atMs: number;
  /** The article the reader is looking at; none on the home page. */
  readonly current?: Id | undefined;
  readonly device?: number | undefined;
  readonly subscriber?: boolean | undefined;
}

const WINDOWS = HALF_LIVES_MS.length;
const WIDTH = COLUMNS.length;
const RANKED_AT = RANKED.map((name) => (MEASURES as readonly string[]).indexOf(name));
const LAST_READS = 12;
const MINUTE_MS = 60_000;
/** The prior of rates: this many clicks as expected. */
const PRIOR = 1.5;
const UNKNOWN_AGE_MS = 0;

/** Measures the candidates of a list into a matrix that is reused from list to list. */
export class Measurer {
  /** Row-major, one row a candidate, COLUMNS.length columns; valid until the next `measure`. */
  matrix = new Float64Array(64 * WIDTH);
  readonly #articles: ArticleModel;
  readonly #everyone: Float32Array;
  /** By article slot, zero between lists. */
  readonly #shownPlace: Int32Array;
  readonly #readPlace: Int32Array;
  readonly #covisits: Float64Array;
  readonly #covisitsOfLast: Float64Array;
  readonly #onward: Float64Array;
  readonly #onwardShown: Float64Array;
  #order = new Float64Array(64);
  #sorted = new Float64Array(64);
  #slots = new Int32Array(64);
  newestOrder = Number.NEGATIVE_INFINITY;

  constructor(articles: ArticleModel, everyone: Float32Array) {
    this.#articles = articles;
    this.#everyone = everyone;
    const capacity = articles.index.capacity;
    this.#shownPlace = new Int32Array(capacity);
    this.#readPlace = new Int32Array(capacity);
    this.#covisits = new Float64Array(capacity);
    this.#covisitsOfLast = new Float64Array(capacity);
    this.#onward = new Float64Array(capacity);
    this.#onwardShown = new Float64Array(capacity);
  }

  /** Fills the matrix for a list as of its time; unknown articles measure as new ones. */
  measure(list: List, reader: Reader): Float64Array {
    const count = list.articles.length;
    this.#reserve(count);
    const { index, counts, covisits, onward, onwardShown } = this.#articles;
    counts.readAt(list.atMs);
    covisits.readAt(list.atMs);
    onward.readAt(list.atMs);
    onwardShown.readAt(list.atMs);
    for (let i = 0; i < count; i++) this.#slots[i] = index.find(list.articles[i]!);
    this.#mark(list, reader, 1);
    for (let i = 0; i < count; i++) this.#measureOne(i, this.#slots[i]!, list, reader);
    this.#mark(list, reader, 0);
    this.#score(count);
    this.#circumstances(list, reader);
    return this.matrix;
  }

  #measureOne(row: number, slot: number, list: List, reader: Reader): void {
    const m = this.matrix;
    const { counts, totals, taste } = this.#articles;
    const nowMs = list.atMs;
    let at = row * WIDTH;
    if (slot === NONE) {
      m.fill(0, at, at + MEASURES.length);
      return;
    }
    for (let w = 0; w < WINDOWS; w++) m[at++] = Math.log1p(counts.value(slot, COUNTED.clicks, w));
    for (let w = 0; w < WINDOWS; w++) m[at++] = Math.log1p(counts.value(slot, COUNTED.reads, w));
    for (let w = 0; w < WINDOWS; w++) m[at++] = Math.log1p(counts.value(slot, COUNTED.exposures, w));
    for (let w = 0; w < WINDOWS; w++)
      m[at++] = rate(counts.value(slot, COUNTED.clicks, w), counts.value(slot, COUNTED.expected, w));
    for (let w = 1; w < WINDOWS; w++)
      m[at++] = rate(counts.value(slot, COUNTED.clicks, w), counts.value(slot, COUNTED.predicted, w));
    const exposures = counts.value(slot, COUNTED.exposures, 2);
    m[at++] = Math.log((counts.value(slot, COUNTED.lengths, 2) + 16) / (exposures + 1));
    m[at++] = rate(counts.value(slot, COUNTED.homeClicks, 2), counts.value(slot, COUNTED.homeExpected, 2));
    m[at++] = rate(counts.value(slot, COUNTED.homeClicks, 4), counts.value(slot, COUNTED.homeExpected, 4));
    m[at++] = Math.log1p(totals.reads[slot]!);
    m[at++] = rate(10 * totals.clicks[slot]!, totals.exposures[slot]!);
    m[at++] = logMinutes(nowMs - totals.firstSeenMs[slot]!, UNKNOWN_AGE_MS);
    m[at++] = logMinutes(nowMs - totals.firstShownMs[slot]!, UNKNOWN_AGE_MS);
    m[at++] = logMinutes(nowMs - totals.lastShownMs[slot]!, 48 * 60 * MINUTE_MS);
    m[at++] = logMinutes(nowMs - totals.lastClickMs[slot]!, 48 * 60 * MINUTE_MS);
    const order = totals.order[slot]!;
    m[at++] = Number.isNaN(order) ? 0 : -Math.log1p(Math.max(0, this.newestOrder - order));
    m[at++] = (totals.logSeconds[slot]! + 4 * 3.5) / (totals.timed[slot]! + 4);
    m[at++] = Number.isNaN(totals.length[slot]!) ? 6 : Math.log1p(totals.length[slot]!);
    m[at++] = Number.isNaN(totals.premium[slot]!) ? 0 : totals.premium[slot]!;
    const shown = this.#shownPlace[slot]! - 1;
    m[at++] = shown < 0 ? 0 : Math.log1p(reader.shown.counts[shown]!);
    m[at++] = shown < 0 ? 12 : logMinutes(nowMs - reader.shown.lastMs[shown]!, 0);
    m[at++] = shown < 0 ? 0 : logMinutes(nowMs - reader.shown.firstMs[shown]!, 0);
    m[at++] = shown >= 0 && reader.shown.lastMs[shown]! === reader.lastListMs ? 1 : 0;
    const read = this.#readPlace[slot]! - 1;
    m[at++] = read < 0 ? 0 : 1;
    m[at++] = read < 0 ? 14 : logMinutes(nowMs - reader.reads.atMs[read]!, 0);
    const root = Math.sqrt(totals.reads[slot]! + 5);
    m[at++] = this.#covisits[slot]! / root;
    m[at++] = this.#covisitsOfLast[slot]! / root;
    m[at++] = rate(this.#onward[slot]! * 5, this.#onwardShown[slot]!);
    m[at++] = Math.log1p(this.#onwardShown[slot]!);
    m[at++] = taste.affinity(slot, reader.unit, this.#everyone);
    m[at++] = totals.firstShownMs[slot]! > reader.lastVisitMs ? 1 : 0;
    m[at++] = Math.log((totals.likes[slot]! + 1) / (totals.dislikes[slot]! + 1));
    m[at++] = 0;
    m[at++] = 0;
    m[at] = 0;
  }

  /** Writes what the reader did beside the articles it did it to; with 0, wipes it away. */
  #mark(list: List, reader: Reader, on: 0 | 1): void {
    const { shown, reads } = reader;
    for (let place = 0; place < shown.size; place++) {
      const slot = this.#articles.slotOf(shown.handles[place]!);
      if (slot !== NONE) this.#shownPlace[slot] = on * (place + 1);
    }
    for (let back = reads.size - 1; back >= 0; back--) {
      const place = reads.recent(back);
      const slot = this.#articles.slotOf(reads.handles[place]!);
      if (slot === NONE) continue;
      this.#readPlace[slot] = on * (place + 1);
      if (back < LAST_READS) this.#markCovisits(slot, back, on);
    }
    if (list.current !== undefined) this.#markOnward(this.#articles.index.find(list.current), on);
  }

  #markCovisits(slot: number, back: number, on: 0 | 1): void {
    const closeness = 1 / ((1 + 0.3 * back) * Math.sqrt(this.#articles.totals.reads[slot]! + 5));
    this.#articles.covisits.each(slot, (handle, weight) => {
      const neighbour = this.#articles.slotOf(handle);
      if (neighbour === NONE) return;
      this.#covisits[neighbour] = on * (this.#covisits[neighbour]! + weight * closeness);
      if (back === 0) this.#covisitsOfLast[neighbour] = on * weight * closeness;
    });
  }

  #markOnward(current: number, on: 0 | 1): void {
    if (current === NONE) return;
    const { onward, onwardShown } = this.#articles;
    onward.each(current, (handle, weight) => {
      const slot = this.#articles.slotOf(handle);
      if (slot !== NONE) this.#onward[slot] = on * weight;
    });
    onwardShown.each(current, (handle, weight) => {
      const slot = this.#articles.slotOf(handle);
      if (slot !== NONE) this.#onwardShown[slot] = on * weight;
    });
  }

  /** In-list z-scores, then in-list ranks. */
  #score(count: number): void {
    const m = this.matrix;
    for (let column = 0; column < MEASURES.length; column++) {
      let sum = 0;
      let squares = 0;
      for (let row = 0; row < count; row++) {
        const value = m[row * WIDTH + column]!;
        sum += value;
        squares += value * value;
      }
      const mean = sum / count;
      const deviation = Math.sqrt(Math.max(0, squares / count - mean * mean));
      const scale = deviation > 1e-6 ? 1 / deviation : 0;
      for (let row = 0; row < count; row++) {
        m[row * WIDTH + MEASURES.length + column] = (m[row * WIDTH + column]! - mean) * scale;
      }
    }
    for (let ranked = 0; ranked < RANKED_AT.length; ranked++) {
      this.#rank(count, RANKED_AT[ranked]!, 2 * MEASURES.length + ranked);
    }
  }

  /** Ties share the middle of their places. */
  #rank(count: number, from: number, to: number): void {
    const m = this.matrix;
    const sorted = this.#sorted.subarray(0, count);
    for (let row = 0; row < count; row++) sorted[row] = m[row * WIDTH + from]!;
    sorted.sort();
    for (let row = 0; row < count; row++) {
      const value = m[row * WIDTH + from]!;
      const below = lowerBound(sorted, value);
      let equal = below;
      while (equal < count && sorted[equal] === value) equal++;
      m[row * WIDTH + to] = 1 - (below + equal) / (2 * count);
    }
  }

  #circumstances(list: List, reader: Reader): void {
    const count = list.articles.length;
    const start = COLUMNS.length - CIRCUMSTANCES.length;
    const values = [
      Math.log(count),
      list.current === undefined ? 1 : 0,
      list.device ?? 0,
      list.subscriber ? 1 : 0,
      Math.log1p(reader.lists),
      Math.log1p(reader.sessionLists),
      logMinutes(list.atMs - reader.lastListMs, 30 * 24 * 60 * MINUTE_MS),
      Math.log1p(reader.reads.count),
    ];
    for (let row = 0; row < count; row++) this.matrix.set(values, row * WIDTH + start);
  }

  #reserve(count: number): void {
    if (count * WIDTH <= this.matrix.length) return;
    this.matrix = new Float64Array(count * 2 * WIDTH);
    this.#order = new Float64Array(count * 2);
    this.#sorted = new Float64Array(count * 2);
    this.#slots = new Int32Array(count * 2);
  }
}

/** How many times as many clicks as expected, in logarithms, drawn to none when little is known. */
function rate(clicks: number, expected: number): number {
  return Math.log((clicks + PRIOR) / (expected + PRIOR));
}

function logMinutes(ms: number, unknownMs: number): number {
  return Math.log1p(Math.max(0, Number.isNaN(ms) ? unknownMs : ms) / MINUTE_MS);
}

function lowerBound(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
