import assert from "node:assert/strict";
import { byHand, claimOne, claiming, decision, FAR, job, LEASE_MS, news, type OpenedStore, running, started, uniqueId } from "./kit.js";

/** Starting runs and writing down what becomes of them. */
export const runCases: Record<string, (opened: OpenedStore) => Promise<void>> = {
  "a start writes the execution, opens the instance and moves the job, all at once": async ({ store }) => {
    const { job: added, verdict, what } = await running(store);
    assert.deepEqual(verdict.runs, what.instance!.runs);
    assert.equal((await store.get(added.id))?.nextRunMs, FAR);
    const execution = await store.executions.get(verdict.runs[0]!.executionId);
    assert.equal(execution?.state, "submitted");
    assert.deepEqual([execution?.jobId, execution?.jobName, execution?.scheduledAt], [added.id, "a job", 1_000]);
    assert.deepEqual([execution?.owner, execution?.attempt, execution?.startedAt], ["alice", 1, null]);
    assert.equal((await store.executions.active([added.id])).get(added.id), 1);
  },
  "a job whose trigger has ended goes, its history stays": async ({ store }) => {
    const added = job();
    await store.insert(added);
    const verdict = await started(store, decision(await claimOne(store, added.id), null));
    assert.equal(await store.get(added.id), undefined);
    assert.equal((await store.executions.list({ jobId: added.id })).executions.length, 1);
    assert.equal((await store.executions.get(verdict.runs[0]!.executionId))?.jobId, added.id);
  },
  "the same decision again has the same answer and leaves no second row": async ({ store }) => {
    const { job: added, what, verdict } = await running(store);
    assert.deepEqual(await store.dispatch([what]), [verdict]);
    assert.equal((await store.executions.list({ jobId: added.id })).executions.length, 1);
    const hand = byHand((await store.get(added.id))!, { job: { ...added, maxInstances: 9 } });
    await store.update({ ...(await store.get(added.id))!, maxInstances: 9 });
    const first = await store.dispatch([hand]);
    assert.deepEqual(await store.dispatch([hand]), first);
    assert.equal((await store.executions.list({ jobId: added.id })).executions.length, 2);
  },
  "a decision repeated after its run has ended has nothing left to do": async ({ store }) => {
    const run = await running(store);
    await store.report([news(run)]);
    assert.deepEqual(await store.dispatch([run.what]), [{ kind: "started", token: 0, runs: [] }]);
  },
  "too many instances: written down as such, the run lost, the job moved on": async ({ store }) => {
    const first = await running(store);
    const moved = (await store.get(first.job.id))!;
    await store.update({ ...moved, nextRunMs: 2_000 });
    const lent = await claimOne(store, first.job.id, "bob");
    const what = decision(lent, FAR, { owner: "bob" });
    assert.deepEqual(await store.dispatch([what]), [{ kind: "max_instances" }]);
    assert.deepEqual(await store.dispatch([what]), [{ kind: "max_instances" }]);
    assert.equal((await store.get(first.job.id))?.nextRunMs, FAR);
    const execution = await store.executions.get(what.instance!.runs[0]!.executionId);
    assert.equal(execution?.state, "max_instances");
    assert.equal(execution?.startedAt, null);
    await store.report([news(first)]);
    await store.update({ ...(await store.get(first.job.id))!, nextRunMs: 3_000 });
    await started(store, decision(await claimOne(store, first.job.id), FAR));
  },
  "several run times of one submission are one instance": async ({ store }) => {
    const added = job({ coalesce: false });
    await store.insert(added);
    const runs = [1, 2, 3].map((n) => ({ executionId: uniqueId("e"), scheduledAt: n * 1_000 }));
    const what = decision(await claimOne(store, added.id), FAR, { runs });
    const verdict = await started(store, what);
    assert.equal(verdict.runs.length, 3);
    const run = { instanceId: what.instance!.id, verdict };
    assert.deepEqual(await store.report([news(run, { last: false })]), [true]);
    assert.equal((await store.executions.active([added.id])).get(added.id), 1);
    for (const [at, last] of [[1, false], [2, true]] as const) {
      assert.deepEqual(await store.report([news(run, { executionId: runs[at]!.executionId, last })]), [true]);
    }
    assert.equal((await store.executions.active([added.id])).get(added.id), undefined);
    const { executions } = await store.executions.list({ jobId: added.id });
    assert.deepEqual(executions.map(({ state }) => state), ["executed", "executed", "executed"]);
  },
  "a run time is executed once, by a new incarnation once more": async ({ store }) => {
    const run = await running(store);
    await store.report([news(run)]);
    const back = (await store.get(run.job.id))!;
    await store.update({ ...back, nextRunMs: 1_000 });
    const verdict = await started(store, decision(await claimOne(store, back.id), FAR));
    assert.deepEqual(verdict.runs, []);
    assert.equal((await store.executions.list({ jobId: back.id })).executions.length, 1);
    assert.equal((await store.executions.active([back.id])).get(back.id), undefined);
    await store.update({ ...(await store.get(back.id))!, nextRunMs: 1_000, incarnation: uniqueId("i") });
    assert.equal((await started(store, decision(await claimOne(store, back.id), FAR))).runs.length, 1);
  },
  "a run by hand leaves the next run alone and needs its job": async ({ store }) => {
    const added = job({ nextRunMs: FAR });
    await store.insert(added);
    await started(store, byHand(added));
    assert.equal((await store.get(added.id))?.nextRunMs, FAR);
    assert.deepEqual(await store.dispatch([byHand(added)]), [{ kind: "max_instances" }]);
    assert.deepEqual(await store.dispatch([byHand(job())]), [{ kind: "stale" }]);
  },
  "a batch of 150 decisions has 150 answers in order": async ({ store }) => {
    const ids = Array.from({ length: 150 }, (_, at) => `b${at}`);
    for (const id of ids) await store.insert(job({ id }));
    const lent = [];
    while (lent.length < ids.length) lent.push(...(await store.claimDue(claiming({ leaseMs: 60_000 }))).jobs);
    const decisions = lent.map((record, at) => decision(at % 10 === 3 ? { ...record, version: 0 } : record, FAR));
    const verdicts = await store.dispatch(decisions);
    assert.deepEqual(verdicts.map(({ kind }) => kind), decisions.map((_, at) => (at % 10 === 3 ? "stale" : "started")));
  },
  "what a run reports is kept: times, result, error": async ({ store }) => {
    const run = await running(store);
    const { executionId } = run.verdict.runs[0]!;
    await store.report([news(run, { state: "running", finishedAt: null, last: false })]);
    assert.equal((await store.executions.get(executionId))?.state, "running");
    await store.report([news(run, { state: "submitted", attempt: 2, startedAt: null, finishedAt: null, error: "once", last: false })]);
    const waiting = await store.executions.get(executionId);
    assert.deepEqual([waiting?.state, waiting?.attempt, waiting?.error], ["submitted", 2, "once"]);
    const result = { text: `文 🚀 ${"x".repeat(50_000)}`, list: [1, null, "'\"\\"] };
    await store.report([news(run, { attempt: 2, result })]);
    const done = await store.executions.get(executionId);
    assert.deepEqual([done?.state, done?.attempt, done?.durationMs, done?.error], ["executed", 2, 250, null]);
    assert.deepEqual(done?.result, result);
  },
  "every ending is kept, with an error's message and stack": async ({ store }) => {
    for (const state of ["error", "missed", "cancelled"] as const) {
      const run = await running(store);
      const times = state === "missed" ? { startedAt: null } : {};
      await store.report([news(run, { state, error: "bad 文", stack: "at\n  line", ...times })]);
      const done = await store.executions.get(run.verdict.runs[0]!.executionId);
      assert.deepEqual([done?.state, done?.error, done?.stack], [state, "bad 文", "at\n  line"]);
      assert.equal(done?.durationMs, state === "missed" ? null : 250);
    }
  },
  "a report that is repeated is still true, one of somebody else's is not": async ({ store }) => {
    const run = await running(store);
    const end = news(run);
    assert.deepEqual(await store.report([end]), [true]);
    assert.deepEqual(await store.report([end]), [true]);
    assert.deepEqual(await store.report([news(run, { token: 77 }), news(run, { executionId: "nobody" })]), [false, false]);
  },
  "history is listed newest first, by job, state and time, page by page": async ({ store, advance }) => {
    const runs = [];
    for (let at = 0; at < 5; at++) {
      runs.push(await running(store, { id: at % 2 === 0 ? uniqueId("even") : "odd", incarnation: uniqueId("i") }));
      if (at === 1) await store.report([news(runs[1]!, { state: "error" })]);
      await store.remove("odd");
      await advance(5);
    }
    const all = await store.executions.list({});
    assert.equal(all.executions.length, 5);
    const times = all.executions.map(({ submittedAt }) => submittedAt);
    assert.deepEqual(times, [...times].sort((a, b) => b - a));
    assert.equal((await store.executions.list({ jobId: "odd" })).executions.length, 2);
    assert.equal((await store.executions.list({ states: ["error"] })).executions.length, 1);
    assert.equal((await store.executions.list({ states: ["submitted"] })).executions.length, 4);
    const middle = times[2]!;
    assert.equal((await store.executions.list({ from: middle })).executions.length, times.filter((t) => t >= middle).length);
    assert.equal((await store.executions.list({ to: middle })).executions.length, times.filter((t) => t < middle).length);
    const paged: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.executions.list({ limit: 2, ...(cursor === undefined ? {} : { cursor }) });
      paged.push(...page.executions.map(({ id }) => id));
      cursor = page.cursor;
    } while (cursor !== undefined);
    assert.deepEqual(paged, all.executions.map(({ id }) => id));
  },
  "durations are of the runs that ended, average and 95th percentile": async ({ store }) => {
    const id = uniqueId("timed");
    for (let at = 1; at <= 20; at++) {
      const run = await running(store, { id, incarnation: uniqueId("i") });
      await store.report([news(run, { startedAt: 1_000, finishedAt: 1_000 + at, state: at === 20 ? "error" : "executed" })]);
      await store.remove(id);
    }
    const statistics = (await store.executions.durations([id, "nobody"])).get(id);
    assert.deepEqual(statistics, { runs: 20, averageMs: 10.5, p95Ms: 19 });
    assert.equal((await store.executions.durations(["nobody"])).size, 0);
  },
  "old executions can be removed, those under way stay": async ({ store, advance }) => {
    const [done, open] = [await running(store), await running(store, {}, { leaseMs: 60_000 })];
    await store.report([news(done)]);
    const now = await store.now();
    assert.equal(await store.executions.deleteBefore(now - 60_000, 10), 0);
    await advance(10);
    assert.equal(await store.executions.deleteBefore((await store.now()) + 1, 10), 1);
    assert.equal(await store.executions.get(done.verdict.runs[0]!.executionId), undefined);
    assert.equal((await store.executions.get(open.verdict.runs[0]!.executionId))?.state, "submitted");
    assert.deepEqual(await store.report([news(open)]), [true]);
  },
  "running instances go on when their job is removed": async ({ store }) => {
    const run = await running(store);
    await store.remove(run.job.id);
    assert.deepEqual(await store.report([news(run)]), [true]);
    assert.equal((await store.executions.get(run.verdict.runs[0]!.executionId))?.state, "executed");
  },
  "a lease lasts as long as it was given for": async ({ store, advance }) => {
    const run = await running(store, { ack: "late" }, { leaseMs: LEASE_MS });
    const { nextExpiryMs, nowMs, takenOver } = await store.reap(claiming({ owner: "bob" }));
    assert.deepEqual(takenOver, []);
    assert.ok(nextExpiryMs !== null && nextExpiryMs > nowMs && nextExpiryMs <= nowMs + LEASE_MS);
    await advance(LEASE_MS + 20);
    assert.equal((await store.reap(claiming({ owner: "bob" }))).takenOver[0]?.instanceId, run.instanceId);
  },
};
