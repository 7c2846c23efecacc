import type { Mysql } from "@headline/mysql";
import type { Catalogue } from "./catalogue.js";
import { type CutHan, cutPairs } from "./cut-title.js";
import { loadJieba } from "./load-jieba.js";
import { loadTitles, refreshTitles } from "./load-titles.js";
import { TitleWords } from "./title-words.js";

interface Parts {
  readonly mysql: Mysql;
  readonly catalogue: Catalogue;
  readonly onError: (error: unknown) => void;
}

/** The words of titles, kept up with MySQL. The dictionary and the first titles are read while others are served. */
export class TitleKeeper {
  #cutHan: CutHan = cutPairs;
  readonly words = new TitleWords((run) => this.#cutHan(run));
  /** Articles that changed before the first titles were read. */
  readonly #early = new Set<bigint>();
  #isLoaded = false;

  constructor(private readonly parts: Parts) {}

  /** Resolves when the titles of the newest articles are known, or cannot be: interests then do without their words. */
  async load(signal: AbortSignal): Promise<void> {
    const { onError } = this.parts;
    this.#cutHan = await loadJieba(onError);
    try {
      await loadTitles({ ...this.parts, titleWords: this.words, signal });
    } catch (error) {
      if (!signal.aborted) onError(error);
    }
    this.#isLoaded = true;
    const early = [...this.#early];
    this.#early.clear();
    await this.refresh(early).catch(onError);
  }

  /** These articles have changed. */
  async refresh(articleIds: readonly bigint[]): Promise<void> {
    if (this.#isLoaded) await refreshTitles({ ...this.parts, titleWords: this.words }, articleIds);
    else for (const articleId of articleIds) this.#early.add(articleId);
  }
}
