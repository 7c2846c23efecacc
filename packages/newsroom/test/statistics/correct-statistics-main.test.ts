import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { bundled } from "@headline/testkit";
import { describe, expect, test } from "@jest/globals";
import { articleCounts, comment, commentAndOffer, openWorld } from "./open-world.js";

const MAIN = fileURLToPath(new URL("../../src/statistics/correct-statistics.main.ts", import.meta.url));

async function run(env: Record<string, string>) {
  const command = spawn(process.execPath, [await bundled(MAIN)], {
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<number | null>((resolve) => command.once("close", resolve));
  const [code, out, err] = await Promise.all([ended, text(command.stdout), text(command.stderr)]);
  return { code, out, err };
}

describe("npm run correct-statistics", () => {
  test("names the variables that are missing", async () => {
    expect(await run({ MYSQL_URL: "mysql://somewhere/d" })).toEqual({
      code: 1,
      out: "",
      err: "The configuration is not usable: REDIS_URL: is missing\n",
    });
  });

  test("repairs, and prints what it found", async () => {
    await using world = await openWorld();
    await commentAndOffer(world, 7n);
    await comment(world, 7n);
    await world.mysql.write("UPDATE article_statistics SET likes = 3");
    const { code, out, err } = await run({ MYSQL_URL: world.mysqlUrl, REDIS_URL: world.redisServer.url });
    expect(err).toBe("user-statistics: 0 members checked\narticle-statistics: 1 members checked\n");
    const lines = out.split("\n").map((line) => line.trim().split(/ {2,}/));
    expect(lines[0]?.slice(-4)).toEqual(["wrong in Redis", "stale", "largest error", "repaired"]);
    expect(lines).toContainEqual(["article-statistics likes", "1", "1", "0", "1", "0", "0", "3", "1"]);
    expect(out).toMatch(/Complete after \d+ ms\.\n$/);
    expect(code).toBe(0);
    expect(await articleCounts(world, 7n)).toEqual({ truth: 2, row: 2, shown: 2 });
  });

  test("fails when Redis was not checked, and says why", async () => {
    await using world = await openWorld();
    await comment(world, 7n);
    const { code, out, err } = await run({ MYSQL_URL: world.mysqlUrl, REDIS_URL: "redis://127.0.0.1:1" });
    expect(out).toContain("Not complete");
    expect(err).toContain("Redis was not checked");
    expect(code).toBe(1);
  });

  test("fails when MySQL is away, and says so", async () => {
    const { code, err } = await run({
      MYSQL_URL: "mysql://root@127.0.0.1:1/nowhere",
      REDIS_URL: "redis://127.0.0.1:1",
    });
    expect(err).toContain("The correction ended early: MYSQL_URL: the server does not answer (ECONNREFUSED)");
    expect(code).toBe(1);
  });
});
