import { describe, expect, test } from "@jest/globals";
import { Redis } from "ioredis";
import { createConnection } from "mysql2/promise";
import { throwawayMysql, throwawayRedis } from "./index.js";

describe("x", () => {
  test("redis", async () => {
    const t = performance.now();
    await using redis = await throwawayRedis();
    console.log("redis", performance.now() - t);
    const c = new Redis(redis.url);
    expect(await c.incr("a")).toBe(1);
    c.disconnect();
  });
  test("mysql", async () => {
    for (let i = 0; i < 3; i++) {
      const t = performance.now();
      await using mysql = await throwawayMysql();
      console.log("mysql", performance.now() - t, mysql.url);
      const c = await createConnection(mysql.url);
      await c.query("create table a (id int)");
      await c.end();
    }
  });
});
