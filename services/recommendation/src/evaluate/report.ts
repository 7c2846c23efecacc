import type { Evaluation } from "./evaluate.js";
import type { EvaluateOptions } from "./options.js";
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

/** The figures as tables to read. */
export function asText(evaluation: Evaluation, options: EvaluateOptions, tookMs: number): string {
  const { methods, streamed, fullPool, trainedLists, poolSize, scoringMs, scoredLists } = evaluation;
  const judged = streamed.lists(methods[0]!);
  const lines = [
    `Streamed ranking: ${judged} impressions of ${options.test}, after ${trainedLists} that trained`,
    ...table(methods, streamed, STREAMED),
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
export function asJson(evaluation: Evaluation, { train, test, trainDays, seed }: EvaluateOptions): string {
  const { methods, streamed, fullPool, trainedLists, poolSize } = evaluation;
  const all = (standings: Standings) => Object.fromEntries(methods.map((name) => [name, standings.figures(name)]));
  const first = methods[0]!;
  const content = {
    train,
    test,
    trainDays: trainDays ?? null,
    seed,
    trainedLists,
    streamed: { impressions: streamed.lists(first), methods: all(streamed) },
    ...(fullPool === undefined
      ? {}
      : { fullPool: { impressions: fullPool.lists(first), poolSize, methods: all(fullPool) } }),
  };
  return `${JSON.stringify(content, undefined, 2)}\n`;
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
