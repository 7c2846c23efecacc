import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { Redis } from "ioredis";
import { createPool } from "mysql2/promise";
import { launch } from "../test/launcher.js";
import { temporaryFolder } from "../test/temporary-folder.js";
import { openEmbedded } from "./open-embedded.js";
import { pollFor } from "./poll-for.js";
import { identifyProcess } from "./process-identity.js";

const onLinux = process.platform === "linux" ? test : test.skip;

describe("openEmbedded", () => {
  test("the README's example holds: a Redis and a MariaDB answer at their addresses", async () => {
    using folder = temporaryFolder();
    await using servers = await openEmbedded({ dataDir: folder.path });
    const redis = new Redis(servers.redis.url);
    expect(await redis.ping()).toBe("PONG");
    redis.disconnect();
    const pool = createPool(servers.mariadb.url);
    expect((await pool.query("SELECT DATABASE() AS db"))[0]).toEqual([{ db: "headline" }]);
    await pool.end();
  });

  test("a second start finds what the first one wrote", async () => {
    using folder = temporaryFolder();
    {
      await using first = await openEmbedded({ dataDir: folder.path });
      const pool = createPool(first.mariadb.url);
      await pool.query("CREATE TABLE kept (id INT)");
      await pool.end();
    }
    await using again = await openEmbedded({ dataDir: folder.path });
    const pool = createPool(again.mariadb.url);
    expect((await pool.query("SHOW TABLES LIKE 'kept'"))[0]).toHaveLength(1);
    await pool.end();
  });

  test("when one of the two cannot start, the other does not stay", async () => {
    using folder = temporaryFolder();
    writeFileSync(`${folder.path}/redis`, "");
    await expect(openEmbedded({ dataDir: folder.path })).rejects.toThrow(/cannot write to the data folder .*redis/);
  });

  onLinux("kill -9 of the parent ends both servers, and the next start has the data to itself", async () => {
    using folder = temporaryFolder();
    const [first, launcher] = await launch(folder.path, "stay");
    launcher.kill("SIGKILL");
    await once(launcher, "exit");
    // At once, while they may still be on their way out:
    await using next = await openEmbedded({ dataDir: folder.path });
    expect(await gone(first.redisPid)).toBe(true);
    expect(await gone(first.mariadbPid)).toBe(true);
    expect([next.redis.reused, next.mariadb.reused]).toEqual([false, false]);
  });

  test("kill -9 of the parent ends both servers where setpriv cannot ask the kernel for it, or is missing", async () => {
    using folder = temporaryFolder();
    writeFileSync(`${folder.path}/setpriv`, "#!/bin/sh\nexit 1\n", { mode: 0o755 });
    const env = { ...process.env, PATH: `${folder.path}:${process.env["PATH"]}` };
    const [first, launcher] = await launch(`${folder.path}/data`, "stay", env);
    launcher.kill("SIGKILL");
    await once(launcher, "exit");
    expect([await gone(first.redisPid), await gone(first.mariadbPid)]).toEqual([true, true]);
    const [second, next] = await launch(`${folder.path}/data`, "leave", env);
    await once(next, "exit");
    expect([await gone(second.redisPid), await gone(second.mariadbPid)]).toEqual([true, true]);
  });

  test("a launcher that ends takes its servers along", async () => {
    using folder = temporaryFolder();
    const [launched, launcher] = await launch(folder.path, "leave");
    await once(launcher, "exit");
    expect(await gone(launched.redisPid)).toBe(true);
    expect(await gone(launched.mariadbPid)).toBe(true);
  });

  test("launchers in two processes share the servers", async () => {
    using folder = temporaryFolder();
    const [[one, a], [two, b]] = await Promise.all([launch(folder.path, "stay"), launch(folder.path, "stay")]);
    expect([one.redisPid, one.mariadbPid]).toEqual([two.redisPid, two.mariadbPid]);
    expect(one.redisReused).not.toBe(two.redisReused);
    for (const launcher of [a, b]) {
      launcher.kill("SIGTERM");
      await once(launcher, "exit");
    }
    expect(await gone(one.redisPid)).toBe(true);
    expect(await gone(one.mariadbPid)).toBe(true);
  });
});

async function gone(pid: number): Promise<boolean> {
  const check = () => (identifyProcess(pid) === undefined ? true : undefined);
  return (await pollFor(check, { withinMs: 30_000, everyMs: 10 })) === true;
}
