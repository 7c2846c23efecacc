import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Mysql, migrate, openMysql } from "@headline/mysql";
import { rebuildModel } from "@headline/recommendation";
import { CloseStack } from "@headline/service/lifecycle";
import { privateMysql, throwawayRedis } from "@headline/testkit";
import type { MeasuredProcess } from "../lib/measure.js";
import { readerEvents, writeEvents } from "../lib/reader-events.js";
import { seedArticles } from "../lib/seed-articles.js";
import { type ReaderPopulation, writeAuthorizations, writeFollows, writeHistories } from "./readers.js";

/** Stores full of articles and of readers with a past, and a model that was learnt from it. */
export interface FeedWorld extends AsyncDisposable {
  readonly folder: string;
  readonly mysql: Mysql;
  readonly mysqlUrl: string;
  readonly redisUrl: string;
  /** MariaDB and Redis. */
  readonly stores: readonly MeasuredProcess[];
  readonly readers: ReaderPopulation;
  /** Authorization headers of the readers, a line each. */
  readonly authorizations: string;
  /** Events that have not happened yet. */
  readonly events: Generator<string>;
}

export interface WorldSize {
  readonly articles: number;
  readonly readers: number;
  readonly events: number;
}

export const SECRETS = {
  JWT_SECRET: "the signing secret of the benchmark, long enough",
  TRACK_SECRET: "the tracking secret of the benchmark, long enough",
};
const MIGRATIONS = fileURLToPath(new URL("../../packages/newsroom/migrations", import.meta.url));
/** Above the authors. */
const FIRST_READER = 10_001;
const DAY_MS = 24 * 60 * 60 * 1_000;
const PER_PAGE = 10;
/** Clicks from which on the ranker is trusted in full (services/recommendation/src/open-recommendation.ts). */
const CLICKS_TO_TRUST = 1_000;

export async function openWorld(size: WorldSize, say: (line: string) => void): Promise<FeedWorld> {
  const resources = new CloseStack();
  try {
    const folder = mkdtempSync(join(tmpdir(), "headline-bench-"));
    resources.defer(() => rmSync(folder, { recursive: true, force: true }));
    const server = resources.use(await privateMysql());
    const redis = resources.use(await throwawayRedis());
    await migrate(server.url, MIGRATIONS);
    const mysql = resources.use(openMysql(server.url, { acquireTimeoutMs: 10_000, statementTimeoutMs: 60_000 }));
    const { articles, readers: count, events } = size;
    const readers = { first: FIRST_READER, count, articles };
    say(`${articles} articles, ${count} readers with follows and histories, ${events} events`);
    await seedArticles(mysql, articles, () => undefined);
    await writeFollows(mysql, readers);
    await writeHistories(redis.url, readers);
    const authorizations = join(folder, "authorizations.txt");
    await writeAuthorizations(authorizations, readers, SECRETS.JWT_SECRET);
    await learnPast(mysql, size, say);
    return {
      folder,
      mysql,
      mysqlUrl: server.url,
      redisUrl: redis.url,
      stores: [
        { name: "redis", pid: redis.pid as number },
        { name: "mariadb", pid: server.pid as number },
      ],
      readers,
      authorizations,
      events: readerEvents({ readers: count, firstReader: FIRST_READER, articles, perPage: PER_PAGE, at: Date.now }),
      [Symbol.asyncDispose]: () => resources.close(),
    };
  } catch (error) {
    await resources.close();
    throw error;
  }
}

/** Writes the events of the last day and stores the model that they make, from which every recommender then starts. */
async function learnPast(mysql: Mysql, { articles, readers, events }: WorldSize, say: (line: string) => void) {
  const dayAgo = Date.now() - DAY_MS;
  const pages = events / PER_PAGE;
  const at = (page: number) => Math.floor(dayAgo + (DAY_MS * page) / (1.5 * pages));
  await writeEvents(
    mysql,
    readerEvents({ readers, firstReader: FIRST_READER, articles, perPage: PER_PAGE, at }),
    events,
  );
  const [row] = await mysql.query<{ clicks: string }>("SELECT COUNT(*) AS clicks FROM events WHERE kind = 'click'");
  const clicks = Number(row?.clicks);
  if (clicks < CLICKS_TO_TRUST) throw new Error(`${clicks} clicks: fewer than the ranker needs to be trusted`);
  let said = 0;
  const { upTo } = await rebuildModel({
    mysql,
    onProgress: ({ events: learnt }) => {
      if (learnt - said < events / 5) return;
      said = learnt;
      say(`  ${learnt} events learnt`);
    },
  });
  say(`a model of ${clicks} clicks, up to event ${upTo}`);
}
