import { fileURLToPath } from "node:url";
import { type Mysql, migrate, openMysql } from "@headline/mysql";
import { openRedis, type Redis, waitForRedis } from "@headline/redis";
import { migratedMysql, type ThrowawayRedis, throwawayRedis } from "@headline/testkit";
import { type LandedEvent, readEvents, type TrackedEvent } from "../../src/events/index.js";

const MIGRATIONS = fileURLToPath(new URL("../../migrations", import.meta.url));

export interface Stores extends AsyncDisposable {
  readonly mysql: Mysql;
  readonly mysqlUrl: string;
  readonly redis: Redis;
  readonly redisServer: ThrowawayRedis;
  /** Another client of the same Redis. */
  openRedis(url?: string): Promise<Redis>;
  landed(): Promise<readonly LandedEvent[]>;
}

/** A MariaDB with the schema, and a Redis, durable unless the test asks for another. */
export async function openStores({
  durable = true,
  args = [],
  statementTimeoutMs = 10_000,
  openMysqlServer = () => migratedMysql((url) => migrate(url, MIGRATIONS)),
}: {
  durable?: boolean;
  args?: readonly string[];
  statementTimeoutMs?: number;
  openMysqlServer?: () => Promise<{ url: string } & AsyncDisposable>;
} = {}): Promise<Stores> {
  const database = await openMysqlServer();
  await migrate(database.url, MIGRATIONS);
  const mysql = openMysql(database.url, { acquireTimeoutMs: 5_000, statementTimeoutMs });
  const redisServer = await throwawayRedis({ durable, args });
  const clients: Redis[] = [];
  /** As patient as a busy machine needs, but for a link with faults, whose time-outs are what is tested. */
  const open = async (url?: string) => {
    const patience = url === undefined ? { commandTimeoutMs: 5_000 } : {};
    const client = openRedis(url ?? redisServer.url, { ...patience });
    clients.push(client);
    await waitForRedis(client, 30_000);
    return client;
  };
  return {
    mysql,
    mysqlUrl: database.url,
    redis: await open(),
    redisServer,
    openRedis: open,
    landed: () => readEvents(mysql, 0n, 100_000),
    [Symbol.asyncDispose]: async () => {
      for (const client of clients) client.disconnect();
      await mysql.close();
      await redisServer[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}

/** A click of reader 7 on an article of a batch, but for what `fields` say. */
export function event(fields: Partial<TrackedEvent> = {}): TrackedEvent {
  return {
    kind: "click",
    userId: 7n,
    articleId: 97n,
    channelId: 0,
    stamp: 1_795_217_000_123,
    reason: 1,
    position: 2,
    bucket: 1,
    durationMs: undefined,
    why: undefined,
    happenedAtMs: 1_795_217_001_000,
    acceptedAtMs: 1_795_217_001_500,
    occurrence: undefined,
    ...fields,
  };
}
