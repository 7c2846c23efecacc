import { ndcg } from "./measures.js";

/** A page that the service would have answered with, and what was clicked instead. */
export interface ServedPage {
  readonly reader: number;
  /** Articles that the reader had opened before. */
  readonly opened: number;
  /** Age of the clicked article, ms; undefined when it was never on show before. */
  readonly ageMs: number | undefined;
  readonly clicked: ReadonlySet<bigint>;
  /** The page of ten, and that of twenty. */
  readonly ten: readonly bigint[];
  readonly twenty: readonly bigint[];
  readonly candidates: ReadonlySet<bigint>;
  /** The ten best by score alone: no author yields, and no place is kept for exploring. */
  readonly byScore: readonly bigint[];
  /** Share of all clicks so far that each article of the page of ten has. */
  readonly shareOfClicks: readonly number[];
  /** Pairs of the page of ten whose titles say the same; undefined without titles. */
  readonly nearDuplicates: number | undefined;
}

/** Mean with half the width of its interval of 95 %. */
export interface Estimate {
  readonly mean: number;
  readonly margin: number;
  readonly count: number;
}

export interface ServedFigures {
  readonly pages: number;
  readonly estimates: Readonly<Record<ServedMeasure, Estimate>>;
  /** Distinct articles that were served, of those that were candidates. */
  readonly coverage: number;
  /** Inequality of the articles' shares of all places: 0 when all have the same. */
  readonly gini: number;
  /** Bits: how little a served article was clicked before. */
  readonly novelty: number;
  readonly candidatesPerPage: number;
  readonly nearDuplicates: number | undefined;
  /** HR@10 by the reader's opened articles, and by the clicked article's age. */
  readonly byOpened: Readonly<Record<string, Estimate>>;
  readonly byAge: Readonly<Record<string, Estimate>>;
}

const MEASURES = ["hr10", "hr20", "mrr10", "ndcg10", "hr10ByScore", "recalled"] as const;
export type ServedMeasure = (typeof MEASURES)[number];

const HOUR_MS = 3_600_000;
const OPENED: readonly (readonly [below: number, name: string])[] = [
  [1, "none"],
  [20, "1–19"],
  [100, "20–99"],
  [Number.POSITIVE_INFINITY, "100 and more"],
];
const AGES: readonly (readonly [below: number, name: string])[] = [
  [HOUR_MS / 2, "under 30 min"],
  [2 * HOUR_MS, "30 min to 2 h"],
  [8 * HOUR_MS, "2 to 8 h"],
  [Number.POSITIVE_INFINITY, "8 h and more"],
];

/** Gathers pages and what their readers clicked. */
export class ServedPages {
  readonly #pages: ServedPage[] = [];

  add(page: ServedPage): void {
    this.#pages.push(page);
  }

  figures(): ServedFigures {
    const pages = this.#pages;
    const judged = pages.map((page) => ({ page, reader: page.reader, measures: measuresOf(page) }));
    const estimates = Object.fromEntries(
      MEASURES.map((name) => [name, estimate(judged.map(({ reader, measures }) => [reader, measures[name]]))]),
    ) as Record<ServedMeasure, Estimate>;
    const hitsBy = (nameOf: (page: ServedPage) => string, names: readonly string[]) =>
      Object.fromEntries(
        names.map((name) => {
          const inPart = judged.filter(({ page }) => nameOf(page) === name);
          return [name, estimate(inPart.map(({ reader, measures }) => [reader, measures.hr10]))];
        }),
      );
    const places = countPlaces(pages);
    const duplicates = pages.flatMap(({ nearDuplicates }) => nearDuplicates ?? []);
    return {
      pages: pages.length,
      estimates,
      coverage: places.size / Math.max(1, new Set(pages.flatMap(({ candidates }) => [...candidates])).size),
      gini: gini([...places.values()]),
      novelty: mean(pages.flatMap(({ shareOfClicks }) => shareOfClicks.map((share) => -Math.log2(share)))),
      candidatesPerPage: mean(pages.map(({ candidates }) => candidates.size)),
      nearDuplicates: duplicates.length === 0 ? undefined : mean(duplicates),
      byOpened: hitsBy(({ opened }) => nameIn(OPENED, opened), names(OPENED)),
      byAge: hitsBy(({ ageMs }) => (ageMs === undefined ? NEW : nameIn(AGES, ageMs)), [NEW, ...names(AGES)]),
    };
  }
}

const NEW = "never shown before";

function measuresOf({ ten, twenty, byScore, clicked, candidates }: ServedPage): Record<ServedMeasure, number> {
  const at = ten.findIndex((article) => clicked.has(article));
  const relevant = new Set(ten.flatMap((article, place) => (clicked.has(article) ? [place] : [])));
  // Clicked articles that are not on the page stand behind it.
  for (let missing = relevant.size; missing < clicked.size; missing += 1) relevant.add(ten.length + missing);
  const places = ten.map((_, place) => place);
  return {
    hr10: at >= 0 ? 1 : 0,
    hr20: twenty.some((article) => clicked.has(article)) ? 1 : 0,
    mrr10: at >= 0 ? 1 / (at + 1) : 0,
    ndcg10: ndcg(places, relevant, 10),
    hr10ByScore: byScore.some((article) => clicked.has(article)) ? 1 : 0,
    recalled: [...clicked].some((article) => candidates.has(article)) ? 1 : 0,
  };
}

/** The mean of values that come in clusters, one a reader: pages of one reader are alike, and count for less than as many readers. */
export function estimate(values: readonly (readonly [cluster: number, value: number])[]): Estimate {
  const count = values.length;
  if (count === 0) return { mean: Number.NaN, margin: Number.NaN, count };
  const average = mean(values.map(([, value]) => value));
  const deviations = new Map<number, number>();
  for (const [cluster, value] of values) deviations.set(cluster, (deviations.get(cluster) ?? 0) + value - average);
  const squares = [...deviations.values()].reduce((sum, deviation) => sum + deviation * deviation, 0);
  return { mean: average, margin: (1.96 * Math.sqrt(squares)) / count, count };
}

/** The Gini coefficient: 0 when all have the same, towards 1 when few have all. */
export function gini(counts: readonly number[]): number {
  const sorted = counts.toSorted((a, b) => a - b);
  const total = sorted.reduce((sum, count) => sum + count, 0);
  if (total === 0) return 0;
  const weighted = sorted.reduce((sum, count, rank) => sum + (2 * (rank + 1) - sorted.length - 1) * count, 0);
  return weighted / (sorted.length * total);
}

/** Places of each article, over all pages. */
function countPlaces(pages: readonly ServedPage[]): ReadonlyMap<bigint, number> {
  const places = new Map<bigint, number>();
  for (const { ten } of pages) for (const article of ten) places.set(article, (places.get(article) ?? 0) + 1);
  return places;
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function nameIn(parts: readonly (readonly [below: number, name: string])[], value: number): string {
  return parts.find(([below]) => value < below)?.[1] ?? "";
}

function names(parts: readonly (readonly [below: number, name: string])[]): string[] {
  return parts.map(([, name]) => name);
}
