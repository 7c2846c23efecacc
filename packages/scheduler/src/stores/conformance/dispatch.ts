import assert from "node:assert/strict";
import type { DispatchRequest } from "../../core/job-store.js";
import {
  activeOf,
  byHand,
  type Cases,
  change,
  claiming,
  claimOne,
  executionsOf,
  FAR,
  insertAll,
  instance,
  job,
  LEASE_OVER_MS,
  plannedRuns,
  reportOf,
  request,
  rowOf,
  running,
  started,
  stored,
  uniqueId,
} from "./kit.js";

const NOTHING_TO_DO = { kind: "started", token: 0, runs: [] } as const;

/** Cases for dispatch: one atomic step, applied once. */
export const dispatchCases: Cases = {
  "a start writes the execution, opens the instance and moves the job, all at once": async ({ store }) => {
    const { job: added, result, what } = await running(store, { name: "文 🚀" });
    assert.deepEqual(result.runs, what.instance!.runs);
    assert.equal((await store.get(added.id))?.nextRunMs, FAR);
    const row = await rowOf(store, result.runs[0]!.executionId);
    assert.ok(Math.abs(row.submittedAt - (await store.now())) < 5_000);
    const { submittedAt: _now, ...rest } = row;
    assert.deepEqual(rest, {
      id: result.runs[0]!.executionId,
      jobId: added.id,
      jobName: "文 🚀",
      scheduledAt: 1_000,
      startedAt: null,
      finishedAt: null,
      durationMs: null,
      state: "submitted",
      owner: "alice",
      attempt: 1,
      result: null,
      error: null,
      stack: null,
    });
    assert.equal(await activeOf(store, added.id), 1);
  },
  "a job that has moved on is claimed again for its next run": async ({ store }) => {
    const added = job({ maxInstances: 9 });
    await store.insert(added);
    const versions: number[] = [];
    for (const next of [2_000, 3_000, 4_000]) {
      const claimed = await claimOne(store, added.id);
      assert.equal(claimed.nextRunMs, next - 1_000);
      await started(store, request(claimed, next));
      versions.push(claimed.version);
    }
    assert.deepEqual(
      versions,
      [...new Set(versions)].sort((a, b) => a - b),
    );
    assert.equal((await executionsOf(store, added.id)).length, 3);
  },
  "a job whose trigger has ended goes, its history stays": async ({ store }) => {
    const added = job();
    await store.insert(added);
    const result = await started(store, request(await claimOne(store, added.id), null));
    assert.equal(await store.get(added.id), undefined);
    assert.equal((await executionsOf(store, added.id)).length, 1);
    assert.equal((await rowOf(store, result.runs[0]!.executionId)).jobId, added.id);
    assert.equal(await activeOf(store, added.id), 1);
  },
  "runs are counted in the step that opens them, and the last one leaves the job without a next run": async ({
    store,
  }) => {
    const added = job({ maxRuns: 3, runCount: 0, maxInstances: 2, coalesce: false });
    await store.insert(added);
    const run = async (next: number, misfireCount: number, scheduled: readonly number[]) => {
      const claimed = await claimOne(store, added.id);
      const runs = scheduled.map((scheduledAt) => ({ executionId: uniqueId("e"), scheduledAt }));
      const what = counting(request(claimed, next, { runs }), misfireCount);
      const [result] = await store.dispatch([what]);
      const [again] = await store.dispatch([what]); // repeated, as after a lost answer
      assert.deepEqual(again, result);
      return result!;
    };
    const late = await run(3_000, 1, [1_000, 2_000]);
    assert.equal(late.kind === "started" && late.runs.length, 2);
    const second = await store.get(added.id);
    assert.deepEqual([second?.runCount, second?.maxRuns, second?.nextRunMs], [1, 3, 3_000]);
    await run(4_000, 0, [2_000, 3_000]); // the first of them was started before
    assert.equal((await store.get(added.id))?.runCount, 2);
    assert.equal((await run(5_000, 0, [4_000])).kind, "max_instances");
    const full = await store.get(added.id);
    assert.deepEqual([full?.runCount, full?.nextRunMs], [2, 5_000]);
    await store.update({ ...full!, maxInstances: 3 });
    assert.equal((await run(6_000, 0, [5_000])).kind, "started");
    const ended = await stored(store, added.id);
    assert.deepEqual([ended.runCount, ended.nextRunMs, ended.args, ended.tags], [3, null, added.args, added.tags]);
    assert.equal(
      (await store.list({ state: "paused" })).jobs.some(({ id }) => id === added.id),
      true,
    );
    assert.equal(
      (await store.claimDue(claiming())).jobs.some(({ id }) => id === added.id),
      false,
    );
  },
  "a trigger that ends before its number of runs removes the job": async ({ store }) => {
    const added = job({ maxRuns: 3, runCount: 0 });
    await store.insert(added);
    await started(store, counting(request(await claimOne(store, added.id), null), 0));
    assert.equal(await store.get(added.id), undefined);
  },
  "a request without runs moves the job, or removes it, and writes nothing": async ({ store }) => {
    const [moved, ended] = [job(), job()];
    await insertAll(store, [moved, ended]);
    const { jobs } = await store.claimDue(claiming());
    const requests = jobs.map((claimed) => {
      return {
        jobId: claimed.id,
        claim: { version: claimed.version, nextRunMs: claimed.id === moved.id ? FAR : null },
      };
    });
    for (const result of await store.dispatch(requests)) {
      assert.deepEqual([result.kind, "runs" in result && result.runs], ["started", []]);
    }
    assert.equal((await stored(store, moved.id)).nextRunMs, FAR);
    assert.equal(await store.get(ended.id), undefined);
    assert.deepEqual((await store.executions.list({})).executions, []);
    const { version } = await stored(store, moved.id);
    await store.dispatch(requests); // repeated, as after a lost answer
    assert.equal((await stored(store, moved.id)).version, version);
  },
  "run times that are had once without a claim are those of claims, but for those that ended so": async ({ store }) => {
    const added = job({ maxInstances: 2, nextRunMs: 2_000, coalesce: false });
    await store.insert(added);
    const claimed = await claimOne(store, added.id);
    const [first, second] = plannedRuns(1_000, 2_000);
    const by = request(claimed, 3_000, { runs: [first!, second!] });
    const run = { instanceId: by.instance!.id, result: await started(store, by) };
    await store.report([
      reportOf(run, { executionId: first!.executionId, state: "missed", startedAt: null, last: false }),
      reportOf(run, { executionId: second!.executionId }),
    ]);

    const skipExistingExcept = ["missed", "max_instances"] as const;
    const runs = plannedRuns(1_000, 1_500, 2_000, 3_000);
    const fill = byHand(added, { runs, skipExistingExcept });
    const result = await started(store, fill);
    assert.deepEqual(result.runs, [runs[0], runs[1], runs[3]]);
    assert.deepEqual((await started(store, fill)).runs, result.runs, "a repetition is answered alike");
    assert.equal((await stored(store, added.id)).nextRunMs, 3_000);
    const next = await started(store, request(await claimOne(store, added.id), 3_500, { runs: plannedRuns(3_000) }));
    assert.deepEqual(next, NOTHING_TO_DO, "the backfill had it");
    assert.deepEqual((await started(store, byHand(added, { runs: plannedRuns(1_000), skipExistingExcept }))).runs, []);

    const count = (await executionsOf(store, added.id)).length;
    await started(store, byHand(added));
    const full = byHand(added, { runs: plannedRuns(4_000), skipExistingExcept });
    assert.deepEqual(await store.dispatch([full]), [{ kind: "max_instances" }]);
    assert.equal((await executionsOf(store, added.id)).length, count + 1, "nothing is written without a place");
  },
  "a stale request does nothing at all": async ({ store }) => {
    const added = job();
    await store.insert(added);
    const claimed = await claimOne(store, added.id);
    const stale = [claimed.version - 1, claimed.version + 1].map((version) => request({ ...claimed, version }, null));
    assert.deepEqual(await store.dispatch(stale), [{ kind: "stale" }, { kind: "stale" }]);
    assert.equal((await stored(store, added.id)).version, claimed.version);
    assert.deepEqual(await executionsOf(store, added.id), []);
    assert.equal(await activeOf(store, added.id), 0);
    await started(store, request(claimed, FAR));
  },
  "a job that was not claimed cannot be decided about": async ({ store }) => {
    const added = job();
    await store.insert(added);
    assert.deepEqual(await store.dispatch([request(await stored(store, added.id), FAR)]), [{ kind: "stale" }]);
    assert.equal((await stored(store, added.id)).nextRunMs, 1_000);
  },
  "the same request again has the same answer and leaves no second row": async ({ store, second }) => {
    const { job: added, what, result } = await running(store);
    assert.deepEqual(await store.dispatch([what]), [result]);
    assert.deepEqual(await (second ?? store).dispatch([what]), [result]);
    assert.equal((await executionsOf(store, added.id)).length, 1);
    assert.equal(await activeOf(store, added.id), 1);
    const hand = byHand((await store.get(added.id))!, { job: { ...added, maxInstances: 9 } });
    await change(store, added.id, { maxInstances: 9 });
    const first = await store.dispatch([hand]);
    assert.deepEqual(await store.dispatch([hand]), first);
    assert.equal((await executionsOf(store, added.id)).length, 2);
    assert.equal(await activeOf(store, added.id), 2);
  },
  "the same request again finds its work when the job has ended with it": async ({ store }) => {
    const added = job();
    await store.insert(added);
    const what = request(await claimOne(store, added.id), null);
    const first = await store.dispatch([what]);
    assert.deepEqual(await store.dispatch([what]), first);
    assert.equal((await executionsOf(store, added.id)).length, 1);
  },
  "a request repeated after its run has ended has nothing left to do": async ({ store }) => {
    const run = await running(store);
    await store.report([reportOf(run)]);
    assert.deepEqual(await store.dispatch([run.what]), [NOTHING_TO_DO]);
    assert.equal((await rowOf(store, run.result.runs[0]!.executionId)).state, "executed");
  },
  "a request repeated after another took its run over has nothing left to do": async ({ store, advance }) => {
    const run = await running(store, { ack: "late" });
    await advance(LEASE_OVER_MS);
    assert.equal((await store.reclaim(claiming({ owner: "bob", leaseMs: 60_000 }))).reclaimed.length, 1);
    const [result] = await store.dispatch([run.what]);
    assert.deepEqual(result?.kind === "started" && result.runs, []);
    assert.equal((await rowOf(store, run.result.runs[0]!.executionId)).owner, "bob");
  },
  "a batch that is sent again, some of it new, is done once": async ({ store }) => {
    await insertAll(
      store,
      Array.from({ length: 20 }, (_, at) => job({ id: `b${at}` })),
    );
    const { jobs } = await store.claimDue(claiming({ leaseMs: 60_000 }));
    const requests = jobs.map((claimed) => request(claimed, FAR));
    const first = await store.dispatch(requests.slice(0, 12));
    const all = await store.dispatch(requests);
    assert.deepEqual(all.slice(0, 12), first);
    assert.deepEqual(new Set(all.map(({ kind }) => kind)), new Set(["started"]));
    assert.equal((await store.executions.list({})).executions.length, 20);
  },
  "too many instances: written down as such, the run lost, the job moved on": async ({ store }) => {
    const first = await running(store);
    await change(store, first.job.id, { nextRunMs: 2_000 });
    const claimed = await claimOne(store, first.job.id, "bob");
    const what = request(claimed, FAR, { owner: "bob", runs: plannedRuns(2_000, 3_000) });
    assert.deepEqual(await store.dispatch([what]), [{ kind: "max_instances" }]);
    assert.deepEqual(await store.dispatch([what]), [{ kind: "max_instances" }]);
    assert.equal((await store.get(first.job.id))?.nextRunMs, FAR);
    for (const { executionId } of what.instance!.runs) {
      const { state, startedAt, owner, durationMs } = await rowOf(store, executionId);
      assert.deepEqual([state, startedAt, owner, durationMs], ["max_instances", null, "bob", null]);
    }
    assert.equal((await executionsOf(store, first.job.id)).length, 3);
    assert.equal(await activeOf(store, first.job.id), 1);
    await store.report([reportOf(first)]);
    await change(store, first.job.id, { nextRunMs: 4_000 });
    await started(store, request(await claimOne(store, first.job.id), FAR));
  },
  "as many instances as the job allows run at once, whichever scheduler owns them": async ({ store, second }) => {
    const added = job({ maxInstances: 3, nextRunMs: FAR });
    await store.insert(added);
    const hands = Array.from({ length: 8 }, (_, at) => byHand(added, { owner: `o${at}` }));
    const results = (
      await Promise.all(hands.map(async (hand, at) => (at % 2 === 0 ? store : (second ?? store)).dispatch([hand])))
    ).flat();
    assert.deepEqual(results.map(({ kind }) => kind).sort(), [
      ...Array(5).fill("max_instances"),
      ...Array(3).fill("started"),
    ]);
    assert.equal(await activeOf(store, added.id), 3);
    const at = results.findIndex(({ kind }) => kind === "started");
    const { token, runs } = results[at] as Extract<(typeof results)[number], { kind: "started" }>;
    const run = { instanceId: hands[at]!.instance!.id, result: { kind: "started", token, runs } as const };
    await store.report([reportOf(run)]);
    assert.deepEqual(
      (await store.dispatch([byHand(added), byHand(added)])).map(({ kind }) => kind),
      ["started", "max_instances"],
    );
  },
  "how many may run is said by the job as it stands": async ({ store }) => {
    const run = await running(store);
    await change(store, run.job.id, { maxInstances: 2 });
    assert.equal((await store.dispatch([byHand(await stored(store, run.job.id))]))[0]?.kind, "started");
    await change(store, run.job.id, { maxInstances: 1 });
    assert.equal((await store.dispatch([byHand(await stored(store, run.job.id))]))[0]?.kind, "max_instances");
  },
  "several run times of one submission are one instance": async ({ store }) => {
    const added = job({ coalesce: false });
    await store.insert(added);
    const runs = plannedRuns(1_000, 2_000, 3_000);
    const what = request(await claimOne(store, added.id), FAR, { runs });
    const result = await started(store, what);
    assert.deepEqual(result.runs, runs);
    const run = { instanceId: what.instance!.id, result };
    for (const [at, last] of [
      [0, false],
      [1, false],
      [2, true],
    ] as const) {
      assert.equal(await activeOf(store, added.id), 1);
      assert.deepEqual(await store.report([reportOf(run, { executionId: runs[at]!.executionId, last })]), [true]);
    }
    assert.equal(await activeOf(store, added.id), 0);
    const executions = await executionsOf(store, added.id);
    assert.deepEqual(
      executions.map(({ state }) => state),
      ["executed", "executed", "executed"],
    );
    assert.deepEqual(executions.map(({ scheduledAt }) => scheduledAt).sort(), [1_000, 2_000, 3_000]);
  },
  "a run time is executed once, by a new incarnation once more": async ({ store }) => {
    const run = await running(store);
    await store.report([reportOf(run)]);
    const { id } = run.job;
    await change(store, id, { nextRunMs: 1_000 });
    const result = await started(store, request(await claimOne(store, id), FAR));
    assert.deepEqual(result.runs, []);
    assert.equal((await stored(store, id)).nextRunMs, FAR);
    assert.equal((await executionsOf(store, id)).length, 1);
    assert.equal(await activeOf(store, id), 0);
    await change(store, id, { nextRunMs: 1_000, incarnation: uniqueId("i") });
    assert.equal((await started(store, request(await claimOne(store, id), FAR))).runs.length, 1);
  },
  "a job that comes back as it was, incarnation and all, does not repeat a run time": async ({ store }) => {
    const run = await running(store);
    await store.report([reportOf(run)]);
    await store.remove(run.job.id);
    await store.insert(run.job);
    assert.deepEqual((await started(store, request(await claimOne(store, run.job.id), FAR))).runs, []);
  },
  "of a backlog, the run times that were executed before are left out": async ({ store }) => {
    const added = job({ coalesce: false });
    await store.insert(added);
    const first = request(await claimOne(store, added.id), 1_000, { runs: plannedRuns(2_000, 4_000) });
    const result = await started(store, first);
    const run = { instanceId: first.instance!.id, result };
    await store.report(result.runs.map(({ executionId }, at) => reportOf(run, { executionId, last: at === 1 })));
    const runs = plannedRuns(1_000, 2_000, 3_000, 4_000, 5_000);
    const rest = await started(store, request(await claimOne(store, added.id), FAR, { runs }));
    assert.deepEqual(rest.runs, [runs[0], runs[2], runs[4]]);
    assert.equal((await executionsOf(store, added.id)).length, 5);
  },
  "one run time in one request twice is one run": async ({ store }) => {
    const added = job({ maxInstances: 5 });
    await store.insert(added);
    const claimed = await claimOne(store, added.id);
    const results = await store.dispatch([request(claimed, 1_000), request(claimed, FAR)]);
    assert.deepEqual(
      results.map(({ kind }) => kind),
      ["started", "stale"],
      "a claim is used once",
    );
    const again = await started(store, request(await claimOne(store, added.id), FAR));
    assert.deepEqual(again.runs, []);
  },
  "a run by hand leaves the next run alone and needs its job": async ({ store }) => {
    const added = job({ nextRunMs: FAR });
    await store.insert(added);
    await started(store, byHand(added));
    assert.equal((await store.get(added.id))?.nextRunMs, FAR);
    assert.equal((await store.get(added.id))?.version, 1);
    assert.deepEqual(await store.dispatch([byHand(added)]), [{ kind: "max_instances" }]);
    const gone = job();
    assert.deepEqual(await store.dispatch([byHand(gone)]), [{ kind: "stale" }]);
    assert.deepEqual(await executionsOf(store, gone.id), []);
  },
  "a run by hand may repeat a run time, and does not use the trigger's up": async ({ store }) => {
    const added = job({ maxInstances: 9 });
    await store.insert(added);
    await started(store, byHand(added));
    await started(store, byHand(added));
    assert.equal((await started(store, request(await claimOne(store, added.id), FAR))).runs.length, 1);
    assert.equal((await started(store, byHand(added))).runs.length, 1);
    assert.equal((await executionsOf(store, added.id)).length, 4);
  },
  "a run by hand does not disturb a claim, and a paused job stays paused": async ({ store }) => {
    const [due, paused] = [job({ maxInstances: 2 }), job({ nextRunMs: null })];
    await insertAll(store, [due, paused]);
    const claimed = await claimOne(store, due.id);
    await started(store, byHand(due));
    await started(store, request(claimed, FAR));
    await started(store, byHand(paused));
    assert.equal((await stored(store, paused.id)).nextRunMs, null);
  },
  "200 requests have 200 answers in order": async ({ store }) => {
    const ids = Array.from({ length: 200 }, (_, at) => `b${at}`);
    await insertAll(
      store,
      ids.map((id) => job({ id })),
    );
    const claimed = [];
    while (claimed.length < ids.length)
      claimed.push(...(await store.claimDue(claiming({ leaseMs: 60_000, limit: 200 }))).jobs);
    const requests = claimed.map((record, at) => {
      if (at % 10 === 3) return request({ ...record, version: 0 }, FAR);
      return at % 10 === 4 ? byHand(job()) : request(record, at % 10 === 5 ? null : FAR);
    });
    const results = await store.dispatch(requests);
    const wanted = requests.map((_, at) => (at % 10 === 3 || at % 10 === 4 ? "stale" : "started"));
    assert.deepEqual(
      results.map(({ kind }) => kind),
      wanted,
    );
    for (const [at, result] of results.entries()) {
      if (result.kind === "started") assert.deepEqual(result.runs, requests[at]!.instance!.runs);
    }
    assert.equal((await listed(store)).length, 180);
    assert.deepEqual(await store.dispatch([]), []);
  },
  "an instance keeps the job as it was when it started": async ({ store, advance }) => {
    const run = await running(store, { ack: "late", args: ["before", { 文: "🚀" }], kwargs: { a: 1 } });
    await change(store, run.job.id, { args: ["after"], name: "another" });
    await store.remove(run.job.id);
    await advance(LEASE_OVER_MS);
    const [taken] = (await store.reclaim(claiming({ owner: "bob" }))).reclaimed;
    assert.deepEqual([taken?.job.args, taken?.job.kwargs], [["before", { 文: "🚀" }], { a: 1 }]);
    assert.deepEqual([taken?.job.id, taken?.job.func, taken?.job.name], [run.job.id, "task", "a job"]);
    assert.equal(String(taken?.job.trigger), String(run.job.trigger));
  },
  "two owners through many rounds execute each run time once": async ({ store, second }) => {
    const [jobs, rounds] = [30, 4];
    await insertAll(
      store,
      // An owner may be a whole round behind the others: its run has not ended, and counts.
      Array.from({ length: jobs }, (_, at) => job({ id: `j${at}`, nextRunMs: 1_000, maxInstances: rounds })),
    );
    const done: string[] = [];
    const work = async (each: typeof store, owner: string) => {
      for (let idle = 0; idle < 3; ) {
        const { jobs: claimed } = await each.claimDue(claiming({ owner, limit: 6, leaseMs: 60_000 }));
        idle = claimed.length === 0 ? idle + 1 : 0;
        const requests = claimed.map((record) => {
          const next = record.nextRunMs! + 1_000;
          return { ...request(record, next > rounds * 1_000 ? null : next), instance: instance(record, { owner }) };
        });
        const results = await each.dispatch(requests);
        const ends = results.map((result, at) => {
          assert.equal(result.kind, "started");
          done.push(`${requests[at]!.jobId} ${requests[at]!.instance.runs[0]!.scheduledAt}`);
          return reportOf({ instanceId: requests[at]!.instance.id, result: result as never });
        });
        assert.ok((await each.report(ends)).every(Boolean));
      }
    };
    await Promise.all([work(store, "alice"), work(second ?? store, "bob"), work(store, "carol")]);
    await work(store, "alice"); // a worker that idled early may have left the last ones
    assert.equal(done.length, jobs * rounds);
    assert.equal(new Set(done).size, jobs * rounds);
    const { executions } = await store.executions.list({ limit: 1_000 });
    assert.equal(executions.length, jobs * rounds);
    assert.ok(executions.every(({ state }) => state === "executed"));
    assert.deepEqual(await listed(store), []);
  },
};

async function listed(store: Parameters<typeof executionsOf>[0]) {
  return (await store.list({ limit: 1_000 })).jobs;
}

function counting(what: DispatchRequest, misfireCount: number): DispatchRequest {
  return { ...what, claim: { ...what.claim!, misfireCount } };
}
