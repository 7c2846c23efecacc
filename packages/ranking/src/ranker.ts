import { ArticleModel, type ArticleTraits, COUNTED } from "./article-model.js";
import { COLUMNS } from "./feature-names.js";
import type { Id } from "./id.js";
import { LinearModel } from "./linear-model.js";
import { type List, Measurer } from "./measure.js";
import { mix32 } from "./random.js";
import { type Reader, ReaderModel } from "./reader-model.js";
import { softmax } from "./softmax.js";

export interface RankerOptions {
  readonly seed?: number;
  readonly articlesMax?: number;
  readonly readersMax?: number;
  readonly tasteDimensions?: number;
}

export interface Click {
  readonly reader: Id;
  readonly article: Id;
  readonly atMs: number;
}

export interface TimeRead extends Click {
  readonly seconds: number;
}

interface Pending {
  readonly list: List;
  readonly rows: Float32Array;
  readonly probabilities: Float64Array;
  readonly clicked: Uint8Array;
  readonly settleAtMs: number;
}

const WIDTH = COLUMNS.length;
const SETTLE_AFTER_MS = 10 * 60_000;

export class Ranker {
  readonly articles: ArticleModel;
  readonly readers: ReaderModel;
  readonly #measurer: Measurer;
  readonly linear = new LinearModel(WIDTH);
  readonly #everyone: Float32Array;
  readonly #seed: number;
  #pending = new Map<Id, Pending>();
  #scores = new Float64Array(64);
  onSettled: ((pending: Pending) => void) | undefined;
  forest: { predict(m: ArrayLike<number>, start: number): number } | undefined;

  constructor({ seed = 1, articlesMax = 16_384, readersMax = 16_384, tasteDimensions = 128 }: RankerOptions = {}) {
    this.#seed = seed;
    this.articles = new ArticleModel(articlesMax, tasteDimensions);
    this.readers = new ReaderModel(readersMax, tasteDimensions);
    this.#everyone = new Float32Array(tasteDimensions);
    this.#measurer = new Measurer(this.articles, this.#everyone);
  }

  describe(id: Id, traits: ArticleTraits): void {
    const slot = this.articles.use(id);
    const { totals } = this.articles;
    if (traits.order !== undefined) totals.order[slot] = traits.order;
    if (traits.length !== undefined) totals.length[slot] = traits.length;
    if (traits.premium !== undefined) totals.premium[slot] = traits.premium ? 1 : 0;
  }

  score(list: List, _among: "list" | "pool" = "list"): Float64Array {
    const count = list.articles.length;
    const rows = this.#measurer.measure(list, this.readers.find(list.reader) ?? this.readers.use(list.reader));
    if (this.#scores.length < count) this.#scores = new Float64Array(count * 2);
    const scores = this.#scores.subarray(0, count);
    for (let row = 0; row < count; row++) {
      scores[row] =
        this.forest !== undefined ? this.forest.predict(rows, row * WIDTH) : this.linear.score(rows, row * WIDTH);
    }
    return scores;
  }
  /** Reading outside of any list the ranker was told of. */
  read({ reader, article, atMs }: Click): void {
    this.#read(this.readers.use(reader), this.#seen(article, atMs), atMs, 1);
  }

  shown(list: List): void {
    this.settle(list.atMs, list.reader);
    const reader = this.readers.use(list.reader);
    const slots = list.articles.map((id) => this.#seen(id, list.atMs));
    const scores = this.score(list);
    const count = slots.length;
    const probabilities = softmax(scores, new Float64Array(count));
    this.#pending.set(list.reader, {
      list,
      rows: Float32Array.from(this.#measurer.matrix.subarray(0, count * WIDTH)),
      probabilities,
      clicked: new Uint8Array(count),
      settleAtMs: list.atMs + SETTLE_AFTER_MS,
    });
    this.#count(list, reader, slots, probabilities);
  }

  #count(list: List, reader: Reader, slots: number[], probabilities: Float64Array) {
    const { counts, totals, onwardShown } = this.articles;
    counts.at(list.atMs);
    reader.visit(list.atMs);
    const current = list.current === undefined ? -1 : this.#seen(list.current, list.atMs);
    onwardShown.at(list.atMs);
    slots.forEach((slot, i) => {
      counts.add(slot, COUNTED.exposures, 1);
      counts.add(slot, COUNTED.expected, 1 / slots.length);
      counts.add(slot, COUNTED.predicted, probabilities[i]!);
      counts.add(slot, COUNTED.lengths, slots.length);
      if (current < 0) counts.add(slot, COUNTED.homeExpected, 1 / slots.length);
      else onwardShown.add(current, this.articles.handle(slot), 1);
      totals.exposures[slot]! += 1;
      if (Number.isNaN(totals.firstShownMs[slot]!)) totals.firstShownMs[slot] = list.atMs;
      totals.lastShownMs[slot] = list.atMs;
      reader.shown.add(this.articles.handle(slot), list.atMs);
    });
    if (
      current >= 0 &&
      reader.reads.count > 0 &&
      reader.reads.handles[reader.reads.recent(0)] !== this.articles.handle(current)
    ) {
      this.#read(reader, current, list.atMs, 0.5);
    }
  }

