import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "@jest/globals";
import { BadLog, readLog } from "./read-log.js";

const IMPRESSIONS =
  "impression_id\tuser_id\ttime\tcurrent_article\tinview\tclicked\tdevice\tsubscriber\tsession_id\tnext_read_time\tnext_scroll";
const HISTORY = "user_id\ttime\tarticle_id\tread_time\tscroll";
const ARTICLES =
  "article_id\tlength\tchannel\ttitle\n11\t300\tsport\tA late goal\n12\t\t\t\n13\t\tpolitics\t\n14\t\tsport\t";

test("a log is read, plain or packed, with what is empty left out", () => {
  const directory = logOf({
    impressions: ["2\t8\t200\t11\t12 13\t13\t1\t1\t5\t\t", "1\t7\t100\t\t11 12\t11\t2\t0\t5\t30\t40"],
  });
  writeFileSync(join(directory, "history_extra.tsv.gz"), gzipSync(`${HISTORY}\n7\t50\t12\t9\t\n`));
  const log = readLog(directory, unexpected);
  expect(log.impressions).toEqual([
    {
      reader: 7,
      atMs: 100_000,
      current: undefined,
      inview: [11, 12],
      clicked: [11],
      device: 2,
      subscriber: false,
      seconds: 30,
    },
    {
      reader: 8,
      atMs: 200_000,
      current: 11,
      inview: [12, 13],
      clicked: [13],
      device: 1,
      subscriber: true,
      seconds: undefined,
    },
  ]);
  expect(log.readings.map(({ atMs, article, seconds }) => [atMs, article, seconds])).toEqual([
    [40_000, 11, undefined],
    [50_000, 12, 9],
  ]);
  const [sport, unknown, politics, again] = log.articles;
  expect(sport).toMatchObject({ article: 11, author: undefined, title: "A late goal" });
  expect(unknown).toEqual({ article: 12, channel: undefined, author: undefined, title: undefined });
  expect(again?.channel).toBe(sport?.channel);
  expect([sport?.channel, politics?.channel].every((channel) => channel! > 0)).toBe(true);
  expect(politics?.channel).not.toBe(sport?.channel);
});

test("a log of impressions alone is read", () => {
  const directory = logOf({ impressions: ["1\t7\t100\t\t11 12\t11\t\t\t\t\t"] });
  for (const name of ["history.tsv", "articles.tsv"]) rmSync(join(directory, name));
  const log = readLog(directory, unexpected);
  expect([log.impressions.length, log.readings.length, log.articles.length]).toEqual([1, 0, 0]);
});

test("a bad cell names its file, line and column", () => {
  const directory = logOf({ impressions: ["1\t7\t100\t\t11 12\t11\t\t\t\t\t", "2\t7\tnoon\t\t11 12\t11\t\t\t\t\t"] });
  expect(() => readLog(directory, unexpected)).toThrow(
    new BadLog(`${join(directory, "impressions.tsv")}:3: time must be a number, not "noon"`),
  );
});

test("a row that is cut short names what is missing", () => {
  const directory = logOf({ impressions: ["1\t7"] });
  expect(() => readLog(directory, unexpected)).toThrow(/impressions\.tsv:2: time is missing/);
});

test("a click on what was not in view is left out, and said to be", () => {
  const directory = logOf({ impressions: ["1\t7\t100\t\t11 12\t99\t\t\t\t\t", "2\t7\t101\t\t11 12\t11\t\t\t\t\t"] });
  const warnings: string[] = [];
  expect(readLog(directory, (warning) => warnings.push(warning)).impressions).toHaveLength(1);
  expect(warnings).toEqual([
    `${join(directory, "impressions.tsv")}:2: clicked names 99, which is not in view; the row is left out`,
  ]);
});

test("a directory, a file or a column that is not there is named", () => {
  expect(() => readLog("/nowhere", unexpected)).toThrow("/nowhere is not a directory");
  const empty = mkdtempSync(join(tmpdir(), "headline-log-"));
  expect(() => readLog(empty, unexpected)).toThrow(/impressions\.tsv \(or impressions\.tsv\.gz\) does not exist/);
  const other = logOf({ impressions: ["1"], heading: "user_id" });
  expect(() => readLog(other, unexpected)).toThrow(/impressions\.tsv has no column time/);
});

test("a file that only calls itself packed is named", () => {
  const directory = logOf({ impressions: ["1\t7\t100\t\t11 12\t11\t\t\t\t\t"] });
  writeFileSync(join(directory, "history_extra.tsv.gz"), "plain");
  expect(() => readLog(directory, unexpected)).toThrow(/history_extra\.tsv\.gz cannot be unpacked/);
});

function logOf({ impressions, heading = IMPRESSIONS }: { impressions: string[]; heading?: string }): string {
  const directory = mkdtempSync(join(tmpdir(), "headline-log-"));
  writeFileSync(join(directory, "impressions.tsv"), `${[heading, ...impressions].join("\n")}\n`);
  writeFileSync(join(directory, "history.tsv"), `${HISTORY}\n7\t40\t11\t\t\n`);
  writeFileSync(join(directory, "articles.tsv"), ARTICLES);
  return directory;
}

function unexpected(warning: string): never {
  throw new Error(warning);
}
