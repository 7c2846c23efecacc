import { type ArticleModel, COUNTED, HALF_LIVES_MS } from "./article-model.js";
import { MEASURES } from "./feature-names.js";
import { LAYOUT_HALF_LIVES_MS, type Layout } from "./layout.js";
import { type List, surfaceOf } from "./list.js";
import { NONE } from "./lru-index.js";
import type { Interests, ReaderProfile } from "./reader-model.js";

/** By name: where each module has a global object of its own, as in the tests, asking that for Math takes longer than the sum. */
const { abs, log, log1p, max, sign, sqrt } = Math;

const WIDTH = MEASURES.length;
const WINDOWS = HALF_LIVES_MS.length;
const LAYOUT_WINDOWS = LAYOUT_HALF_LIVES_MS.length;
const MINUTE_MS = 60_000;
const TWO_DAYS_MS = 2 * 24 * 60 * MINUTE_MS;
/** Number of recent reads whose co-reads are candidates. */
const LAST_READS = 12;
/** The prior of rates: this many clicks, as expected. */
const PRIOR = 1.5;
/** Default measures of an article without exposures. */
const DEPTH_UNKNOWN = 10;
const PLACE_UNKNOWN = 5;
/** Logarithms of minutes longer ago than anything that is remembered. */
const NEVER_SHOWN = 12;
const NEVER_READ = 14;

/** The measures of the article alone come first, those of the article and the reader from here on. */
const OF_ARTICLE = MEASURES.indexOf("shown to reader");
/** Age up to which an article's own measures are reused; the shortest half-life, ten minutes, moves by 0.12 % in it. */
const REUSED_MS = 1_000;
/** Articles whose measures are kept, by the low bits of their slots; a power of two. */
const KEPT = 4_096;

/** Measures candidates one by one, into a matrix that is reused from list to list. */
export class Measurer {
  /** Row-major, one row a candidate, one column a measure; valid until the next `measure`. */
  matrix = new Float64Array(64 * WIDTH);
  readonly #articles: ArticleModel;
  readonly #layout: Layout;
  /** By article slot: what the reader did with it. All zero between lists. */
  readonly #shownPlace: Int32Array;
  readonly #readPlace: Int32Array;
  readonly #covisits: Float64Array;
  readonly #covisitsOfLast: Float64Array;
  readonly #onward: Float64Array;
  readonly #onwardShown: Float64Array;
  readonly #kept = new Float64Array(KEPT * OF_ARTICLE);
  readonly #keptSlots = new Int32Array(KEPT).fill(NONE);
  readonly #keptAtMs = new Float64Array(KEPT);
  #keptSurface = 0;
  #likeEveryone = 0;
  #hasTaste = false;

  constructor(articles: ArticleModel, layout: Layout) {
    this.#articles = articles;
    this.#layout = layout;
    const { capacity } = articles.index;
    this.#shownPlace = new Int32Array(capacity);
    this.#readPlace = new Int32Array(capacity);
    this.#covisits = new Float64Array(capacity);
    this.#covisitsOfLast = new Float64Array(capacity);
    this.#onward = new Float64Array(capacity);
    this.#onwardShown = new Float64Array(capacity);
  }