  clicked({ reader: readerId, article, atMs }: Click): void {
    const reader = this.readers.use(readerId);
    const slot = this.#seen(article, atMs);
    const { counts, totals, onward } = this.articles;
    const pending = this.#pending.get(readerId);
    const at = pending?.list.articles.indexOf(article) ?? -1;
    if (pending !== undefined && at >= 0) {
      pending.clicked[at] = 1;
      counts.at(atMs).add(slot, COUNTED.clicks, 1);
      totals.clicks[slot]! += 1;
      totals.lastClickMs[slot] = atMs;
      if (pending.list.current === undefined) counts.add(slot, COUNTED.homeClicks, 1);
      else onward.at(atMs).add(this.#seen(pending.list.current, atMs), this.articles.handle(slot), 1);
      reader.clicks++;
    }
    this.#read(reader, slot, atMs, 1);
  }

  /** How long an article was read. */
  readFor({ article, atMs, seconds }: TimeRead): void {
    const slot = this.#seen(article, atMs);
    const { counts, totals } = this.articles;
    counts.at(atMs).add(slot, COUNTED.reads, Math.min(1, Math.log1p(seconds) / 5));
    totals.timed[slot]! += 1;
    totals.logSeconds[slot]! += Math.log1p(seconds);
  }

  settle(nowMs: number, readerId?: Id): void {
    for (const [id, pending] of this.#pending) {
      if (id !== readerId && pending.settleAtMs > nowMs) continue;
      this.#pending.delete(id);
      this.#learn(pending);
    }
  }

  #learn(pending: Pending): void {
    let clicks = 0;
    for (const clicked of pending.clicked) clicks += clicked;
    if (clicks === 0 || clicks === pending.clicked.length) return;
    this.onSettled?.(pending);
    const p = new Float64Array(pending.clicked.length);
    for (let i = 0; i < p.length; i++) p[i] = this.linear.score(pending.rows, i * WIDTH);
    this.linear.learn(pending.rows, softmax(p, p), pending.clicked);
  }

  #seen(id: Id, atMs: number): number {
    const slot = this.articles.use(id);
    const { totals } = this.articles;
    if (Number.isNaN(totals.firstSeenMs[slot]!)) {
      totals.firstSeenMs[slot] = atMs;
      const order = totals.order[slot]!;
      if (order > this.#measurer.newestOrder) this.#measurer.newestOrder = order;
    }
    return slot;
  }

  #read(reader: Reader, slot: number, atMs: number, weight: number): void {
    const { counts, totals, covisits, taste } = this.articles;
    const handle = this.articles.handle(slot);
    counts.at(atMs).add(slot, COUNTED.reads, weight);
    totals.reads[slot]! += 1;
    covisits.at(atMs);
    const last = Math.min(reader.reads.size, 8);
    for (let back = 0; back < last; back++) {
      const place = reader.reads.recent(back);
      const other = this.articles.slotOf(reader.reads.handles[place]!);
      if (other < 0 || other === slot) continue;
      const closeness = weight / (1 + 0.3 * back);
      covisits.add(slot, this.articles.handle(other), closeness);
      covisits.add(other, handle, closeness);
    }
    taste.welcome(slot, reader.unit, weight);
    const e = this.#everyone;
    for (let d = 0; d < e.length; d++) e[d]! += 0.001 * (reader.unit[d]! - e[d]!);
    const amount = weight / Math.log(3 + totals.reads[slot]!);
    this.#sign(reader, slot, amount);
    reader.reads.add(handle, atMs);
  }

  /** Adds an article's signature to a reader: eight coordinates, each up or down. */
  #sign(reader: Reader, slot: number, amount: number): void {
    const id = this.articles.index.id(slot)!;
    const { signatures, unit } = reader;
    let state = mix32(Number(BigInt.asIntN(32, BigInt(id))) ^ this.#seed);
    for (let i = 0; i < 8; i++) {
      state = mix32(state + 0x6d2b79f5);
      signatures[(state >>> 1) % signatures.length]! += (state & 1 ? 1 : -1) * amount;
    }
    let squares = 0;
    for (let d = 0; d < unit.length; d++) squares += signatures[d]! ** 2;
    const scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
    for (let d = 0; d < unit.length; d++) unit[d] = signatures[d]! * scale;
  }
}
