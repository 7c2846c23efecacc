import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { temporaryFolder } from "../test/temporary-folder.js";
import { findServers } from "./find-servers.js";
import { openMariaDb } from "./open-mariadb.js";
import { openRedis } from "./open-redis.js";

describe("findServers", () => {
  test("finds what is installed", async () => {
    using folder = temporaryFolder();
    plant(folder.path, "usr/bin/redis-server", "usr/sbin/mariadbd", "usr/share/mysql/mysql_system_tables.sql");
    expect(await findServers(onlyIn(folder.path))).toEqual({
      redis: { command: join(folder.path, "usr/bin/redis-server") },
      mariadb: { command: join(folder.path, "usr/sbin/mariadbd"), shareDir: join(folder.path, "usr/share/mysql") },
    });
  });

  test("takes Valkey for Redis, and MariaDB 11's file names", async () => {
    using folder = temporaryFolder();
    plant(folder.path, "usr/bin/valkey-server", "usr/sbin/mariadbd", "usr/share/mariadb/mariadb_system_tables.sql");
    expect(await findServers(onlyIn(folder.path))).toMatchObject({
      redis: { command: join(folder.path, "usr/bin/valkey-server") },
      mariadb: { shareDir: join(folder.path, "usr/share/mariadb") },
    });
  });

  test("knows that redis-check-rdb is a Redis server by another name", async () => {
    using folder = temporaryFolder();
    plant(folder.path, "usr/bin/redis-check-rdb");
    const found = await findServers({ needs: ["redis"], ...onlyIn(folder.path) });
    expect(found.redis).toEqual({ command: join(folder.path, "usr/bin/redis-check-rdb"), argv0: "redis-server" });
  });

  test("follows Homebrew's links into its Cellar", async () => {
    using folder = temporaryFolder();
    plant(folder.path, "Cellar/mariadb/11/bin/mariadbd", "Cellar/mariadb/11/share/mysql/mariadb_system_tables.sql");
    mkdirSync(join(folder.path, "usr/bin"), { recursive: true });
    symlinkSync(join(folder.path, "Cellar/mariadb/11/bin/mariadbd"), join(folder.path, "usr/bin/mariadbd"));
    const found = await findServers({ needs: ["mariadb"], ...onlyIn(folder.path) });
    expect(found.mariadb.shareDir).toBe(join(folder.path, "Cellar/mariadb/11/share/mysql"));
  });

  test("with no server and no way to one, says what to do", async () => {
    using folder = temporaryFolder();
    using _path = withPath("/nonexistent");
    const reason = process.platform === "linux" ? "no apt-get here" : "not a Debian or Ubuntu";
    const message = await findServers(onlyIn(folder.path)).catch((error: Error) => error.message);
    expect(message).toBe(
      `Redis and MariaDB not found. (tried to unpack Debian packages: ${reason}) Do one of these:
  docker compose up --wait        (instead of npm start)
  sudo apt-get install -y redis-tools mariadb-server-core        (macOS: brew install redis mariadb), then npm start
  REDIS_URL=redis://host:6379 MYSQL_URL=mysql://user:pw@host:3306/headline npm start`,
    );
  });

  test("misses only what is needed", async () => {
    using folder = temporaryFolder();
    using _path = withPath("/nonexistent");
    plant(folder.path, "usr/bin/redis-server");
    await expect(findServers(onlyIn(folder.path))).rejects.toThrow(/^MariaDB not found\./);
  });

  const unpacks = process.env["HEADLINE_TEST_UNPACK"] === "1";
  if (!unpacks) process.stderr.write("skipped: unpacking Debian packages needs a network (HEADLINE_TEST_UNPACK=1)\n");
  (unpacks ? test : test.skip)(
    "without privilege, unpacks Debian packages that run",
    async () => {
      using folder = temporaryFolder();
      const lines: string[] = [];
      const onProgress = (line: string) => lines.push(line);
      const dpkgStatusPath = join(folder.path, "status");
      writeFileSync(
        dpkgStatusPath,
        statusWithout(/^(redis-tools|mariadb-.*|mysql-common|libaio1\w*|liburing2|liblzf1)$/),
      );
      const options = { searchPath: [], serversDir: join(folder.path, "servers") };

      const servers = await findServers({ ...options, dpkgStatusPath, onProgress });
      expect(lines).toContain("unpacking mariadb-server-core");
      expect(dirname(servers.redis.command)).toMatch(/servers\/[a-z]+-[\d.]+-x64\/usr\/bin$/);
      const at = { dataDir: folder.path, socketDir: folder.path };
      await using _redis = await openRedis({ ...at, server: servers.redis });
      await using _mariadb = await openMariaDb({ ...at, server: servers.mariadb });
      expect(await findServers(options)).toEqual(servers);
    },
    180_000,
  );
});

/** Looks nowhere but in `root`, and finds nothing unpacked. */
function onlyIn(root: string) {
  return { searchPath: [join(root, "usr/bin"), join(root, "usr/sbin")], serversDir: join(root, "servers") };
}

function plant(root: string, ...paths: string[]): void {
  for (const path of paths.map((each) => join(root, each))) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, "");
    chmodSync(path, 0o755);
  }
}

function withPath(path: string): Disposable {
  const before = process.env["PATH"];
  process.env["PATH"] = path;
  return {
    [Symbol.dispose]: () => {
      process.env["PATH"] = before;
    },
  };
}

/** dpkg's own list, as if these packages were not installed. */
function statusWithout(names: RegExp): string {
  const blocks = readFileSync("/var/lib/dpkg/status", "utf8").split("\n\n");
  return blocks.filter((block) => !names.test(/^Package: (.*)$/m.exec(block)?.[1] ?? "")).join("\n\n");
}
