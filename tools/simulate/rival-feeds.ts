import type { HiddenArticle } from "./articles.js";
import { clickProbability, type Taste } from "./tastes.js";

/** A feed that the simulator runs itself, under the rules of the real one: nothing is served twice to a reader. */
export interface RivalFeed {
  add(article: HiddenArticle): void;
  page(taste: Taste, size: number): readonly HiddenArticle[];
  clicked(article: HiddenArticle): void;
}

/** The same for everybody: by clicks so far, of two alike the newer one first. */
export function popularityFeed(): RivalFeed {
  const ranked: HiddenArticle[] = [];
  const clicks = new Map<number, number>();
  const served = servedOnce();
  const clicksAt = (index: number) => clicks.get((ranked[index] as HiddenArticle).key) ?? 0;
  return {
    add(article) {
      let place = ranked.length;
      while (place > 0 && clicksAt(place - 1) === 0) place -= 1;
      ranked.splice(place, 0, article);
    },
    page: ({ reader }, size) => served.take(reader, ranked, size),
    clicked(article) {
      const count = (clicks.get(article.key) ?? 0) + 1;
      clicks.set(article.key, count);
      const from = ranked.indexOf(article);
      let to = from;
      while (to > 0 && clicksAt(to - 1) < count) to -= 1;
      ranked.splice(from, 1);
      ranked.splice(to, 0, article);
    },
  };
}

/** Oracle: ranks by the true probability of a click, the upper bound of one page. */
export function oracleFeed(): RivalFeed {
  const articles: HiddenArticle[] = [];
  const served = servedOnce();
  return {
    add: (article) => void articles.push(article),
    page(taste, size) {
      const ranked = articles
        .map((article) => ({ article, likely: clickProbability(taste, article, { clicked: false }) }))
        .sort((a, b) => b.likely - a.likely)
        .map(({ article }) => article);
      return served.take(taste.reader, ranked, size);
    },
    clicked: () => undefined,
  };
}

function servedOnce() {
  const served = new Map<number, Set<number>>();
  return {
    /** The first `size` that this reader has not been served, which now they have. */
    take(reader: number, ranked: readonly HiddenArticle[], size: number): readonly HiddenArticle[] {
      const before = served.get(reader) ?? new Set();
      served.set(reader, before);
      const page: HiddenArticle[] = [];
      for (const article of ranked) {
        if (page.length === size) break;
        if (!before.has(article.key)) page.push(article);
      }
      for (const { key } of page) before.add(key);
      return page;
    },
  };
}
