import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededRandom } from "@headline/ranking";
import { expect, test } from "@jest/globals";
import { readLog } from "../src/evaluate/read-log.js";
import { replay } from "../src/evaluate/replay.js";
import { ReplayedService } from "../src/evaluate/replayed-service.js";
import { timeline } from "../src/evaluate/timeline.js";
import { type SyntheticLog, syntheticLog, writeLog } from "./synthetic-log.js";

test("what happens later, and in the same second, changes no score and no page", async () => {
  const log = syntheticLog({ seed: 3 });
  const cut = 300;
  const whole = await scores(log);
  const altered = await scores({ ...log, impressions: withOtherFuture(log.impressions, cut) });
  expect(altered.slice(0, cut + 1)).toEqual(whole.slice(0, cut + 1));
  expect(altered.slice(cut + 1)).not.toEqual(whole.slice(cut + 1));
});

test("the clicked article of a list does not change its own scores", async () => {
  const log = syntheticLog({ seed: 4 });
  const last = log.impressions.at(-1)!;
  const other = last[4]!.split(" ").find((article) => article !== last[5])!;
  const altered = { ...log, impressions: [...log.impressions.slice(0, -1), last.with(5, other)] };
  expect(await scores(altered)).toEqual(await scores(log));
});

test("the same log gives the same numbers", async () => {
  expect(await scores(syntheticLog({ seed: 5 }))).toEqual(await scores(syntheticLog({ seed: 5 })));
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

/** Of each list, the scores of what was on it and the page that the service would have answered with. */
async function scores(log: SyntheticLog): Promise<number[][]> {
  const directory = writeLog(mkdtempSync(join(tmpdir(), "headline-log-")), log);
  const { articles, ...read } = readLog(directory, fail);
  const all: number[][] = [];
  const service = new ReplayedService({ seed: 1, articles });
  await replay(
    timeline([{ articles, ...read }], () => true),
    {
      judge: (list, { reader, atMs }) =>
        all.push([...Array.from(service.score(list, "list")), ...service.page(reader, atMs, 10).map(Number)]),
      reveal: (second) => service.reveal(second),
    },
  );
  return all;
}

function fail(message: string): never {
  throw new Error(message);
}
