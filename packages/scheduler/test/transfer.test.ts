import { eventually } from "@headline/testkit";
import { expect, test } from "@jest/globals";
import type { JobRecord } from "../src/core/job-record.js";
import type { JobStore } from "../src/core/job-store.js";
import { calendarInterval, cron, date, every, interval, Scheduler } from "../src/index.js";
import { exportedHistory, exportedJobs, importLine } from "../src/stores/transfer.js";
import { everyStore, STORE_KINDS } from "./every-store.js";
import { heard } from "./quiet.js";

const open = everyStore({ shared: true });

async function started(store: JobStore): Promise<JobStore> {
  await store.migrate();
  await store.start();
  return store;
}

async function linesOf(store: JobStore): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of exportedJobs(store)) lines.push(line);
  return lines;
}

async function importAll(store: JobStore, lines: readonly string[]): Promise<string[]> {
  const kinds: string[] = [];
  for (const line of lines) kinds.push((await importLine(store, line)).kind);
  return kinds;
}

test("jobs go from store to store as they were, and the same file twice is once", async () => {
  const first = await started(open(STORE_KINDS[0]!));
  const client = new Scheduler({ stores: { default: first }, timezone: "UTC", logger: heard() });
  await client.start({ paused: true });
  const args = [1, "文 🚀", { deep: [null, 0.1] }];
  await client.addJob({
    id: "a",
    func: "f",
    args,
    kwargs: { b: "\u0000" },
    trigger: interval({ hours: 1 }),
    tags: ["x"],
  });
  await client.addJob({ id: "A ", func: "f", trigger: cron({ dayOfWeek: "mon-fri", hour: 6 }), maxRuns: 10 });
  await client.addJob({ id: "b/ü", func: "g", trigger: calendarInterval({ months: 1, hour: 9 }), ack: "late" });
  await client.addJob({ id: "once", func: "g", trigger: date({ in: { hours: 1 } }), overlap: "queue-one" });
  await every().day.at("09:00").on(client, { id: "fluent" }).do("g");
  await client.pauseJob("a", { note: "stocktaking" });
  await client.shutdown();
  const lines = await linesOf(await started(first));
  expect(lines).toHaveLength(5);
  let from = first;
  for (const kind of [...STORE_KINDS.slice(1), "memory" as const]) {
    const to = await started(open(kind));
    expect(await importAll(to, await linesOf(from))).toEqual(lines.map(() => "added"));
    expect(await importAll(to, lines)).toEqual(lines.map(() => "kept"));
    expect((await linesOf(to)).map((line) => JSON.parse(line))).toEqual(lines.map((line) => JSON.parse(line)));
    await from.close();
    from = to;
  }
  await from.close();
});

