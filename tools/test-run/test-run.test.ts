import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { eventually } from "@headline/testkit";
import { describe, expect, test } from "@jest/globals";
import { unitTests } from "./unit-tests.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

describe("a run of the tests that is ended", () => {
  test.each<[string, (runner: ChildProcess) => void]>([
    ["by kill -9", (runner) => void runner.kill("SIGKILL")],
    ["by Ctrl-C", (runner) => void runner.kill("SIGINT")],
    ["by SIGTERM", (runner) => void runner.kill("SIGTERM")],
  ])("%s leaves no server, no process and no folder", async (_how, end) => {
    using folder = scratchFolder();
    const { runner } = startRun("holds-servers", folder.path);
    const held = await heldBy(folder.path);
    expect(held.pids.map(isAlive)).toEqual([true, true, true]);
    end(runner);
    await once(runner, "exit");
    await expectNothingLeft(folder.path, held);
  });

  test("by its time-out says so, names the file, and leaves nothing", async () => {
    using folder = scratchFolder();
    const { runner, output, errors } = startRun("holds-servers", folder.path, { HEADLINE_TEST_MINUTES: "0.5" });
    const held = await heldBy(folder.path);
    const [code] = await once(runner, "exit");
    expect(code).not.toBe(0);
    expect(await errors).toContain("UNFINISHED tools/test-run/holds-servers.fixture.ts");
    expect((await output).trimEnd()).toBe("0 passed, 1 failed");
    await expectNothingLeft(folder.path, held);
  });
});

test("a set-up that fails says its reason once, whatever the number of tests that wanted it", async () => {
  using folder = scratchFolder();
  writeFileSync(join(folder.path, "cache"), "a file where the cache folder should be");
  const { runner, output, errors } = startRun("needs-mariadb", folder.path, {
    XDG_CACHE_HOME: join(folder.path, "cache"),
  });
  const [code] = await once(runner, "exit");
  expect(code).not.toBe(0);
  expect(await output).toMatch(/^0 passed, 1 failed$/m);
  expect((await errors).match(/The set-up of the tests failed: MariaDB: .*ENOTDIR/g)).toHaveLength(1);
  expect((await errors).match(/ENOTDIR/g)).toHaveLength(1);
  expect(runsIn(folder.path)).toEqual([]);
});

test("unit tests are those that import nothing that starts a server, however far away", () => {
  const units = unitTests(ROOT).map((path) => path.slice(ROOT.length));
  expect(units).toEqual(expect.arrayContaining(["packages/service/src/slots/slots.test.ts"]));
  for (const path of [
    "services/gateway/test/events.test.ts", // by its world
    "services/web/test/feed.browser.test.ts",
    "packages/testkit/src/readme.test.ts",
    "packages/embedded/src/open-redis.test.ts",
    "tools/test-run/test-run.test.ts",
  ])
    expect(units).not.toContain(path);
});

/** `npm test` over the fixtures whose path says `pattern`; its temporary files are in `folder`. */
function startRun(pattern: string, folder: string, env: Record<string, string> = {}) {
  const runner = spawn(
    process.execPath,
    [
      "--import",
      "tsx",
      join(ROOT, "tools/test-run/main.ts"),
      "--testMatch=**/test-run/*.fixture.ts",
      "--testPathPatterns",
      pattern,
    ],
    {
      cwd: ROOT,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, TMPDIR: folder, HELD: join(folder, "held.json"), ...env },
    },
  );
  return { runner, output: text(runner.stdout), errors: text(runner.stderr) };
}

interface Held {
  readonly pids: readonly number[];
  readonly folder: string;
}

async function heldBy(folder: string): Promise<Held> {
  const held = await eventually(() => JSON.parse(readFileSync(join(folder, "held.json"), "utf8")), {
    withinMs: 120_000,
  });
  const mysqlPid = Number(readFileSync(held.mysqlPidFile, "utf8"));
  return { pids: [mysqlPid, held.redisPid, held.servicePid], folder: held.folder };
}

async function expectNothingLeft(parent: string, held: Held): Promise<void> {
  expect(dirname(held.folder)).toBe(parent);
  await eventually(() => {
    expect(held.pids.map(isAlive)).toEqual([false, false, false]);
    expect(runsIn(parent)).toEqual([]);
  });
}

/** The kernel's word, without the dead that their parent has not asked about yet. */
function isAlive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
}

function runsIn(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.startsWith("headline-"));
}

function scratchFolder(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), "r-"));
  return {
    path,
    [Symbol.dispose]: () => {
      if (existsSync(path)) rmSync(path, { recursive: true, force: true });
    },
  };
}