  /**
   * Fills a row for each slot as of the time of the list; NONE measures as an article without events. With `reuse`, the measures of
   * the article alone may be a second old: for serving only, so that learning replays exactly.
   */
  measure(list: List, slots: ArrayLike<number>, reader: ReaderProfile, reuse = false): Float64Array {
    if (slots.length * WIDTH > this.matrix.length) this.matrix = new Float64Array(slots.length * 2 * WIDTH);
    const { counts, covisits, onward, onwardShown } = this.#articles;
    for (const decaying of [counts, covisits, onward, onwardShown, this.#layout.counts]) decaying.readAt(list.atMs);
    this.#mark(list, reader, 1);
    const surface = surfaceOf(list);
    this.#hasTaste = reader.reads.count > 0;
    this.#likeEveryone = this.#hasTaste ? this.#articles.audience.likeEveryone(reader.unit) : 0;
    for (let row = 0; row < slots.length; row++) {
      if (slots[row] === NONE) this.matrix.fill(0, row * WIDTH, (row + 1) * WIDTH);
      else if (reuse) this.#measureReusing(row * WIDTH, slots[row]!, list.atMs, surface, reader);
      else this.#measureOne(row * WIDTH, slots[row]!, list.atMs, surface, reader);
    }
    this.#mark(list, reader, 0);
    return this.matrix;
  }

  /** In the order of MEASURES. */
  #measureOne(start: number, slot: number, nowMs: number, surface: number, reader: ReaderProfile): void {
    let at = this.#measureCounts(start, slot);
    at = this.#measureLayout(at, slot, surface);
    at = this.#measureArticle(at, slot, nowMs);
    at = this.#measureAcquaintance(at, slot, nowMs, reader);
    this.#measureTaste(at, slot, reader, nowMs);
  }

  #measureReusing(start: number, slot: number, nowMs: number, surface: number, reader: ReaderProfile): void {
    if (surface !== this.#keptSurface) {
      this.#keptSlots.fill(NONE);
      this.#keptSurface = surface;
    }
    const place = slot & (KEPT - 1);
    const kept = place * OF_ARTICLE;
    const ageMs = nowMs - this.#keptAtMs[place]!;
    const m = this.matrix;
    if (this.#keptSlots[place] === slot && ageMs >= 0 && ageMs <= REUSED_MS) {
      for (let at = 0; at < OF_ARTICLE; at++) m[start + at] = this.#kept[kept + at]!;
    } else {
      this.#measureArticle(this.#measureLayout(this.#measureCounts(start, slot), slot, surface), slot, nowMs);
      for (let at = 0; at < OF_ARTICLE; at++) this.#kept[kept + at] = m[start + at]!;
      this.#keptSlots[place] = slot;
      this.#keptAtMs[place] = nowMs;
    }
    this.#measureTaste(this.#measureAcquaintance(start + OF_ARTICLE, slot, nowMs, reader), slot, reader, nowMs);
  }

