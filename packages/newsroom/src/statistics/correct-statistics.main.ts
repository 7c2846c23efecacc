import { mysqlInWords, openMysql } from "@headline/mysql";
import { namingLogin, openRedis, waitForRedis } from "@headline/redis";
import { mysqlUrl, readConfig, redisUrl } from "@headline/service/config";
import { z } from "zod";
import { correctStatistics } from "./correct-statistics.js";
import { formatReport } from "./format-report.js";

const config = readConfig(z.object({ MYSQL_URL: mysqlUrl, REDIS_URL: redisUrl }), process.env);

const stopped = new AbortController();
process.once("SIGINT", () => stopped.abort(new Error("stopped by SIGINT")));
process.once("SIGTERM", () => stopped.abort(new Error("stopped by SIGTERM")));

const mysql = openMysql(config.MYSQL_URL, { acquireTimeoutMs: 5_000, statementTimeoutMs: 60_000 });
const failures = new Set<string>();
const redis = openRedis(config.REDIS_URL, {
  commandTimeoutMs: 2_000,
  onError: namingLogin("REDIS_URL", (error) => failures.add(describe(error))),
});
try {
  await waitForRedis(redis);
  const report = await correctStatistics({
    mysql,
    redis,
    signal: stopped.signal,
    onProgress: ({ statistics, membersChecked }) =>
      process.stderr.write(`${statistics}: ${membersChecked} members checked\n`),
    onError: (error) => failures.add(describe(error)),
  });
  process.stdout.write(`${formatReport(report)}\n`);
  for (const failure of failures) process.stderr.write(`${failure}\n`);
  if (!report.complete) process.exitCode = 1;
} catch (error) {
  process.stderr.write(`The correction ended early: ${mysqlInWords("MYSQL_URL", error) ?? describe(error)}\n`);
  process.exitCode = 1;
} finally {
  redis.disconnect();
  await mysql.close();
}

/** The message and what it was caused by: "the database cannot answer right now (connect ECONNREFUSED …)". */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message} (${describe(error.cause)})`;
}
