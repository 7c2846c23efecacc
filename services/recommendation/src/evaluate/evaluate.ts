import { ARTICLES_MAX } from "../article-model.js";
import { seededRandom } from "../random.js";
import { Ranker } from "../ranker.js";
import { createBaselines } from "./baselines.js";
import { FullPool } from "./full-pool.js";
import { judge, judgePool } from "./measures.js";
import type { Method } from "./method.js";
import { BadOption, type EvaluateOptions } from "./options.js";
import { type Impression, type Log, readLog } from "./read-log.js";
import { replay } from "./replay.js";
import { Standings } from "./standings.js";
import { timeline } from "./timeline.js";

const DAY_MS = 24 * 3_600_000;
export const RANKER = "headline ranker";

export interface Evaluation {
  readonly methods: readonly string[];
  readonly trainedLists: number;
  readonly streamed: Standings;
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

/** Replays the logs through the ranker that serves and through the baselines, and judges all of them. */
export function evaluate(options: EvaluateOptions, reporter: Reporter): Evaluation {
  const logs = readLogs(options, reporter);
  const scored = whichAreScored(logs, options);
  if (!logs.some(({ impressions }) => impressions.some(scored))) {
    throw new BadOption(`--train-days ${options.trainDays} leaves nothing of ${options.test} to score`);
  }
  const events = timeline(logs, scored);
  const ranker = createRanker(logs, options);
  const baselines = createBaselines(seededRandom(options.seed + 1));
  const methods: Method[] = [{ name: RANKER, score: (list, among) => ranker.score(list, among) }, ...baselines.methods];
  const pool = new FullPool();
  const streamed = new Standings();
  const fullPool = options.fullPool ? new Standings() : undefined;
  const ties = seededRandom(options.seed + 2);
  const run = { poolSum: 0, poolLists: 0, scoringMs: 0, scoredLists: 0 };
  replay(
    events,
    [ranker, baselines.listener, pool],
    (list, impression) => {
      const clicked = new Set(impression.clicked.map((article) => impression.inview.indexOf(article)));
      for (const method of methods) {
        const startMs = performance.now();
        const scores = method.score(list, "list");
        if (method.name === RANKER) {
          run.scoringMs += performance.now() - startMs;
          run.scoredLists++;
        }
        const measures = judge(scores, clicked, ties);
        if (measures !== undefined) streamed.add(method.name, list.atMs, measures);
      }
      if (fullPool === undefined || impression.current !== undefined || clicked.size === 0) return;
      const candidates = pool.candidates(list);
      run.poolSum += candidates.length;
      run.poolLists++;
      const wanted = new Set(impression.clicked.map((article) => candidates.indexOf(article)));
      for (const method of methods) {
        const scores = method.score({ ...list, articles: candidates }, "pool");
        fullPool.add(method.name, list.atMs, judgePool(scores, wanted, impression.clicked.length, ties));
      }
    },
    (done, atMs) => {
      ranker.trainIfDue();
      reporter.progress(done / events.length, atMs);
    },
  );
  return {
    methods: methods.map((method) => method.name),
    trainedLists: events.filter((event) => event.kind === "list" && !event.scored).length,
    streamed,
    fullPool,
    poolSize: run.poolLists === 0 ? 0 : run.poolSum / run.poolLists,
    scoringMs: run.scoringMs,
    scoredLists: run.scoredLists,
  };
}

function readLogs({ train, test }: EvaluateOptions, reporter: Reporter): Log[] {
  const directories = train === test ? [train] : [train, test];
  return directories.map((directory) => readLog(directory, reporter.warn));
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

/** A ranker with capacity for all readers of the logs, and the traits of their articles. */
function createRanker(logs: readonly Log[], { seed }: EvaluateOptions): Ranker {
  const mentioned = new Set<number>();
  const readers = new Set<number>();
  for (const { impressions, readings } of logs) {
    for (const { reader, inview, current } of impressions) {
      readers.add(reader);
      for (const article of inview) mentioned.add(article);
      if (current !== undefined) mentioned.add(current);
    }
    for (const { reader, article } of readings) {
      readers.add(reader);
      mentioned.add(article);
    }
  }
  const room = (size: number) => Math.min(ARTICLES_MAX, Math.max(16_384, size));
  const ranker = new Ranker({ seed, articlesMax: room(mentioned.size), readersMax: room(readers.size) });
  for (const { articles } of logs) {
    for (const { article, length, premium } of articles) {
      if (!mentioned.has(article)) continue;
      ranker.describe(article, {
        order: article,
        ...(length === undefined ? {} : { length }),
        ...(premium === undefined ? {} : { premium }),
      });
    }
  }
  return ranker;
}
