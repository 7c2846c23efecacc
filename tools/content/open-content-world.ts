import { fileURLToPath } from "node:url";
import { type Mysql, migrate, openMysql } from "@headline/mysql";
import { correctStatistics } from "@headline/newsroom/statistics";
import { openRedis, waitForRedis } from "@headline/redis";
import { CloseStack } from "@headline/service/lifecycle";
import { migratedMysql, throwawayRedis } from "@headline/testkit";

interface ContentWorld extends AsyncDisposable {
  readonly mysqlUrl: string;
  readonly mysql: Mysql;
  /** Number of wrong counts. */
  wrongCounts(): Promise<number>;
  count(from: string): Promise<number>;
}

const MIGRATIONS = fileURLToPath(new URL("../../packages/newsroom/migrations", import.meta.url));

/** An empty database with the schema, for tests; on a server of its own where one is given. */
export async function openContentWorld(
  openDatabase: () => Promise<{ url: string } & AsyncDisposable> = () =>
    migratedMysql((url) => migrate(url, MIGRATIONS)),
): Promise<ContentWorld> {
  const resources = new CloseStack();
  const [database, redisServer] = await Promise.all([openDatabase(), throwawayRedis()]);
  resources.use(database);
  resources.use(redisServer);
  await migrate(database.url, MIGRATIONS);
  const mysql = resources.use(openMysql(database.url, { acquireTimeoutMs: 5_000, statementTimeoutMs: 10_000 }));
  return {
    mysqlUrl: database.url,
    mysql,
    async wrongCounts() {
      const redis = openRedis(redisServer.url, { commandTimeoutMs: 1_000 });
      try {
        await waitForRedis(redis);
        const { statistics } = await correctStatistics({ mysql, redis });
        const counters = statistics.flatMap((one) => Object.values(one.counters));
        return counters.reduce((wrong, { wrongInMysql }) => wrong + wrongInMysql, 0);
      } finally {
        redis.disconnect();
      }
    },
    async count(from) {
      const [row] = await mysql.query<{ count: string }>(`SELECT COUNT(*) AS count FROM ${from}`);
      return Number(row?.count);
    },
    [Symbol.asyncDispose]: () => resources.close(),
  };
}
