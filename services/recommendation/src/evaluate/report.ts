import type { Evaluation } from "./evaluate.js";
import type { EvaluateOptions } from "./options.js";
import type { Estimate, ServedFigures, ServedMeasure } from "./served-pages.js";
import type { Figures, Standings } from "./standings.js";

const STREAMED = { auc: "AUC", mrr: "MRR", ndcg5: "nDCG@5", ndcg10: "nDCG@10" };
const POOL = {
  hr10: "HR@10",
  hr20: "HR@20",
  recall10: "recall@10",
  recall20: "recall@20",
  ndcg10: "nDCG@10",
  ndcg20: "nDCG@20",
};

const SERVED: Readonly<Record<ServedMeasure, string>> = {
  hr10: "HR@10",
  hr20: "HR@20",
  mrr10: "MRR@10",
  ndcg10: "nDCG@10",
  hr10ByScore: "HR@10 by score alone",
  recalled: "clicked article is a candidate",
};

/** The figures as tables to read. */
export function asText(evaluation: Evaluation, options: EvaluateOptions, tookMs: number): string {
  const { methods, streamed, calibration, served, fullPool, trainedLists, poolSize } = evaluation;
  const { scoringMs, scoredLists } = evaluation;
  const judged = streamed.lists(methods[0]!);
  const lines = [
    `Streamed ranking: ${judged} impressions of ${options.test}, after ${trainedLists} that trained`,
    ...table(methods, streamed, STREAMED),
    `  chances of the ranker are off by ${calibration.toFixed(4)} on average`,
    "",
    ...servedLines(served),
  ];
  if (fullPool !== undefined) {
    lines.push(
      "",
      `Full pool: ${fullPool.lists(methods[0]!)} home-page impressions, ${Math.round(poolSize)} candidates each on average`,
      ...table(methods, fullPool, POOL),
    );
  }
  const perListMs = scoredLists === 0 ? 0 : scoringMs / scoredLists;
  lines.push("", `${(tookMs / 1_000).toFixed(0)} s, of which the ranker scored a list in ${perListMs.toFixed(3)} ms`);
  return `${lines.join("\n")}\n`;
}

/** The figures as JSON, all digits. */
export function asJson(evaluation: Evaluation, options: EvaluateOptions): string {
  const { train, test, trainDays, days, sample, without, seed } = options;
  const { methods, streamed, calibration, served, fullPool, trainedLists, poolSize } = evaluation;
  const all = (standings: Standings) => Object.fromEntries(methods.map((name) => [name, standings.figures(name)]));
  const first = methods[0]!;
  const content = {
    train,
    test,
    trainDays: trainDays ?? null,
    days: days ?? null,
    sample,
    without,
    seed,
    trainedLists,
    streamed: { impressions: streamed.lists(first), methods: all(streamed), calibration },
    served,
    ...(fullPool === undefined
      ? {}
      : { fullPool: { impressions: fullPool.lists(first), poolSize, methods: all(fullPool) } }),
  };
  return `${JSON.stringify(content, undefined, 2)}\n`;
}

/** Means and deviations of the figures of several seeds. */
export function spreadAsText(evaluations: readonly Evaluation[], seeds: readonly number[]): string {
  const figures = evaluations.map(({ methods, streamed, served }) => ({
    AUC: streamed.figures(methods[0]!)["auc"] ?? Number.NaN,
    "nDCG@10": streamed.figures(methods[0]!)["ndcg10"] ?? Number.NaN,
    "served HR@10": served.estimates.hr10.mean,
    "served HR@20": served.estimates.hr20.mean,
    "served MRR@10": served.estimates.mrr10.mean,
  }));
  const names = Object.keys(figures[0]!) as (keyof (typeof figures)[number])[];
  const lines = names.map((name) => {
    const values = figures.map((figure) => figure[name]);
    const { mean, deviation } = momentsOf(values);
    return `  ${name.padEnd(14)}${mean.toFixed(4)}, deviation ${deviation.toFixed(4)}`;
  });
  return `${["", `Of the seeds ${seeds.join(", ")}`, ...lines].join("\n")}\n`;
}

function momentsOf(values: readonly number[]): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / Math.max(1, values.length - 1)) };
}

function servedLines(served: ServedFigures): string[] {
  const { pages, estimates, candidatesPerPage, coverage, gini, novelty, nearDuplicates } = served;
  const measures = (Object.keys(SERVED) as ServedMeasure[]).map((name) => `${SERVED[name]} ${within(estimates[name])}`);
  return [
    `Served page: ${pages} home-page impressions, recall → filters → ranking → diversify → cut of the service`,
    `  ${measures.slice(0, 4).join(", ")}`,
    `  ${measures[4]}: no author yields, no place is kept for exploring`,
    `  ${measures[5]}, of ${candidatesPerPage.toFixed(0)} candidates`,
    `  coverage ${coverage.toFixed(3)}, Gini ${gini.toFixed(3)}, novelty ${novelty.toFixed(2)} bits, near-duplicates a page ${nearDuplicates?.toFixed(3) ?? "unknown without titles"}`,
    ...parts("by articles opened before", served.byOpened),
    ...parts("by the clicked article's age", served.byAge),
  ];
}

function parts(title: string, estimates: Readonly<Record<string, Estimate>>): string[] {
  const known = Object.entries(estimates).filter(([, { count }]) => count > 0);
  const cells = known.map(([name, part]) => `${name} ${within(part)} (${part.count})`);
  return [`  HR@10 ${title}: ${cells.join(", ")}`];
}

function within({ mean, margin }: Estimate): string {
  return `${mean.toFixed(4)} ± ${margin.toFixed(4)}`;
}

function table(methods: readonly string[], standings: Standings, columns: Record<string, string>): string[] {
  const widest = Math.max(...methods.map((name) => name.length));
  const row = (name: string, figures: Figures) =>
    `  ${name.padEnd(widest)}${Object.keys(columns)
      .map((column) => cell(figures[column]))
      .join("")}`;
  const heading = `  ${"".padEnd(widest)}${Object.values(columns)
    .map((name) => name.padStart(11))
    .join("")}`;
  return [heading, ...methods.map((name) => row(name, standings.figures(name)))];
}

function cell(value: number | undefined): string {
  return (value === undefined ? "–" : value.toFixed(4)).padStart(11);
}