test("the history goes along, once, and is listed and counted as before", async () => {
  const kinds = STORE_KINDS.filter((kind) => kind !== "memory");
  const source = await started(open("memory"));
  const client = new Scheduler({ stores: { default: source }, timezone: "UTC", logger: heard() });
  client.registerTask("works", () => ({ rows: 3, text: "文 🚀" }));
  client.registerTask("fails", () => {
    throw new Error("no \u0000 luck");
  });
  await client.start();
  for (const func of ["works", "fails"]) await client.addJob({ id: `job ${func}`, func });
  const ended = () => client.executions({ states: ["executed", "error"] });
  await eventually(async () => expect((await ended()).executions).toHaveLength(2));
  const wanted = (await ended()).executions;
  const lines: string[] = [];
  for await (const line of exportedHistory(source)) lines.push(line);
  await client.shutdown();
  expect(lines).toHaveLength(2);
  for (const kind of kinds) {
    const to = await started(open(kind));
    const results = [];
    for (const line of [...lines, ...lines]) results.push(await importLine(to, line));
    expect(results.map((result) => result.kind)).toEqual(["added", "added", "kept", "kept"]);
    const { executions } = await to.executions.list({});
    const byId = (list: readonly { id: string }[]) => [...list].sort((a, b) => (a.id < b.id ? -1 : 1));
    const expected = wanted.map(({ store: _, ...execution }) => ({
      ...execution,
      error: execution.error?.replace("\u0000", kind === "Redis" ? "\u0000" : "\ufffd") ?? null,
      stack: kind === "Redis" ? execution.stack : (execution.stack?.replaceAll("\u0000", "\ufffd") ?? null),
    }));
    expect(byId(executions)).toEqual(byId(expected));
    expect((await to.executions.list({ states: ["error"] })).executions.map(({ jobId }) => jobId)).toEqual([
      "job fails",
    ]);
    expect((await to.executions.list({ jobId: "job works" })).executions[0]?.result).toEqual({
      rows: 3,
      text: "文 🚀",
    });
    expect((await to.executions.durations(["job works"])).get("job works")?.runs).toBe(1);
    expect(await to.executions.deleteBefore(Number.MAX_SAFE_INTEGER, 10)).toBe(2);
    await to.close();
  }
  const memory = await started(open("memory"));
  expect(await importLine(memory, lines[0]!)).toEqual({
    kind: "refused",
    reason: "this store takes no executions of others",
  });
});

test.each(STORE_KINDS)("a job that is imported into %s while its scheduler runs is run once", async (kind) => {
  const source = await started(open("memory"));
  const client = new Scheduler({ stores: { default: source }, timezone: "UTC", logger: heard() });
  await client.start({ paused: true });
  await client.addJob({ id: "due", func: "f", trigger: date({ in: { milliseconds: 1 } }), misfireGraceTime: null });
  const lines = await linesOf(source);
  await client.shutdown();
  const target = open(kind);
  await using scheduler = new Scheduler({ stores: { default: target }, timezone: "UTC", logger: heard() });
  const runs: string[] = [];
  scheduler.registerTask("f", ({ jobId }) => void runs.push(jobId));
  await scheduler.start();
  expect(await importAll(target, lines)).toEqual(["added"]);
  await eventually(() => expect(runs).toEqual(["due"]));
  await eventually(async () =>
    expect((await scheduler.executions({ jobId: "due" })).executions.map(({ state }) => state)).toEqual(["executed"]),
  );
  // The trigger has ended with the run, and the run time is had: a second import does not run it again.
  await importAll(target, lines);
  await eventually(async () => expect(await target.get("due")).toBeUndefined());
  expect(runs).toEqual(["due"]);
});

test.each(STORE_KINDS)(
  "into %s, lines of a later version, of no known format and with impossible ids are left alone",
  async (kind) => {
    const store = await started(open(kind));
    const client = new Scheduler({
      stores: { default: await started(open("memory")) },
      logger: heard(),
      timezone: "UTC",
    });
    await client.start({ paused: true });
    const { record } = await client.addJob({ id: "x", func: "f", trigger: interval({ hours: 1 }) });
    await client.shutdown();
    const line = (more: object) => JSON.stringify({ nextRunMs: 1, job: { v: 1, ...(record as JobRecord), ...more } });
    const results = [];
    for (const each of [
      line({ v: 99 }),
      "{",
      "null",
      '{"nextRunMs":1}',
      line({ id: "i".repeat(191) }),
      line({ id: "a\u0000" }),
      line({ trigger: { kind: "moon" } }),
      line({}).replace('"nextRunMs":1', '"nextRunMs":"1"'),
      '{"execution":{"id":"e","state":"running"}}',
    ])
      results.push(await importLine(store, each));
    expect(results.map(({ kind: found }) => found)).toEqual(["newer", ...Array(8).fill("refused")]);
    expect(results[0]).toMatchObject({ reason: 'job "x": format 99 is newer than this library reads' });
    expect((await store.list({})).jobs).toEqual([]);
    await store.close();
  },
);
