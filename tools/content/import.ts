/**
 * `npm run import -- <file> [--articles N] [--seed S]`: loads tab-separated headlines, plain or gzipped, into MYSQL_URL and
 * notifies the services of REDIS_URL; without them into the private servers of `npm start`, whether that runs or not.
 */
import { existsSync } from "node:fs";
import { mysqlInWords, openMysql } from "@headline/mysql";
import { type Change, wakeFollowers } from "@headline/newsroom/changes";
import { openStatistics, USER_STATISTICS } from "@headline/newsroom/statistics";
import { namingLogin, openRedis, waitForRedis } from "@headline/redis";
import { commandLine, orUsage, wholeNumber } from "../lib/command-line.js";
import { openStores, type Stores } from "../lib/open-stores.js";
import { progressOf } from "../lib/progress.js";
import { importHeadlines } from "./import-headlines.js";
import { BadFile, type Headlines, readHeadlines } from "./read-headlines.js";

const USAGE = `npm run import -- <file> [--articles N] [--seed S]

  <file>        tab-separated with a header: title, source, category_code, category, keywords (and others); plain or .gz
  --articles N  how many articles; more than the file has repeats it (default: as many as it has)
  --seed S      another choice of authors, dates and order (default 1)
`;
const ARTICLES_MAX = 10_000_000;

const { path, articles, seed } = readArguments();
const file = await readFileOrEnd(path);
const count = articles ?? file.headlines.length;
say(`${path}: ${file.headlines.length.toLocaleString("en")} headlines`);
if (file.cleaned > 0) say(`${file.cleaned} titles were cut to 100 characters or rid of control characters`);
if (file.skipped > 0) say(`${file.skipped} rows without a title were skipped`);

const interrupted = new AbortController();
process.once("SIGINT", () => {
  say("\nstopping after the articles that are under way; Ctrl-C again stops at once, which loses nothing either");
  interrupted.abort();
  process.once("SIGINT", () => process.exit(130));
});

try {
  await using stores = await openStores(process.env, say);
  const startedAt = performance.now();
  const progress = progressOf(count, process.stdout);
  const imported = await importHeadlines({
    mysqlUrl: stores.mysqlUrl,
    file,
    articles: count,
    seed,
    onProgress: progress.show,
    signal: interrupted.signal,
  });
  progress.end();
  const seconds = (performance.now() - startedAt) / 1_000;
  await notifyServices(stores, imported.changes).catch((error: Error) =>
    say(`services were not notified: ${error.message}`),
  );
  const rate = Math.round(imported.articles / seconds).toLocaleString("en");
  say(`${imported.articles.toLocaleString("en")} articles in ${seconds.toFixed(1)} s (${rate}/s)`);
  if (imported.channelsAdded > 0) say(`${imported.channelsAdded} channels were added`);
  say(`
Services that run show them within seconds; else: npm start
  curl 'http://localhost:${process.env["PORT"] || 3000}/articles?channel_id=0'`);
} catch (error) {
  end(mysqlInWords("MYSQL_URL", error) ?? (error instanceof Error ? error.message : String(error)));
}
process.exit(0);

function readArguments(): { path: string; articles: number | undefined; seed: number } {
  const text = { type: "string" } as const;
  const command = { usage: USAGE, positionals: 1, least: 1, options: { articles: text, seed: text } } as const;
  const { values, positionals } = commandLine(command);
  const articles = { default: 0, min: 1, max: ARTICLES_MAX };
  return orUsage(USAGE, () => ({
    path: positionals[0] as string,
    articles: wholeNumber("articles", values.articles, articles) || undefined,
    seed: wholeNumber("seed", values.seed, { default: 1, min: 1, max: 2 ** 32 - 1 }),
  }));
}

async function readFileOrEnd(path: string): Promise<Headlines> {
  if (!existsSync(path)) return end(`There is no file ${path} here (${process.cwd()}).`);
  try {
    return await readHeadlines(path);
  } catch (error) {
    const { message } = error as Error;
    return end(`${path}: ${error instanceof BadFile ? message : `cannot be read: ${message}`}. Nothing was imported.`);
  }
}

/** Makes Redis forget the authors' old counts, and notifies services that run; without Redis they poll. */
async function notifyServices({ mysqlUrl, redisUrl }: Stores, changes: readonly Change[]): Promise<void> {
  let why = "Redis does not answer";
  const redis = openRedis(redisUrl, {
    commandTimeoutMs: 1_000,
    onError: namingLogin("REDIS_URL", (error) => {
      why = (error as Error).message;
    }),
  });
  await using mysql = openMysql(mysqlUrl);
  try {
    if (!(await waitForRedis(redis))) throw new Error(why);
    const counts = openStatistics(USER_STATISTICS, { mysql, redis, localMax: 1 });
    const counted = changes.filter(({ topic }) => topic === "user-statistics");
    await Promise.all(counted.map(({ subjectId, version }) => counts.markStale(subjectId, version)));
    await wakeFollowers(redis, ...changes);
  } finally {
    redis.disconnect();
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function end(message: string): never {
  process.stderr.write(`\n${message}\n`);
  process.exit(1);
}
