import assert from "node:assert/strict";
import type { Json } from "../../core/json.js";
import {
  activeOf,
  byHand,
  type Cases,
  insertAll,
  job,
  keyOf,
  LEASE_MS,
  plannedRuns,
  reportOf,
  rowOf,
  running,
  started,
  uniqueId,
} from "./kit.js";

/** Cases for reports of runs. */
export const reportCases: Cases = {
  "what a run reports is kept: times, result, error": async ({ store }) => {
    const run = await running(store);
    const { executionId } = run.result.runs[0]!;
    await store.report([reportOf(run, { state: "running", finishedAt: null, last: false })]);
    const begun = await rowOf(store, executionId);
    assert.deepEqual(
      [begun.state, begun.startedAt, begun.finishedAt, begun.durationMs],
      ["running", 10_000, null, null],
    );
    const failed = { state: "submitted", attempt: 2, startedAt: null, finishedAt: null, error: "once" } as const;
    await store.report([reportOf(run, { ...failed, last: false })]);
    const waiting = await rowOf(store, executionId);
    assert.deepEqual([waiting.state, waiting.attempt, waiting.error], ["submitted", 2, "once"]);
    await store.report([reportOf(run, { attempt: 2, startedAt: 11_000, finishedAt: 11_125 })]);
    const done = await rowOf(store, executionId);
    assert.deepEqual([done.state, done.attempt, done.durationMs, done.error], ["executed", 2, 125, null]);
    assert.deepEqual([done.startedAt, done.finishedAt], [11_000, 11_125]);
  },
  "results are kept to the letter, long ones too": async ({ store }) => {
    const results: Json[] = [
      { text: `文 🚀 ${"x".repeat(50_000)}`, list: [1, null, "'\"\\ \u0000\u2028"] },
      "🚀".repeat(12_500),
      "",
      0,
      false,
      null,
      [],
      {},
      1e21,
      "null",
      { "a.b": { "": [[]] } },
    ];
    const added = job({ maxInstances: results.length, nextRunMs: null });
    await store.insert(added);
    for (const result of results) {
      const hand = byHand(added);
      const run = { instanceId: hand.instance!.id, result: await started(store, hand) };
      assert.deepEqual(await store.report([reportOf(run, { result })]), [true]);
      assert.deepEqual((await rowOf(store, hand.instance!.runs[0]!.executionId)).result, result);
    }
  },
  "every ending is kept, with an error's message and stack": async ({ store }) => {
    for (const state of ["error", "missed", "cancelled"] as const) {
      const run = await running(store);
      const times = state === "missed" ? { startedAt: null } : {};
      await store.report([reportOf(run, { state, error: "bad 文", stack: "at\n  line", ...times })]);
      const done = await store.executions.get(run.result.runs[0]!.executionId);
      assert.deepEqual([done?.state, done?.error, done?.stack], [state, "bad 文", "at\n  line"]);
      assert.equal(done?.durationMs, state === "missed" ? null : 250);
      assert.equal(await activeOf(store, run.job.id), 0);
    }
  },
  "messages of 2,000 characters and stacks of 8,000 are kept whole": async ({ store }) => {
    const run = await running(store);
    const [error, stack] = ["文".repeat(2_000), "x\n🚀é".repeat(1_600)];
    await store.report([reportOf(run, { state: "error", error, stack })]);
    const row = await rowOf(store, run.result.runs[0]!.executionId);
    assert.deepEqual([row.error, row.stack], [error, stack]);
  },
  "half of a character in an error does not keep the end from being written": async ({ store }) => {
    const run = await running(store);
    assert.deepEqual(
      await store.report([reportOf(run, { state: "error", error: "cut \ud83d", stack: "\udE80 cut" })]),
      [true],
    );
    assert.equal((await rowOf(store, run.result.runs[0]!.executionId)).state, "error");
  },
  "a report that is repeated is still true, one of another owner's is not": async ({ store, second }) => {
    const run = await running(store);
    const end = reportOf(run, { result: "mine" });
    assert.deepEqual(await store.report([reportOf(run, { token: 77_777, result: "not mine" })]), [false]);
    assert.deepEqual(await store.report([end]), [true]);
    assert.deepEqual(await (second ?? store).report([end]), [true]);
    assert.deepEqual(await store.report([end, end]), [true, true]);
    const foreign = [
      reportOf(run, { token: 77_777 }),
      reportOf(run, { executionId: "unknown" }),
      reportOf(run, { instanceId: "unknown", token: 1e6 }),
    ];
    assert.deepEqual(await store.report(foreign), [false, false, false]);
    assert.equal((await rowOf(store, run.result.runs[0]!.executionId)).result, "mine");
  },
  "what has ended stays as it ended": async ({ store }) => {
    const run = await running(store);
    await store.report([reportOf(run, { result: 1 })]);
    assert.deepEqual(await store.report([reportOf(run, { state: "error", error: "no, it failed", result: 2 })]), [
      false,
    ]);
    await store.report([reportOf(run, { state: "running", finishedAt: null, last: false })]);
    const { state, result, error, finishedAt } = await rowOf(store, run.result.runs[0]!.executionId);
    assert.deepEqual([state, result, error, finishedAt], ["executed", 1, null, 10_250]);
    assert.equal(await activeOf(store, run.job.id), 0);
  },
  "news of one run that comes together ends as the last says": async ({ store }) => {
    const run = await running(store);
    const begun = reportOf(run, { state: "running", finishedAt: null, last: false });
    assert.deepEqual(await store.report([begun, reportOf(run, { result: "done" })]), [true, true]);
    const row = await rowOf(store, run.result.runs[0]!.executionId);
    assert.deepEqual([row.state, row.result, row.durationMs], ["executed", "done", 250]);
  },
  "the last report of an instance closes it, the others do not": async ({ store }) => {
    const added = job({ nextRunMs: null, coalesce: false });
    await store.insert(added);
    const hand = byHand(added, { runs: plannedRuns(1_000, 2_000) });
    const run = { instanceId: hand.instance!.id, result: await started(store, hand) };
    const [first, second] = run.result.runs.map(({ executionId }) => executionId) as [string, string];
    await store.report([reportOf(run, { executionId: first, last: false })]);
    assert.deepEqual((await store.renew([keyOf(run)], LEASE_MS)).lost, []);
    assert.equal((await rowOf(store, second)).state, "submitted");
    await store.report([reportOf(run, { executionId: second, state: "running", finishedAt: null, last: false })]);
    assert.equal(await activeOf(store, added.id), 1);
    await store.report([reportOf(run, { executionId: second })]);
    assert.deepEqual((await store.renew([keyOf(run)], LEASE_MS)).lost, [run.instanceId]);
    assert.equal(await activeOf(store, added.id), 0);
  },
  "200 reports have 200 answers in order": async ({ store }) => {
    const jobs = Array.from({ length: 200 }, () => job({ nextRunMs: null }));
    await insertAll(store, jobs);
    const hands = jobs.map((each) => byHand(each));
    const results = await store.dispatch(hands);
    const reports = results.map((result, at) => {
      const run = { instanceId: hands[at]!.instance!.id, result: result as never };
      return reportOf(run, at % 10 === 3 ? { executionId: uniqueId("unknown") } : { result: at });
    });
    assert.deepEqual(
      await store.report(reports),
      reports.map((_, at) => at % 10 !== 3),
    );
    const { executions } = await store.executions.list({ states: ["executed"], limit: 200 });
    assert.equal(executions.length, 180);
    const byJob = new Map(executions.map(({ jobId, result }) => [jobId, result]));
    for (const [at, { id }] of jobs.entries()) assert.equal(byJob.get(id), at % 10 === 3 ? undefined : at);
    assert.deepEqual(await store.report([]), []);
  },
};
