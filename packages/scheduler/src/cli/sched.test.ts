import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import {
  bundled,
  eventually,
  type ThrowawayMysql,
  type ThrowawayRedis,
  throwawayMysql,
  throwawayRedis,
} from "@headline/testkit";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Scheduler } from "../scheduler/scheduler.js";
import { interval } from "../triggers/index.js";
import { openStore } from "./open-store.js";

const MAIN = resolve(import.meta.dirname, "main.ts");
let program: string;

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
  return spawn(process.execPath, [program, ...args], {
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], TZ: "UTC", ...env },
    stdio: "pipe",
  });
}

function sched(args: readonly string[], env: Readonly<Record<string, string>> = {}, stdin = ""): Promise<Ended> {
  const child = start(args, env);
  const ended = { code: null as number | null, out: "", err: "" };
  child.stdout!.on("data", (chunk) => {
    ended.out += chunk;
  });
  child.stderr!.on("data", (chunk) => {
    ended.err += chunk;
  });
  child.stdin!.end(stdin);
  return new Promise((done) => child.once("close", (code) => done({ ...ended, code })));
}

/** The lines that a `sched start` has written so far. */
function linesOf(child: ChildProcess): { event: string; [field: string]: unknown }[] {
  const lines: { event: string }[] = [];
  let rest = "";
  child.stdout!.on("data", (chunk: Buffer) => {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop()!;
    lines.push(...parts.map((line) => JSON.parse(line) as { event: string }));
  });
  return lines;
}

function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((done) => child.once("exit", done));
}

