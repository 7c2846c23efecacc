import { type List, seededRandom } from "@headline/ranking";
import { featuresOf } from "./ablations.js";
import { createBaselines } from "./baselines.js";
import { Calibration } from "./calibration.js";
import { FullPool } from "./full-pool.js";
import { judge, judgePool } from "./measures.js";
import type { Method } from "./method.js";
import { BadOption, type EvaluateOptions } from "./options.js";
import { PageJudge } from "./page-judge.js";
import { type Impression, type Log, readLog } from "./read-log.js";
import { replay } from "./replay.js";
import { ReplayedService } from "./replayed-service.js";
import type { ServedFigures } from "./served-pages.js";
import { Standings } from "./standings.js";
import { timeline } from "./timeline.js";

const DAY_MS = 24 * 3_600_000;
export const RANKER = "headline ranker";

export interface Evaluation {
  readonly methods: readonly string[];
  readonly trainedLists: number;
  readonly streamed: Standings;
  /** The mean distance between the chances that the ranker gives and what happens. */
  readonly calibration: number;
  readonly served: ServedFigures;
  /** Undefined unless it was asked for. */
  readonly fullPool: Standings | undefined;
  readonly poolSize: number;
  readonly scoringMs: number;
  readonly scoredLists: number;
}

/** Progress of the run. */
export interface Reporter {
  warn(message: string): void;
  progress(share: number, atMs: number): void;
}

/** Replays the logs through the service's own path and through the baselines, and judges all of them. */
export async function evaluate(options: EvaluateOptions, reporter: Reporter): Promise<Evaluation> {
  const logs = readLogs(options, reporter);
  const scored = whichAreScored(logs, options);
  if (!logs.some(({ impressions }) => impressions.some(scored))) {
    throw new BadOption(`--train-days ${options.trainDays} leaves nothing of ${options.test} to score`);
  }
  const events = timeline(logs, scored);
  const { seed } = options;
  const articles = logs.flatMap((log) => log.articles);
  const service = new ReplayedService({ seed, articles, without: featuresOf(options.without) });
  const baselines = createBaselines(seededRandom(seed + 1));
  const methods: Method[] = [
    { name: RANKER, score: (list, among) => service.score(list, among) },
    ...baselines.methods,
  ];
  const pages = new PageJudge(service);
  const pool = new FullPool();
  const streamed = new Standings();
  const calibration = new Calibration();
  const fullPool = options.fullPool ? new Standings() : undefined;
  const ties = seededRandom(seed + 2);
  const run = { asked: 0, poolSum: 0, poolLists: 0, scoringMs: 0, scoredLists: 0 };

  const judgeList = (list: List, impression: Impression) => {
    const clicked = new Set(impression.clicked.map((article) => impression.inview.indexOf(article)));
    for (const method of methods) {
      const startMs = performance.now();
      const scores = method.score(list, "list");
      if (method.name === RANKER) {
        run.scoringMs += performance.now() - startMs;
        run.scoredLists++;
      }
      const measures = judge(scores, clicked, ties);
      if (measures === undefined) continue;
      streamed.add(method.name, list.atMs, measures);
      if (method.name === RANKER) calibration.add(scores, clicked);
    }
  };

  const judgeFullPool = (standings: Standings, list: List, impression: Impression) => {
    const candidates = pool.candidates(list);
    run.poolSum += candidates.length;
    run.poolLists++;
    const wanted = new Set(impression.clicked.map((article) => candidates.indexOf(article)));
    for (const method of methods) {
      const scores = method.score({ ...list, articles: candidates }, "pool");
      standings.add(method.name, list.atMs, judgePool(scores, wanted, impression.clicked.length, ties));
    }
  };

  await replay(events, {
    judge(list, impression) {
      judgeList(list, impression);
      if (impression.current !== undefined || impression.clicked.length === 0) return;
      if (run.asked++ % options.sample !== 0) return;
      pages.judge(impression);
      if (fullPool !== undefined) judgeFullPool(fullPool, list, impression);
    },
    listeners: [baselines.listener, pool, pages],
    reveal: (second) => service.reveal(second),
    progress: (done, atMs) => reporter.progress(done / events.length, atMs),
  });
  return {
    methods: methods.map((method) => method.name),
    trainedLists: events.filter((event) => event.kind === "list" && !event.scored).length,
    streamed,
    calibration: calibration.error(),
    served: pages.figures(),
    fullPool,
    poolSize: run.poolLists === 0 ? 0 : run.poolSum / run.poolLists,
    scoringMs: run.scoringMs,
    scoredLists: run.scoredLists,
  };
}

/** The logs, the first of them as far as its days go. */
function readLogs({ train, test, days }: EvaluateOptions, reporter: Reporter): Log[] {
  const directories = train === test ? [train] : [train, test];
  const [first, ...others] = directories.map((directory) => readLog(directory, reporter.warn)) as [Log, ...Log[]];
  return [days === undefined ? first : firstDays(first, days), ...others];
}

function firstDays(log: Log, days: number): Log {
  const untilMs = log.impressions[0]!.atMs + days * DAY_MS;
  const isBefore = ({ atMs }: { readonly atMs: number }) => atMs < untilMs;
  return { ...log, impressions: log.impressions.filter(isBefore), readings: log.readings.filter(isBefore) };
}

/** Of one log, what comes after the days that train; of two, all of the second. */
function whichAreScored(logs: readonly Log[], { trainDays }: EvaluateOptions): (impression: Impression) => boolean {
  const [train, test] = logs as [Log, Log?];
  if (test === undefined) {
    const fromMs = train.impressions[0]!.atMs + (trainDays ?? 0) * DAY_MS;
    return (impression) => impression.atMs >= fromMs;
  }
  const scored = new Set(test.impressions);
  return (impression) => scored.has(impression);
}