  #measureCounts(start: number, slot: number): number {
    const m = this.matrix;
    const { counts } = this.#articles;
    let at = start;
    for (let w = 0; w < WINDOWS; w++) m[at++] = log1p(counts.value(slot, COUNTED.clicks, w));
    for (let w = 0; w < WINDOWS; w++) m[at++] = log1p(counts.value(slot, COUNTED.reads, w));
    for (let w = 0; w < WINDOWS; w++) m[at++] = log1p(counts.value(slot, COUNTED.exposures, w));
    for (let w = 0; w < WINDOWS; w++)
      m[at++] = rate(counts.value(slot, COUNTED.clicks, w), counts.value(slot, COUNTED.expected, w));
    for (let w = 1; w < WINDOWS; w++)
      m[at++] = rate(counts.value(slot, COUNTED.clicks, w), counts.value(slot, COUNTED.predicted, w));
    const exposures = counts.value(slot, COUNTED.exposures, 2);
    m[at++] = log((counts.value(slot, COUNTED.lengths, 2) + 16) / (exposures + 1));
    return at;
  }

  #measureLayout(start: number, slot: number, surface: number): number {
    const m = this.matrix;
    const layout = this.#layout;
    let at = start;
    for (let w = 0; w < LAYOUT_WINDOWS; w++) m[at++] = log1p(layout.exposures(slot, surface, w));
    for (let w = 0; w < LAYOUT_WINDOWS; w++) m[at++] = log(layout.depth(slot, surface, w, DEPTH_UNKNOWN));
    for (let w = 0; w < LAYOUT_WINDOWS; w++) m[at++] = log1p(layout.place(slot, surface, w, PLACE_UNKNOWN));
    // The place priors and the habit are filled in when the whole list is measured.
    m[at++] = 0;
    m[at++] = 0;
    m[at++] = 0;
    return at;
  }

  #measureArticle(start: number, slot: number, nowMs: number): number {
    const m = this.matrix;
    const { counts, totals, newestOrder } = this.#articles;
    let at = start;
    m[at++] = rate(counts.value(slot, COUNTED.homeClicks, 2), counts.value(slot, COUNTED.homeExpected, 2));
    m[at++] = rate(counts.value(slot, COUNTED.homeClicks, 4), counts.value(slot, COUNTED.homeExpected, 4));
    m[at++] = log1p(totals.reads[slot]!);
    m[at++] = rate(10 * totals.clicks[slot]!, totals.exposures[slot]!);
    m[at++] = logMinutes(nowMs - totals.firstSeenMs[slot]!, 0);
    m[at++] = logMinutes(nowMs - totals.firstShownMs[slot]!, 0);
    m[at++] = logMinutes(nowMs - totals.lastShownMs[slot]!, TWO_DAYS_MS);
    m[at++] = logMinutes(nowMs - totals.lastClickMs[slot]!, TWO_DAYS_MS);
    const order = totals.order[slot]!;
    m[at++] = Number.isNaN(order) ? 0 : -log1p(max(0, newestOrder - order));
    m[at++] = (totals.logSeconds[slot]! + 4 * 3.5) / (totals.timed[slot]! + 4);
    m[at++] = Number.isNaN(totals.length[slot]!) ? 6 : log1p(totals.length[slot]!);
    m[at++] = Number.isNaN(totals.premium[slot]!) ? 0 : totals.premium[slot]!;
    return at;
  }

  /** History of the reader with the article. */
  #measureAcquaintance(
    start: number,
    slot: number,
    nowMs: number,
    { shown, reads, lastListMs }: ReaderProfile,
  ): number {
    const m = this.matrix;
    let at = start;
    const shownAt = this.#shownPlace[slot]! - 1;
    m[at++] = shownAt < 0 ? 0 : log1p(shown.counts[shownAt]!);
    m[at++] = shownAt < 0 ? NEVER_SHOWN : logMinutes(nowMs - shown.lastMs[shownAt]!, 0);
    m[at++] = shownAt < 0 ? 0 : logMinutes(nowMs - shown.firstMs[shownAt]!, 0);
    m[at++] = shownAt >= 0 && shown.lastMs[shownAt]! === lastListMs ? 1 : 0;
    const readAt = this.#readPlace[slot]! - 1;
    m[at++] = readAt < 0 ? 0 : 1;
    m[at++] = readAt < 0 ? NEVER_READ : logMinutes(nowMs - reads.atMs[readAt]!, 0);
    return at;
  }

  #measureTaste(start: number, slot: number, reader: ReaderProfile, nowMs: number): void {
    const m = this.matrix;
    const { totals, audience, traits } = this.#articles;
    let at = start;
    const root = sqrt(totals.reads[slot]! + 5);
    m[at++] = this.#covisits[slot]! / root;
    m[at++] = this.#covisitsOfLast[slot]! / root;
    m[at++] = rate(this.#onward[slot]! * 5, this.#onwardShown[slot]!);
    m[at++] = log1p(this.#onwardShown[slot]!);
    m[at++] = this.#hasTaste ? audience.affinity(slot, reader.unit, this.#likeEveryone) : 0;
    m[at++] = totals.firstShownMs[slot]! > reader.lastVisitMs ? 1 : 0;
    m[at++] = log((totals.likes[slot]! + 1) / (totals.dislikes[slot]! + 1));
    const known = traits[slot];
    m[at++] = known?.channel === undefined ? 0 : signedLog(reader.channels.value(known.channel, nowMs));
    m[at++] = known?.author === undefined ? 0 : signedLog(reader.authors.value(known.author, nowMs));
    m[at] = known?.words === undefined ? 0 : signedLog(wordInterest(known.words, reader.words, nowMs));
  }

  /** Writes what the reader did beside the articles it did it to; with 0, wipes it away. */
  #mark(list: List, { shown, reads }: ReaderProfile, on: 0 | 1): void {
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
    const closeness = 1 / ((1 + 0.3 * back) * sqrt(this.#articles.totals.reads[slot]! + 5));
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
    onward.each(current, (handle, weight) => this.#markSlot(this.#onward, handle, on * weight));
    onwardShown.each(current, (handle, weight) => this.#markSlot(this.#onwardShown, handle, on * weight));
  }

  #markSlot(marks: Float64Array, handle: number, value: number): void {
    const slot = this.#articles.slotOf(handle);
    if (slot !== NONE) marks[slot] = value;
  }
}

/** Log ratio of clicks to expected clicks, shrunk to 0 with few observations. */
function rate(clicks: number, expected: number): number {
  return log((clicks + PRIOR) / (expected + PRIOR));
}

function logMinutes(ms: number, unknownMs: number): number {
  return log1p(max(0, Number.isNaN(ms) ? unknownMs : ms) / MINUTE_MS);
}

function wordInterest(words: readonly (string | number)[], interests: Interests, nowMs: number): number {
  let sum = 0;
  for (const word of words) sum += interests.value(word, nowMs);
  return sum;
}

function signedLog(value: number): number {
  return sign(value) * log1p(abs(value));
}
