import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededRandom } from "@headline/ranking";
import { expect, test } from "@jest/globals";
import { createBaselines } from "../src/evaluate/baselines.js";
import { evaluate, RANKER, type Reporter } from "../src/evaluate/evaluate.js";
import { judge } from "../src/evaluate/measures.js";
import type { EvaluateOptions } from "../src/evaluate/options.js";
import { plot } from "../src/evaluate/plot.js";
import { readLog } from "../src/evaluate/read-log.js";
import { replay } from "../src/evaluate/replay.js";
import { asJson, asText } from "../src/evaluate/report.js";
import { Standings } from "../src/evaluate/standings.js";
import { timeline } from "../src/evaluate/timeline.js";
import { syntheticLog, writeLog } from "./synthetic-log.js";

const OPTIONS: Omit<EvaluateOptions, "train" | "test"> = {
  trainDays: undefined,
  days: undefined,
  fullPool: true,
  sample: 1,
  without: [],
  json: undefined,
  plot: "",
  seed: 1,
  seeds: 1,
};
const SILENT: Reporter = { warn: fail, progress: () => undefined };

test("the ranker beats chance and clicks ever on a site with tastes, and says so in a table and in JSON", async () => {
  const directory = writeLog(mkdtempSync(join(tmpdir(), "headline-log-")), syntheticLog({ lists: 800 }));
  const options = { ...OPTIONS, train: directory, test: directory, trainDays: 1 };
  const evaluation = await evaluate(options, SILENT);
  const auc = (name: string) => evaluation.streamed.figures(name)["auc"]!;
  expect(auc("random")).toBeGreaterThan(0.45);
  expect(auc("random")).toBeLessThan(0.55);
  expect(auc(RANKER)).toBeGreaterThan(0.62);
  expect(evaluation.streamed.lists(RANKER)).toBe(400);
  expect(evaluation.trainedLists).toBe(400);
  expect(asText(evaluation, options, 1_000)).toMatch(/headline ranker +0\.\d{4} +0\.\d{4}/);
  const json = JSON.parse(asJson(evaluation, options));
  expect(json.streamed.methods[RANKER].auc).toBe(auc(RANKER));
  expect(json.fullPool.methods[RANKER].hr10).toBeGreaterThanOrEqual(0);
  const { served } = evaluation;
  const homePages = evaluation.fullPool?.lists(RANKER);
  expect([served.pages, json.served.pages]).toEqual([homePages, homePages]);
  expect(served.estimates.recalled.mean).toBeGreaterThanOrEqual(served.estimates.hr20.mean);
  expect(served.estimates.hr20.mean).toBeGreaterThanOrEqual(served.estimates.hr10.mean);
  expect(plot("A & B", [{ name: RANKER, points: evaluation.streamed.overTime(RANKER, "auc", 3) }])).toContain(
    "A &amp; B",
  );
});

test("of two logs the first trains and the second is judged", async () => {
  const train = writeLog(mkdtempSync(join(tmpdir(), "headline-log-")), syntheticLog({ lists: 60 }));
  const later = syntheticLog({ lists: 50, seed: 2 });
  const impressions = later.impressions.map((row) => row.with(2, String(Number(row[2]) + 7 * 86_400)));
  const judged = writeLog(mkdtempSync(join(tmpdir(), "headline-log-")), { ...later, impressions });
  const evaluation = await evaluate({ ...OPTIONS, train, test: judged }, SILENT);
  expect([evaluation.trainedLists, evaluation.streamed.lists(RANKER)]).toEqual([60, 50]);
});

test("features that are left out change what the ranker says, and one page in so many is asked for", async () => {
  const directory = writeLog(mkdtempSync(join(tmpdir(), "headline-log-")), syntheticLog({ lists: 200 }));
  const options = { ...OPTIONS, fullPool: false, train: directory, test: directory, trainDays: 1 };
  const whole = await evaluate(options, SILENT);
  const part = await evaluate({ ...options, without: ["taste", "layout"], sample: 4 }, SILENT);
  expect(part.streamed.figures(RANKER)).not.toEqual(whole.streamed.figures(RANKER));
  expect(part.streamed.figures("random")).toEqual(whole.streamed.figures("random"));
  expect(part.served.pages).toBe(Math.ceil(whole.served.pages / 4));
});

test("of the first log no more days are replayed than were asked for", async () => {
  const directory = writeLog(mkdtempSync(join(tmpdir(), "headline-log-")), syntheticLog({ lists: 80 }));
  const options = { ...OPTIONS, fullPool: false, train: directory, test: directory };
  const evaluation = await evaluate({ ...options, trainDays: 0.5, days: 1 }, SILENT);
  expect([evaluation.trainedLists, evaluation.streamed.lists(RANKER)]).toEqual([20, 20]);
});

test("days that leave nothing to score are refused", async () => {
  const directory = writeLog(mkdtempSync(join(tmpdir(), "headline-log-")), syntheticLog({ lists: 20 }));
  const options = { ...OPTIONS, train: directory, test: directory, trainDays: 30 };
  await expect(evaluate(options, SILENT)).rejects.toThrow("--train-days 30 leaves nothing of");
});

const FEED_LOG = new URL("../../../../shared/data/feed-log", import.meta.url).pathname;
const withFeedLog = existsSync(FEED_LOG) && process.env["HEADLINE_TEST_MODE"] !== "unit" ? test : test.skip;
if (!existsSync(FEED_LOG)) process.stderr.write(`SKIP the baselines on a real log: ${FEED_LOG} is not there\n`);

withFeedLog("on a real log the baselines have the figures its README gives", async () => {
  const log = readLog(FEED_LOG, fail);
  const fromMs = log.impressions[0]!.atMs + 5 * 86_400_000;
  const { methods, listener } = createBaselines(seededRandom(1));
  const standings = new Standings();
  const ties = seededRandom(2);
  await replay(
    timeline([log], ({ atMs }) => atMs >= fromMs),
    {
      judge: (list, { clicked, inview }) => {
        const places = new Set(clicked.map((article) => inview.indexOf(article)));
        for (const { name, score } of methods) {
          const measures = judge(score(list, "list"), places, ties);
          if (measures !== undefined) standings.add(name, list.atMs, measures);
        }
      },
      listeners: [listener],
    },
  );
  expect(standings.lists("random")).toBe(6_872);
  expect(standings.figures("all-time clicks")["auc"]).toBeCloseTo(0.675, 2);
  expect(standings.figures("clicks, half-life 8 h")["auc"]).toBeCloseTo(0.715, 2);
});

function fail(message: string): never {
  throw new Error(message);
}
