import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { throwawayMysql, throwawayRedis } from "@headline/testkit";
import { test } from "@jest/globals";

/** Opens one of everything that a test may leave behind, writes down what, and never ends. */
test("never ends", async () => {
  const mysql = await throwawayMysql();
  const redis = await throwawayRedis();
  const service = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { detached: true, stdio: "ignore" });
  const held = {
    mysqlPidFile: `${new URL(mysql.url).searchParams.get("socketPath")}.pid`,
    redisPid: redis.pid,
    servicePid: service.pid,
    folder: process.env["TMPDIR"],
  };
  writeFileSync(process.env["HELD"] as string, JSON.stringify(held));
  await new Promise(() => {});
}, 600_000);
