/** A consumer as a process of its own, to be killed: `REDIS_URL=… MYSQL_URL=… node --import tsx --conditions=headline-source consumer-process.ts`. */
import { openMysql } from "@headline/mysql";
import { openRedis, waitForRedis } from "@headline/redis";
import { openEventConsumer } from "../../src/events/index.js";

const mysql = openMysql(process.env["MYSQL_URL"] ?? "", { acquireTimeoutMs: 1_000, statementTimeoutMs: 3_000 });
const redis = openRedis(process.env["REDIS_URL"] ?? "");
await waitForRedis(redis, 30_000);
openEventConsumer({ mysql, redis, takeOverAfterMs: 500 });
process.stdout.write("landing\n");
