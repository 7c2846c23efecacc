import { idList, type Mysql, WANTED_IDS } from "@headline/mysql";
import type { Catalogue } from "./catalogue.js";
import { type CutHan, cutPairs, cutTitle } from "./cut-title.js";
import { loadJieba } from "./load-jieba.js";
import { loadTitles, refreshTitles } from "./load-titles.js";
import { TitleWords } from "./title-words.js";
import { wordNumber } from "./word-number.js";

interface Deps {
  readonly mysql: Mysql;
  readonly catalogue: Catalogue;
  readonly onError: (error: unknown) => void;
}

/** Loads the words of titles and keeps them up with MySQL. The dictionary and the first titles are read while pages are served. */
export class TitleLoader {
  #cutHan: CutHan = cutPairs;
  readonly words = new TitleWords((run) => this.#cutHan(run));
  /** Articles that changed before the first titles were read. */
  readonly #early = new Set<bigint>();
  #isLoaded = false;

  constructor(private readonly deps: Deps) {}

  /** Resolves when the titles of the newest articles are known, or cannot be: interests then do without their words. */
  async load(signal: AbortSignal): Promise<void> {
    const { onError } = this.deps;
    this.#cutHan = await loadJieba(onError);
    try {
      await loadTitles({ ...this.deps, titleWords: this.words, signal });
    } catch (error) {
      if (!signal.aborted) onError(error);
    }
    this.#isLoaded = true;
    const early = [...this.#early];
    this.#early.clear();
    await this.refresh(early).catch(onError);
  }

  /** Texts of words, each read from a title that has it: for explanations, not for pages. */
  async textsOf(words: readonly number[]): Promise<ReadonlyMap<number, string>> {
    const { mysql, catalogue } = this.deps;
    const slots = words.flatMap((word) => this.words.slotsOf(word, 1));
    if (slots.length === 0) return new Map();
    const rows = await mysql.query<{ title: string }>(
      `SELECT title FROM ${WANTED_IDS} STRAIGHT_JOIN articles a ON a.id = want.id`,
      [idList(slots.map((slot) => catalogue.articleId(slot)))],
    );
    const texts = rows.flatMap(({ title }) => cutTitle(title, this.#cutHan));
    return new Map(texts.map((text) => [wordNumber(text), text]));
  }

  /** Reads the titles of changed articles. */
  async refresh(articleIds: readonly bigint[]): Promise<void> {
    if (this.#isLoaded) await refreshTitles({ ...this.deps, titleWords: this.words }, articleIds);
    else for (const articleId of articleIds) this.#early.add(articleId);
  }
}
