import { afterAll, beforeAll, describe, test } from "@jest/globals";
import { type ThrowawayMysql, throwawayMysql } from "@headline/testkit";
import { createPool, type Pool } from "mysql2/promise";
import { jobStoreConformance } from "./conformance.js";
import { MySQLJobStore } from "./mysql.js";

let database: ThrowawayMysql;
let pools: [Pool, Pool];
let opened = 0;

beforeAll(async () => {
  database = await throwawayMysql();
  pools = [createPool({ uri: database.url }), createPool({ uri: database.url, supportBigNumbers: true, bigNumberStrings: true })];
});

afterAll(async () => {
  await Promise.all(pools?.map((pool) => pool.end()) ?? []);
  await database?.[Symbol.asyncDispose]();
});

describe("the MySQL store", () => {
  for (const { name, run } of jobStoreConformance(async () => {
    const namespace = `n${opened++}`;
    const [store, second] = pools.map((pool) => new MySQLJobStore({ pool, namespace })) as [MySQLJobStore, MySQLJobStore];
    await store.migrate();
    return {
      store,
      second,
      advance: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      corrupt: async (jobId) => {
        await pools[0].query("UPDATE scheduler_jobs SET spec = ? WHERE ns = ? AND id = ?", ['{"v":1', namespace, jobId]);
      },
      close: async () => {},
    };
  })) {
    test(name, run);
  }
});