let folder: string;
beforeAll(async () => {
  program = await bundled(MAIN);
  folder = mkdtempSync(join(tmpdir(), "sched-cli-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("sched", () => {
  test("is a program of its own once it is built", () => {
    expect(readFileSync(MAIN, "utf8")).toMatch(/^#!\/usr\/bin\/env node\n/);
    const { scripts, bin } = JSON.parse(readFileSync(resolve(import.meta.dirname, "../../package.json"), "utf8"));
    expect(scripts.build).toContain(`chmodSync('${bin.sched.slice(2)}', 0o755)`);
  });

  test("prints the next fire times of an expression in a zone", async () => {
    const { code, out } = await sched(["next", "30 8 * * 1", "--tz", "Asia/Tokyo", "-n", "3"]);
    const lines = out.trimEnd().split("\n");
    expect(code).toBe(0);
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(line).toMatch(/^\d{4}-\d\d-\d\dT08:30:00\+09:00$/);
    expect(Date.parse(lines[1]!) - Date.parse(lines[0]!)).toBe(7 * 86_400_000);
  });

  test("help is on stdout, and a mistake is one line on stderr with exit code 2", async () => {
    const answers = await Promise.all([
      sched(["--help"]),
      sched(["crontab", "--help"]),
      sched([]),
      sched(["frobnicate"]),
      sched(["next", "61 * * * *"]),
      sched(["jobs"]),
      sched(["jobs", "--store", "oracle://x"]),
      sched(["jobs", "--store", "mysql://root@127.0.0.1:1/none"]),
      sched(["jobs", "--store", "redis://:hunter2@127.0.0.1:1/abc"]),
      sched(["start", "--store", "mysql://u:hunter2#@h/d?ssl=maybe"]),
      sched(["jobs", "--store", "postgres://u:hunter2@127.0.0.1:1/none"]),
      sched(["jobs", "--store", "postgres://u:hunter2@h/a/b"]),
      sched(["jobs", "--store", "sqlite:"]),
      sched(["jobs", "--store", `sqlite:${join(folder, "nowhere", "jobs.db")}`]),
      sched(["start", "--crontab", join(folder, "nowhere")]),
    ]);
    const [help, crontabHelp, ...mistakes] = answers as [Ended, Ended, ...Ended[]];
    expect([help.code, crontabHelp.code, help.err]).toEqual([0, 0, ""]);
    expect(help.out).toContain("usage: sched COMMAND");
    expect(crontabHelp.out).toContain("usage: sched crontab");
    for (const { code, out, err } of mistakes) {
      expect([code, out]).toEqual([2, ""]);
      expect(err).toMatch(/^sched: [^\n]+\n$/);
      expect(err).not.toContain("hunter2");
    }
  });

  test("start runs the jobs of a SQLite file, which other commands read and change meanwhile", async () => {
    const store = `sqlite:${join(folder, "jobs.db")}`;
    const table = join(folder, "sqlite-table");
    writeFileSync(table, "@reboot echo ran\n0 4 * * * date\n");
    expect(await sched(["crontab", "apply", table, "--user", "root", "--store", store])).toMatchObject({
      code: 0,
    });
    const daemon = start(["start", "--store", store, "--tz", "UTC"]);
    const lines = linesOf(daemon);
    try {
      await eventually(() =>
        expect(lines).toContainEqual(expect.objectContaining({ event: "executed", output: "ran\n" })),
      );
      const { out } = await sched(["jobs", "--json", "--store", store]);
      const [{ id }] = out
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as { id: string }) as [{ id: string }];
      expect(await sched(["pause", id, "--store", store])).toMatchObject({ code: 0, err: "" });
      const file = join(folder, "jobs.jsonl");
      const other = `sqlite:${join(folder, "other.db")}`;
      const exported = await sched(["export", "--store", store]);
      writeFileSync(file, `${exported.out}{"job":{"id":"later","v":99},"nextRunMs":null}\n`);
      const jobs = exported.out.trim().split("\n").length;
      const imported = await sched(["import", file, "--store", other]);
      expect(imported).toMatchObject({ code: 1, out: "" });
      expect(imported.err.trim().split("\n")).toEqual([
        `sched: line ${jobs + 1} is left alone: job "later": format 99 is newer than this library reads`,
        `sched: ${jobs} jobs added, 0 were there; 1 lines left alone`,
      ]);
      expect(await sched(["import", "-", "--store", other], {}, exported.out)).toEqual({
        ...{ code: 0, out: "", err: `sched: 0 jobs added, ${jobs} were there; 0 lines left alone\n` },
      });
      expect((await sched(["export", "--store", other])).out).toBe(exported.out);
      const withHistory = await sched(["export", "--history", "--store", store]);
      expect(await sched(["import", "-", "--store", other], {}, withHistory.out)).toMatchObject({
        ...{ code: 0, err: expect.stringMatching(/, 1 executions added, 0 were there; 0 lines left alone\n$/) },
      });
      expect((await sched(["executions", "--store", other])).out).toContain("executed");
      expect((await sched(["executions", "--store", store])).out).toContain("executed");
      const ended = exitOf(daemon);
      daemon.kill("SIGTERM");
      expect(await ended).toBe(0);
    } finally {
      daemon.kill("SIGKILL");
    }
  });

  test("start runs a crontab file, reads it again at SIGHUP, keeps it when it is wrong, and drains at SIGTERM", async () => {
    const file = join(folder, "table");
    const mark = (name: string) => join(folder, name);
    writeFileSync(
      file,
      `HELLO=world\n@reboot echo "$HELLO" > ${mark("booted")}; cat%some%input\n@reboot sleep 1; touch ${mark("drained")}\n`,
    );
    const daemon = start(["start", "--crontab", file, "--tz", "UTC"]);
    const lines = linesOf(daemon);
    const said = (text: string) =>
      eventually(() => expect(lines.some((line) => String(line["message"]).includes(text))).toBe(true));
    try {
      const run = await eventually(() => {
        const executed = lines.find(({ event }) => event === "executed");
        expect(executed).toBeDefined();
        return executed!;
      });
      expect(run).toMatchObject({ exitCode: 0, output: "some\ninput\n", durationMs: expect.any(Number) });
      expect(readFileSync(mark("booted"), "utf8")).toBe("world\n");
      writeFileSync(file, `@reboot touch ${mark("again")}\n0 4 * * * date\n`);
      daemon.kill("SIGHUP");
      await said("1 lines added");
      writeFileSync(file, "99 * * * * date\n");
      daemon.kill("SIGHUP");
      await said("no changes made");
      await said("crontab:1: minute: 99");
      daemon.kill("SIGTERM");
      expect(await exitOf(daemon)).toBe(0);
      expect(existsSync(mark("drained"))).toBe(true);
      expect(existsSync(mark("again"))).toBe(false);
    } finally {
      daemon.kill("SIGKILL");
    }
  });
});

const stores: readonly [string, () => Promise<{ url: string } & AsyncDisposable>][] = [
  ["Redis", () => throwawayRedis({ tcp: true }) as Promise<ThrowawayRedis>],
  ["MySQL", () => throwawayMysql() as Promise<ThrowawayMysql>],
];

describe.each(stores)("sched with a store in %s", (_name, open) => {
  let store: { url: string } & AsyncDisposable;
  let env: Record<string, string>;

  beforeAll(async () => {
    store = await open();
    env = { SCHED_STORE: store.url };
  });
  afterAll(async () => {
    await store[Symbol.asyncDispose]();
  });

  test("the same file applied from machines in other zones is the same timetable", async () => {
    const inNs = ["--ns", "zones", "--user", "dora"];
    const apply = (TZ: string, ...more: string[]) =>
      sched(["crontab", "apply", "-", ...inNs, ...more], { ...env, TZ }, "0 4 * * * echo four\n");
    const nextRun = async () => (await sched(["jobs", "--ns", "zones", "--tz", "UTC"], env)).out;
    expect((await apply("Asia/Shanghai")).err).toContain("1 added, 0 kept, 0 removed; in Asia/Shanghai\n");
    const before = await nextRun();
    expect((await apply("America/New_York")).err).toContain("0 added, 1 kept, 0 removed; in Asia/Shanghai\n");
    expect(await nextRun()).toBe(before);
    expect((await apply("UTC", "--tz", "Asia/Tokyo")).err).toContain("; in Asia/Tokyo\n");
    expect(await nextRun()).not.toBe(before);
    expect((await apply("UTC", "--tz", "Mars/Base")).code).toBe(2);
  });

  test("doctor lists the jobs that no live scheduler can run", async () => {
    const doctor = () => sched(["doctor", "--ns", "ill"], env);
    expect(await doctor()).toEqual({ code: 0, out: "", err: "" });
    const jobs = await openStore({ store: store.url, ns: "ill" });
    const scheduler = new Scheduler({
      stores: { default: jobs },
      logger: { debug() {}, info() {}, warn() {}, error() {} },
    });
    scheduler.registerTask("known", () => {});
    await scheduler.start();
    try {
      await scheduler.addJob({ id: "renamed", func: "old", trigger: interval({ hours: 1 }) });
      await scheduler.addJob({ id: "gpu", func: "known", executor: "cuda", trigger: interval({ hours: 1 }) });
      await scheduler.addJob({ id: "well", func: "known", trigger: interval({ hours: 1 }) });
      const { code, out } = await doctor();
      expect([code, out.trimEnd().split("\n").sort()]).toEqual([
        1,
        ['"gpu": no live scheduler has the executor "cuda"', '"renamed": no live scheduler has the task "old"'],
      ]);
    } finally {
      await scheduler.shutdown();
    }
    expect(await doctor()).toMatchObject({ code: 1, out: "no scheduler is alive; jobs that wait for it: 3\n" });
  });

  test("a crontab is applied, listed, edited and removed, and its jobs run, pause and go", async () => {
    const text = "# mine\n0 4 * * * echo four\n0 5 * * * exit 7";
    const applied = await sched(["crontab", "apply", "-", "--user", "alice"], env, text);
    expect(applied.err).toContain("2 added, 0 kept, 0 removed");
    const list = await sched(["crontab", "list", "--user", "alice"], env);
    expect(list).toMatchObject({ code: 0, out: text, err: "" });

    const editor = join(folder, "editor");
    writeFileSync(editor, '#!/bin/sh\nprintf "%s\\n" "$LINES_TO_WRITE" > "$1"\n');
    chmodSync(editor, 0o755);
    const edit = (lines: string) =>
      sched(["crontab", "edit", "--user", "alice"], { ...env, EDITOR: editor, LINES_TO_WRITE: lines });
    const wrong = await edit("99 4 * * * echo four");
    expect(wrong.code).toBe(2);
    expect(wrong.err).toContain("crontab:1: minute: 99");
    const keptIn = /no changes made; your text is kept in (\S+)/.exec(wrong.err)![1]!;
    expect(readFileSync(keptIn, "utf8")).toBe("99 4 * * * echo four\n");
    rmSync(resolve(keptIn, ".."), { recursive: true });
    const right = await edit("0 4 * * * echo four\n* * * * * echo minute");
    expect(right.err).toContain("1 added, 1 kept, 1 removed");
    expect((await edit("0 4 * * * echo four\n* * * * * echo minute")).err).toBe("sched: no changes made\n");

    const jobs = (await sched(["jobs", "--json"], env)).out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { id: string; name: string });
    const four = jobs.find(({ name }) => name === "echo four")!.id;
    expect(jobs.map(({ name }) => name).sort()).toEqual(["echo four", "echo minute"]);

    await sched(["pause", four, "--until", "2099-01-01T00:00Z", "--note", "stocktaking"], env);
    const noted = (await sched(["jobs", "--json"], env)).out.split("\n").find((line) => line.includes(four))!;
    expect(JSON.parse(noted)).toMatchObject({ pausedUntil: "2099-01-01T00:00:00.000Z", pauseNote: "stocktaking" });
    const next = await sched(["next", "--job", four, "-n", "2", "--tz", "UTC"], env);
    expect(next.out).toBe("2099-01-01T04:00:00+00:00\n2099-01-02T04:00:00+00:00\n");
    expect((await sched(["resume", four], env)).code).toBe(0);

    const daemon = start(["start"], env);
    const lines = linesOf(daemon);
    try {
      await eventually(() => expect(lines.some(({ event }) => event === "started")).toBe(true));
      const [ran, paused] = await Promise.all([
        sched(["run", four], env),
        sched(["pause", jobs.find(({ name }) => name === "echo minute")!.id], env),
      ]);
      expect([ran.code, paused.code]).toEqual([0, 0]);
      const refused = await sched(["run", four, "--overlap", "queue_one"], env);
      expect([refused.code, refused.err]).toEqual([2, 'sched: overlap: write "queue-one", is "queue_one"\n']);
      await eventually(() =>
        expect(lines).toContainEqual(
          expect.objectContaining({ event: "executed", execution: ran.out.trim(), output: "four\n" }),
        ),
      );
      const range = ["--from", "2026-01-01T00:00", "--to", "2026-01-01T12:00"];
      const filled = await sched(["backfill", four, ...range], env);
      expect([filled.code, filled.err]).toEqual([0, "sched: 1 to run, 0 left out\n"]);
      const [execution, at] = filled.out.trim().split("  ");
      expect(at).toMatch(/^2026-01-01T04:00:00/);
      await eventually(() => expect(lines).toContainEqual(expect.objectContaining({ event: "executed", execution })));
      expect(await sched(["backfill", four, ...range], env)).toMatchObject({
        out: "",
        err: "sched: 0 to run, 1 left out\n",
      });
      const wrong = await sched(["backfill", four, ...range, "--again", "executed"], env);
      expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining("again: must be a list of lost, cancelled")]);
      expect((await sched(["backfill", four], env)).err).toContain("--from and --to are both needed");
    } finally {
      daemon.kill("SIGTERM");
      await exitOf(daemon);
    }

    const [executions, after, unknown] = await Promise.all([
      sched(["executions", "--job", four, "-n", "1", "--json"], env),
      sched(["jobs"], env),
      sched(["remove", "nothing"], env),
    ]);
    expect(JSON.parse(executions.out)).toMatchObject({ jobId: four, state: "executed" });
    expect(after.out).toMatch(/paused .*echo minute/);
    expect(unknown).toMatchObject({ code: 2, err: "sched: No job by the id of nothing was found\n" });
    expect(await sched(["crontab", "remove", "--user", "alice"], env)).toMatchObject({ code: 0, err: "" });
    expect(await sched(["crontab", "list", "--user", "alice"], env)).toMatchObject({
      code: 2,
      err: "sched: no crontab for alice\n",
    });
    expect((await sched(["jobs", "--json"], env)).out).toBe("");
  });
});
