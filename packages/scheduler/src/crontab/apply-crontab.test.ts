import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { Scheduler } from "../scheduler/scheduler.js";
import { VirtualClock } from "../simulation/virtual-clock.js";
import { applyCrontab, jobsTagged } from "./apply-crontab.js";
import { CrontabError } from "./crontab-entry.js";
import { installTable, readTable, readTables, removeTable } from "./crontab-table.js";
import type { CommandSpec } from "./run-command.js";
import { TABLE_TAG } from "./table-tag.js";

const START = Date.UTC(2026, 0, 5, 10, 0, 30);
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

describe("a crontab applied to a scheduler", () => {
  let clock: VirtualClock;
  let scheduler: Scheduler;
  let ran: string[];

  beforeEach(async () => {
    clock = new VirtualClock(START);
    ran = [];
    scheduler = new Scheduler({ clock, random: () => 0, timezone: "UTC", logger: quiet });
    scheduler.registerTask("crontab.run", (_context, spec: CommandSpec) => void ran.push(spec.command));
    scheduler.registerTask(TABLE_TAG, () => {});
    await scheduler.start();
  });

  afterEach(async () => {
    const stopped = scheduler.shutdown({ wait: false });
    await clock.advance(60_000);
    await stopped;
  });

  const apply = (text: string, options = {}) =>
    applyCrontab(scheduler, text, { user: "alice", logger: quiet, ...options });
  const commands = async () => (await jobsTagged(scheduler, "crontab:alice")).map(({ name }) => name).sort();

  test("its lines run when they say, with what they say", async () => {
    await apply("A=1\n* * * * * each minute\n5 * * * * at five%input\n");
    await clock.advance(5 * 60_000);
    expect(ran.filter((command) => command === "each minute")).toHaveLength(5);
    expect(ran.filter((command) => command === "at five")).toHaveLength(1);
    const [job] = (await jobsTagged(scheduler, "crontab:alice")).filter(({ name }) => name === "at five");
    expect(job!.kwargs).toEqual({ command: "at five", stdin: "input\n", environment: { A: "1" } });
  });

  test("a line that stays keeps its job wherever it stands, a line that goes is removed, the same line twice is two jobs", async () => {
    const first = await apply("0 12 * * * a\n0 13 * * * b\n0 13 * * * b\n");
    expect(first.added).toHaveLength(3);
    await scheduler.pauseJob(first.added[0]!);
    const second = await apply("# moved\n0 14 * * * c\n0  12 * * *   a\n");
    expect(second).toMatchObject({ kept: [first.added[0]], removed: first.added.slice(1) });
    expect(await commands()).toEqual(["a", "c"]);
    expect((await scheduler.getJob(first.added[0]!))!.paused).toBe(true);
  });

  test("a line keeps its next run although its variables change", async () => {
    const { added } = await apply("* * * * * a\n");
    const nextRunTime = new Date(START + 3_600_000);
    await scheduler.modifyJob(added[0]!, { nextRunTime });
    await apply("B=2\n* * * * * a\n");
    const job = await scheduler.getJob(added[0]!);
    expect(job!.nextRunTime).toEqual(nextRunTime);
    expect(job!.kwargs).toMatchObject({ environment: { B: "2" } });
  });

  test("a table with a mistake changes nothing", async () => {
    await apply("0 12 * * * a\n");
    const failed = apply("0 13 * * * b\n99 * * * * c\n");
    await expect(failed).rejects.toThrow(CrontabError);
    await expect(failed).rejects.toThrow("crontab:2: minute: 99 is not between 0 and 59 (column 1)");
    expect(await commands()).toEqual(["a"]);
  });

  test("@reboot runs at a start and not when the table is applied again", async () => {
    const text = "@reboot warm up\n0 0 30 2 * never\n";
    expect((await apply(text)).added).toEqual([]);
    expect((await apply(text, { atStart: true })).added).toHaveLength(1);
    await clock.advance(1_000);
    await apply(text);
    await clock.advance(1_000);
    expect(ran).toEqual(["warm up"]);
  });

  test("tables of two users do not touch each other", async () => {
    await apply("0 12 * * * a\n");
    await apply("0 12 * * * a\n", { user: "bob" });
    await apply("", { user: "bob" });
    expect(await commands()).toEqual(["a"]);
  });

  test("only a system table's user field decides as whom a line runs", async () => {
    await apply("0 12 * * * a\n");
    await apply("0 12 * * * bob a\n", { user: "machine", system: true });
    const specs = await Promise.all(["crontab:alice", "crontab:machine"].map((tag) => jobsTagged(scheduler, tag)));
    expect(specs.flat().map(({ kwargs }) => (kwargs as unknown as CommandSpec).user)).toEqual([undefined, "bob"]);
  });

  test("a table of hundreds of lines is applied and removed whole", async () => {
    const text = Array.from({ length: 350 }, (_, number) => `0 12 * * * job ${number}\n`).join("");
    await apply(text);
    expect(await commands()).toHaveLength(350);
    expect((await apply("")).removed).toHaveLength(350);
  });

  test("an installed table is kept as it was written", async () => {
    const text = "# my table\n\n0 12 * * * a";
    const table = { user: "alice", text, system: false };
    await installTable(scheduler, table, { logger: quiet });
    const { timezone } = scheduler;
    expect(await readTable(scheduler, "alice")).toEqual({ ...table, timezone });
    await installTable(scheduler, { ...table, text: "# empty\n" }, { logger: quiet });
    expect(await readTables(scheduler)).toEqual([{ ...table, text: "# empty\n", timezone }]);
    expect(await commands()).toEqual([]);
    expect(await removeTable(scheduler, "alice")).toBe(true);
    expect(await removeTable(scheduler, "alice")).toBe(false);
    expect(await scheduler.getJobs()).toHaveLength(0);
  });

  test("an installed table keeps its zone, and a new one takes its namespace's", async () => {
    const install = (user: string, options = {}) =>
      installTable(scheduler, { user, text: "0 9 * * * a\n", system: false }, { logger: quiet, ...options });
    const zones = async (user: string) =>
      (await jobsTagged(scheduler, `crontab:${user}`)).map(({ trigger }) => trigger.toJSON()["timezone"]);
    expect(await install("alice", { timezone: "Asia/Tokyo" })).toMatchObject({ timezone: "Asia/Tokyo" });
    await install("alice");
    await install("bob");
    expect([await zones("alice"), await zones("bob")]).toEqual([["Asia/Tokyo"], ["Asia/Tokyo"]]);
    await install("bob", { timezone: "Europe/Berlin" });
    expect([await zones("alice"), await zones("bob")]).toEqual([["Asia/Tokyo"], ["Europe/Berlin"]]);
    await expect(install("carol")).rejects.toThrow(
      "timezone: the tables here are in Asia/Tokyo and Europe/Berlin; say",
    );
    await expect(install("carol", { timezone: "Mars/Base" })).rejects.toThrow("Mars/Base");
    expect(await zones("carol")).toEqual([]);
  });

  test("a name that would break ids is refused", async () => {
    await expect(readTable(scheduler, "a:b")).rejects.toThrow("user: ");
    await expect(readTable(scheduler, "")).rejects.toThrow("user: ");
  });
});
