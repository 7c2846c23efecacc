import { type CutHan, cutPairs, cutTitle, TITLE_WORDS_MAX } from "./cut-title.js";
import { LowestFirst } from "./lowest-first.js";
import { NONE, WordChains } from "./word-chains.js";
import { wordNumber } from "./word-number.js";

/** Articles whose words are known, the newest. */
const ARTICLES_MAX = 200_000;
/** Articles that a word leads to, the newest. */
export const SLOTS_PER_WORD = 128;

export interface Bounds {
  readonly articlesMax?: number;
  readonly wordsMax?: number;
}

export interface Titled {
  readonly slot: number;
  readonly title: string;
  readonly publishedAtMs: number;
}

/**
 * The words in the titles of the newest articles, both ways: about 140 bytes an article. The words of a title lie in eight
 * places side by side; a word that stands in no title any more is forgotten.
 */
export class TitleWords {
  readonly #articlesMax: number;
  readonly #cutHan: CutHan;
  readonly #chains: WordChains;
  readonly #oldest: LowestFirst;
  #rowOf = new Int32Array(1_024).fill(NONE);
  readonly #free: number[] = [];
  #rows = 0;
  readonly #slots: Int32Array;
  readonly #publishedAtMs: Float64Array;
  readonly #sizes: Uint8Array;
  readonly #words: Int32Array;

  /** @param cutHan The result of `loadJieba`. */
  constructor(cutHan: CutHan = cutPairs, { articlesMax = ARTICLES_MAX, wordsMax = 2 * articlesMax }: Bounds = {}) {
    this.#articlesMax = articlesMax;
    this.#cutHan = cutHan;
    this.#slots = new Int32Array(articlesMax);
    this.#publishedAtMs = new Float64Array(articlesMax);
    this.#sizes = new Uint8Array(articlesMax);
    this.#words = new Int32Array(articlesMax * TITLE_WORDS_MAX);
    this.#oldest = new LowestFirst(this.#publishedAtMs);
    const publishedAtMs = (place: number) => this.#publishedAtMs[(place / TITLE_WORDS_MAX) | 0] as number;
    this.#chains = new WordChains(this.#words.length, wordsMax, SLOTS_PER_WORD, publishedAtMs);
  }

  /** Number of articles whose words are known. */
  get size(): number {
    return this.#oldest.size;
  }

  /** Number of different words. */
  get words(): number {
    return this.#chains.words;
  }

  has(slot: number): boolean {
    return this.#row(slot) !== NONE;
  }

  /** Makes the article's title this one. An article older than all of a full house is let go; a newer one takes the oldest's place. */
  put({ slot, title, publishedAtMs }: Titled): void {
    this.remove(slot);
    if (!this.#makeRoom(publishedAtMs)) return;
    this.#oldest.add(this.#write({ slot, title, publishedAtMs }));
  }

  remove(slot: number): void {
    const row = this.#row(slot);
    if (row === NONE) return;
    this.#oldest.remove(row);
    const start = row * TITLE_WORDS_MAX;
    for (let place = start; place < start + this.#sizes[row]!; place += 1) {
      this.#chains.remove(place, this.#words[place]!);
    }
    this.#rowOf[slot] = NONE;
    this.#free.push(row);
  }

  /** The numbers of a title's words, none twice; a view that is valid until the next change. */
  wordsOf(slot: number): Int32Array {
    const row = this.#row(slot);
    if (row === NONE) return NO_WORDS;
    return this.#words.subarray(row * TITLE_WORDS_MAX, row * TITLE_WORDS_MAX + this.#sizes[row]!);
  }

  /** The same without a view: how many words a title has, and each of them. */
  wordCount(slot: number): number {
    const row = this.#row(slot);
    return row === NONE ? 0 : (this.#sizes[row] as number);
  }

  word(slot: number, index: number): number {
    return this.#words[this.#row(slot) * TITLE_WORDS_MAX + index] as number;
  }

  /** The newest articles with a word in their title, the newest first. */
  slotsOf(word: number, max = SLOTS_PER_WORD): number[] {
    const slots: number[] = [];
    for (
      let place = this.#chains.newest(word);
      place !== NONE && slots.length < max;
      place = this.#chains.older(place)
    ) {
      slots.push(this.#slots[(place / TITLE_WORDS_MAX) | 0] as number);
    }
    return slots;
  }

  /** Rarity of a word: 1 when it is in one title or none, 0 when it is in all. */
  rarity(word: number): number {
    const count = this.#chains.count(word);
    return count <= 1 ? 1 : 1 - Math.log(count) / Math.log(this.size);
  }

  #makeRoom(publishedAtMs: number): boolean {
    if (this.size < this.#articlesMax) return true;
    const oldest = this.#oldest.first;
    if (this.#publishedAtMs[oldest]! >= publishedAtMs) return false;
    this.remove(this.#slots[oldest]!);
    return true;
  }

  #write({ slot, title, publishedAtMs }: Titled): number {
    const row = this.#free.pop() ?? this.#rows++;
    this.#reach(slot);
    this.#rowOf[slot] = row;
    this.#slots[row] = slot;
    this.#publishedAtMs[row] = publishedAtMs;
    const words = new Set(cutTitle(title, this.#cutHan).map(wordNumber));
    this.#sizes[row] = words.size;
    let place = row * TITLE_WORDS_MAX;
    for (const word of words) {
      this.#words[place] = word;
      this.#chains.add(place, word);
      place += 1;
    }
    return row;
  }

  #row(slot: number): number {
    return this.#rowOf[slot] ?? NONE;
  }

  #reach(slot: number): void {
    if (slot < this.#rowOf.length) return;
    const grown = new Int32Array(Math.max(slot + 1, this.#rowOf.length * 2)).fill(NONE);
    grown.set(this.#rowOf);
    this.#rowOf = grown;
  }
}

const NO_WORDS = new Int32Array(0);
