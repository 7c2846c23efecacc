import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { readLog } from "../src/evaluate/read-log.js";
import { replay } from "../src/evaluate/replay.js";
import { timeline } from "../src/evaluate/timeline.js";
import { seededRandom } from "../src/random.js";
import { Ranker } from "../src/ranker.js";
import { type SyntheticLog, syntheticLog, writeLog } from "./synthetic-log.js";

test("what happens later, and in the same second, changes no score", () => {
  const log = syntheticLog({ seed: 3 });
  const cut = 300;
  const whole = scores(log);
  const altered = scores({ ...log, impressions: withOtherFuture(log.impressions, cut) });
  expect(altered.slice(0, cut + 1)).toEqual(whole.slice(0, cut + 1));
  expect(altered.slice(cut + 1)).not.toEqual(whole.slice(cut + 1));
});

test("the clicked article of a list does not change its own scores", () => {
  const log = syntheticLog({ seed: 4 });
  const last = log.impressions.at(-1)!;
  const other = last[4]!.split(" ").find((article) => article !== last[5])!;
  const altered = { ...log, impressions: [...log.impressions.slice(0, -1), last.with(5, other)] };
  expect(scores(altered)).toEqual(scores(log));
});

test("the same log gives the same numbers", () => {
  expect(scores(syntheticLog({ seed: 5 }))).toEqual(scores(syntheticLog({ seed: 5 })));
});

/** From the cut on, every list is clicked elsewhere and in another order. */
function withOtherFuture(impressions: string[][], cut: number): string[][] {
  const random = seededRandom(9);
  return impressions.map((row, at) => {
    if (at < cut) return row;
    const inview = row[4]!.split(" ");
    return row.with(5, inview[Math.floor(random() * inview.length)]!).with(9, "7");
  });
}

function scores(log: SyntheticLog): number[][] {
  const directory = writeLog(mkdtempSync(join(tmpdir(), "headline-log-")), log);
  const all: number[][] = [];
  const ranker = new Ranker();
  replay(
    timeline([readLog(directory, fail)], () => true),
    [ranker],
    (list) => {
      all.push([...ranker.score(list)]);
    },
  );
  return all;
}

function fail(message: string): never {
  throw new Error(message);
}
