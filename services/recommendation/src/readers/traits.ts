import type { Catalogue } from "../catalogue/catalogue.js";
import type { TitleWords } from "../catalogue/title-words.js";

/** Traits of an article that a reader can be interested in, as numbers that are cheap to compare, with the ids behind them. */
export interface Traits {
  /** False for articles of which nothing was ever read. */
  isKnown(slot: number): boolean;
  /** 0 for none. */
  channelId(slot: number): number;
  author(slot: number): number;
  wordCount(slot: number): number;
  word(slot: number, index: number): number;
  /** Weight of a word, from 0 (in every title) to 1. */
  rarity(word: number): number;

  /** Slots and authors' numbers are this process's own; snapshots hold ids. */
  articleId(slot: number): bigint;
  slotOf(articleId: bigint): number;
  authorUnder(author: number): bigint;
  authorNumber(authorId: bigint): number;
}

export function traitsOf(catalogue: Catalogue, words: TitleWords): Traits {
  return {
    isKnown: (slot) => catalogue.publishedAtMs(slot) > 0,
    channelId: (slot) => catalogue.channelId(slot),
    author: (slot) => catalogue.author(slot),
    wordCount: (slot) => words.wordCount(slot),
    word: (slot, index) => words.word(slot, index),
    rarity: (word) => words.rarity(word),
    articleId: (slot) => catalogue.articleId(slot),
    slotOf: (articleId) => catalogue.slotOf(articleId),
    authorUnder: (author) => catalogue.authorUnder(author),
    authorNumber: (authorId) => catalogue.authorNumber(authorId),
  };
}
