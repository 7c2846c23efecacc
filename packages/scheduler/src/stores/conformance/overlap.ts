import assert from "node:assert/strict";
import type { JobStore, NewInstance, ReclaimedInstance } from "../../core/job-store.js";
import {
  activeOf,
  byHand,
  type Cases,
  change,
  claiming,
  claimOne,
  executionsOf,
  FAR,
  job,
  keyOf,
  LEASE_MS,
  LEASE_OVER_MS,
  plannedRuns,
  reportOf,
  request,
  rowOf,
  running,
  runOf,
  started,
} from "./kit.js";

/** A request about a job that was just made due. */
async function dueRequest(store: JobStore, id: string, at: number, more: Partial<NewInstance> = {}) {
  await change(store, id, { nextRunMs: at });
  const claimed = await claimOne(store, id);
  return request(claimed, FAR, { runs: plannedRuns(at), overlap: claimed.overlap, ...more });
}

/** A job of which an instance runs and a run waits. */
async function waiting(store: JobStore, more: Parameters<typeof job>[0] = {}, instanceMore: Partial<NewInstance> = {}) {
  const run = await running(store, { overlap: "queue-one", ...more }, instanceMore);
  const what = await dueRequest(store, run.job.id, 2_000);
  const results = await store.dispatch([what]);
  return { run, what, results, queuedId: what.instance!.runs[0]!.executionId };
}

async function reclaimOne(
  store: JobStore,
  more: Parameters<typeof claiming>[0] = {},
): Promise<ReclaimedInstance | undefined> {
  const { reclaimed } = await store.reclaim(claiming({ owner: "bob", leaseMs: 60_000, ...more }));
  assert.ok(reclaimed.length <= 1, "one run was to be started");
  return reclaimed[0];
}

async function stateOf(store: JobStore, executionId: string) {
  return (await rowOf(store, executionId)).state;
}

export const overlapCases: Cases = {
  "a run that finds no place waits, and starts when the one before it has ended": async ({ store }) => {
    const { run, what, results, queuedId } = await waiting(store);
    assert.deepEqual(results, [{ kind: "queued", superseded: [], cancel: [] }]);
    assert.deepEqual(await store.dispatch([what]), results, "a repetition is answered alike");
    const row = await rowOf(store, queuedId);
    assert.deepEqual([row.state, row.startedAt, row.finishedAt, row.scheduledAt], ["queued", null, null, 2_000]);
    assert.equal(await activeOf(store, run.job.id), 1);
    assert.equal(await reclaimOne(store), undefined, "there is no place yet");
    await store.report([reportOf(run)]);
    const taken = await reclaimOne(store);
    assert.deepEqual(taken?.runs, what.instance!.runs);
    assert.deepEqual([taken?.attempt, taken?.wasQueued, taken?.job.id], [1, true, run.job.id]);
    assert.equal(taken?.job.misfireGraceTime, null, "waiting makes nothing late");
    assert.equal(await reclaimOne(store), undefined, "it is started once");
    assert.deepEqual(await store.dispatch([what]), [{ kind: "started", token: 0, runs: [] }]);
    const started = await rowOf(store, queuedId);
    assert.deepEqual([started.state, started.owner, await activeOf(store, run.job.id)], ["submitted", "bob", 1]);
    assert.deepEqual(await store.report([reportOf(runOf(taken!))]), [true]);
    assert.deepEqual([await stateOf(store, queuedId), await activeOf(store, run.job.id)], ["executed", 0]);
  },
  "a later run takes the place of the one that waits": async ({ store }) => {
    const { run, queuedId } = await waiting(store);
    const later = await dueRequest(store, run.job.id, 3_000);
    const runs = [{ executionId: queuedId, scheduledAt: 2_000 }];
    assert.deepEqual(await store.dispatch([later]), [{ kind: "queued", superseded: runs, cancel: [] }]);
    assert.equal(await stateOf(store, queuedId), "max_instances");
    await store.report([reportOf(run)]);
    assert.deepEqual((await reclaimOne(store))?.runs, later.instance!.runs);
    assert.equal((await executionsOf(store, run.job.id)).length, 3);
  },
  "a run that comes when the place is free takes the place of the one that waits for it": async ({ store }) => {
    const { run, queuedId } = await waiting(store);
    await store.report([reportOf(run)]);
    const later = await dueRequest(store, run.job.id, 3_000);
    const [result] = await store.dispatch([later]);
    assert.equal(result?.kind, "queued");
    assert.equal(await stateOf(store, queuedId), "max_instances");
    assert.deepEqual((await reclaimOne(store))?.runs, later.instance!.runs);
    assert.equal(await reclaimOne(store), undefined);
  },
  "of a backlog that finds no place the last run waits": async ({ store }) => {
    const { job: added, ...run } = await running(store, { overlap: "queue-one", coalesce: false });
    const runs = plannedRuns(2_000, 3_000, 4_000);
    const what = await dueRequest(store, added.id, 4_000, { runs });
    assert.equal((await store.dispatch([what]))[0]?.kind, "queued");
    const states = await Promise.all(runs.map(({ executionId }) => stateOf(store, executionId)));
    assert.deepEqual(states, ["max_instances", "max_instances", "queued"]);
    await store.report([reportOf(run)]);
    assert.deepEqual((await reclaimOne(store))?.runs, [runs[2]]);
  },
  "runs by hand of one batch wait one at a time": async ({ store }) => {
    const { job: added, ...run } = await running(store);
    const hands = [1, 2, 3].map(() => byHand(added, { overlap: "queue-one" }));
    const results = await store.dispatch(hands);
    assert.deepEqual(
      results.map((result) => result.kind === "queued" && result.superseded),
      [[], hands[0]!.instance!.runs, hands[1]!.instance!.runs],
    );
    await store.report([reportOf(run)]);
    assert.deepEqual((await reclaimOne(store))?.runs, hands[2]!.instance!.runs);
    assert.equal(await activeOf(store, added.id), 1);
  },
  "as many run as the job allows, also by way of the one that waits": async ({ store }) => {
    const added = job({ overlap: "queue-one", maxInstances: 2, nextRunMs: FAR });
    await store.insert(added);
    const hands = [1, 2, 3].map(() => byHand(added, { overlap: "queue-one" }));
    const results = await store.dispatch(hands);
    assert.deepEqual(
      results.map(({ kind }) => kind),
      ["started", "started", "queued"],
    );
    assert.equal(await reclaimOne(store), undefined);
    await change(store, added.id, { maxInstances: 3 });
    assert.deepEqual((await reclaimOne(store))?.runs, hands[2]!.instance!.runs);
    assert.equal(await activeOf(store, added.id), 3);
  },
  "what waits outlives the trigger's end, and the death of the run before it": async ({ store, advance }) => {
    const run = await running(store, { overlap: "queue-one", ack: "early" });
    await change(store, run.job.id, { nextRunMs: 2_000 });
    const last = request(await claimOne(store, run.job.id), null, { overlap: "queue-one" });
    assert.equal((await store.dispatch([last]))[0]?.kind, "queued");
    assert.equal(await store.get(run.job.id), undefined);
    await advance(LEASE_OVER_MS);
    const { lost, reclaimed } = await store.reclaim(claiming({ owner: "bob", leaseMs: 60_000 }));
    assert.deepEqual(
      lost.map(({ id, state }) => [id, state]),
      [[run.result.runs[0]!.executionId, "lost"]],
    );
    const taken = reclaimed[0] ?? (await reclaimOne(store));
    assert.deepEqual(taken?.runs, last.instance!.runs);
  },
  "a late run that is taken over keeps its place": async ({ store, advance }) => {
    const { run, what } = await waiting(store, { ack: "late" });
    await advance(LEASE_OVER_MS);
    const again = await reclaimOne(store);
    assert.deepEqual([again?.attempt, again?.runs], [2, run.result.runs]);
    assert.equal(await reclaimOne(store), undefined);
    await store.report([reportOf(runOf(again!), { attempt: 2 })]);
    assert.deepEqual((await reclaimOne(store))?.runs, what.instance!.runs);
  },
  "a retry that waits keeps its place": async ({ store }) => {
    const { run, what } = await waiting(store);
    const failed = { state: "submitted", attempt: 2, last: false, finishedAt: null, error: "first" } as const;
    await store.report([reportOf(run, failed)]);
    assert.equal(await reclaimOne(store), undefined);
    await store.report([reportOf(run, { attempt: 2 })]);
    assert.deepEqual((await reclaimOne(store))?.runs, what.instance!.runs);
  },
  "a change of its job changes what waits": async ({ store }) => {
    const { run } = await waiting(store, { args: ["before"] });
    await change(store, run.job.id, { args: ["after", "文"], kwargs: { a: [] }, ack: "late", maxDeliveries: 9 });
    await store.report([reportOf(run)]);
    const taken = await reclaimOne(store);
    assert.deepEqual([taken?.job.args, taken?.job.kwargs], [["after", "文"], { a: [] }]);
    assert.deepEqual([taken?.job.ack, taken?.job.misfireGraceTime], ["late", null]);
  },
  "what waits of a late job is delivered again when its scheduler dies": async ({ store, advance }) => {
    const { run, what } = await waiting(store, { ack: "late" });
    await store.report([reportOf(run)]);
    await reclaimOne(store, { owner: "carol", leaseMs: LEASE_MS });
    await advance(LEASE_OVER_MS);
    const again = await reclaimOne(store);
    assert.deepEqual([again?.attempt, again?.runs, again?.wasQueued], [2, what.instance!.runs, undefined]);
  },
  "what waits of a job that leaves ack to a late task is delivered again as well": async ({ store, advance }) => {
    const { run } = await waiting(store, { ack: "early", fromTask: ["ack"] });
    await store.report([reportOf(run)]);
    await reclaimOne(store, { owner: "carol", leaseMs: LEASE_MS, acks: new Map([["task", "late"]]) });
    await advance(LEASE_OVER_MS);
    assert.equal((await reclaimOne(store))?.attempt, 2);
  },
  "a paused job's run waits on, unless it was asked for by hand": async ({ store }) => {
    const { run, what } = await waiting(store);
    await change(store, run.job.id, { nextRunMs: null });
    await store.report([reportOf(run)]);
    assert.equal(await reclaimOne(store), undefined);
    await change(store, run.job.id, { nextRunMs: FAR });
    const resumed = await reclaimOne(store);
    assert.deepEqual(resumed?.runs, what.instance!.runs);
    const paused = await change(store, run.job.id, { nextRunMs: null });
    const hand = byHand(paused, { overlap: "queue-one" });
    await store.dispatch([hand]);
    await store.report([reportOf(runOf(resumed!))]);
    assert.deepEqual((await reclaimOne(store))?.runs, hand.instance!.runs);
  },
  "a run that waits counts towards maxRuns once, and the last one starts although its job has ended": async ({
    store,
  }) => {
    const run = await running(store, { overlap: "queue-one" });
    await change(store, run.job.id, { maxRuns: 2, runCount: 0 });
    const counted = async (at: number) => {
      const what = await dueRequest(store, run.job.id, at);
      return store.dispatch([{ ...what, claim: { ...what.claim!, misfireCount: 0 } }]);
    };
    const countOf = async () => (await store.get(run.job.id))?.runCount;
    assert.equal((await counted(2_000))[0]?.kind, "queued");
    assert.equal(await countOf(), 1);
    assert.equal((await counted(3_000))[0]?.kind, "queued");
    assert.equal(await countOf(), 1);
    await store.report([reportOf(run)]);
    const taken = await reclaimOne(store);
    assert.equal((await counted(4_000))[0]?.kind, "queued");
    assert.deepEqual([await countOf(), (await store.get(run.job.id))?.nextRunMs], [2, null]);
    await store.report([reportOf(runOf(taken!))]);
    assert.equal((await reclaimOne(store))?.runs[0]?.scheduledAt, 4_000);
  },
  "removing its job ends what waits, and what runs goes on": async ({ store }) => {
    const { run, queuedId } = await waiting(store);
    assert.equal(await store.remove(run.job.id), true);
    assert.equal(await stateOf(store, queuedId), "cancelled");
    assert.deepEqual(await store.report([reportOf(run)]), [true]);
    assert.equal(await reclaimOne(store), undefined);
    assert.equal(await store.remove(run.job.id), false);
    const other = await waiting(store);
    await store.removeAll();
    assert.equal(await stateOf(store, other.queuedId), "cancelled");
    await store.report([reportOf(other.run)]);
    assert.equal(await reclaimOne(store), undefined);
  },
  "cancelling what waits ends it at once": async ({ store }) => {
    const { run, queuedId } = await waiting(store);
    assert.equal(await store.requestCancel(queuedId), true);
    assert.equal(await store.requestCancel(queuedId), false);
    const { state, finishedAt } = await rowOf(store, queuedId);
    assert.deepEqual([state, typeof finishedAt], ["cancelled", "number"]);
    await store.report([reportOf(run)]);
    assert.equal(await reclaimOne(store), undefined);
  },
  "cancel-other asks the oldest to end, as many as must go": async ({ store, advance }) => {
    const added = job({ maxInstances: 2, nextRunMs: FAR });
    await store.insert(added);
    const hands = [1, 2].map(() => byHand(added));
    const runs = [];
    for (const hand of hands) {
      runs.push({ instanceId: hand.instance!.id, result: await started(store, hand) });
      await advance(2); // of the same millisecond, neither is the older
    }
    const third = byHand(added, { overlap: "cancel-other" });
    const oldest = runs[0]!.result.runs[0]!.executionId;
    assert.deepEqual(await store.dispatch([third]), [{ kind: "queued", superseded: [], cancel: [oldest] }]);
    assert.deepEqual((await store.renew(runs.map(keyOf), LEASE_MS)).cancel, [oldest]);
    const fourth = byHand(added, { overlap: "cancel-other" });
    const [result] = await store.dispatch([fourth]);
    assert.deepEqual(result, { kind: "queued", superseded: third.instance!.runs, cancel: [oldest] });
    assert.equal(await reclaimOne(store), undefined);
    await store.report([reportOf(runs[0]!, { state: "cancelled" })]);
    assert.deepEqual((await reclaimOne(store))?.runs, fourth.instance!.runs);
    assert.equal(await activeOf(store, added.id), 2);
  },
  "what was asked to end is not started again: its lease over, it is cancelled": async ({ store, advance }) => {
    for (const ack of ["early", "late"] as const) {
      const { run, what, results } = await waiting(store, { ack, overlap: "cancel-other" });
      const { executionId } = run.result.runs[0]!;
      assert.deepEqual(results, [{ kind: "queued", superseded: [], cancel: [executionId] }]);
      await advance(LEASE_OVER_MS);
      const { lost, reclaimed } = await store.reclaim(claiming({ owner: "bob", leaseMs: 60_000 }));
      assert.deepEqual(
        lost.map(({ id, state }) => [id, state]),
        [[executionId, "cancelled"]],
      );
      assert.equal(await stateOf(store, executionId), "cancelled");
      assert.deepEqual(await store.report([reportOf(run)]), [false], "its holder comes too late");
      const taken = reclaimed[0] ?? (await reclaimOne(store));
      assert.deepEqual(taken?.runs, what.instance!.runs);
      await store.report([reportOf(runOf(taken!))]);
    }
  },
  "what waits is started by a scheduler that can run it, as much as it has room for": async ({ store }) => {
    const [one, other] = [await waiting(store, { executor: "cpu" }), await waiting(store, { executor: "cpu" })];
    await store.report([reportOf(one.run), reportOf(other.run)]);
    const executors = (executor: string, capacity: number, tasks = ["task"]) => ({
      executors: [{ executor, capacity, tasks }],
    });
    assert.equal(await reclaimOne(store, executors("default", 9)), undefined);
    assert.equal(await reclaimOne(store, executors("cpu", 9, ["another"])), undefined);
    assert.equal(await reclaimOne(store, executors("cpu", 9, [])), undefined);
    const first = await reclaimOne(store, { ...executors("cpu", 1), limit: 1 });
    const second = await reclaimOne(store, { ...executors("cpu", 1), limit: 1 });
    assert.deepEqual(
      [first?.job.id, second?.job.id].sort(),
      [one.run.job.id, other.run.job.id].sort(),
      "both, one after the other",
    );
  },
  "many who look for a run that waits start it once": async ({ store, second }) => {
    const { run, what } = await waiting(store);
    await store.report([reportOf(run)]);
    const looks = Array.from({ length: 8 }, async (_, at) =>
      (at % 2 === 0 ? store : (second ?? store)).reclaim(claiming({ owner: `o${at}`, leaseMs: 60_000 })),
    );
    const taken = (await Promise.all(looks)).flatMap(({ reclaimed }) => reclaimed);
    assert.deepEqual(
      taken.map(({ runs }) => runs),
      [what.instance!.runs],
    );
  },
  "what waits is listed by its state and is kept by the history": async ({ store }) => {
    const { run, queuedId } = await waiting(store);
    const listed = async (states: readonly ("queued" | "submitted" | "running")[]) =>
      (await store.executions.list({ states })).executions.map(({ id }) => id).sort();
    assert.deepEqual(await listed(["queued"]), [queuedId]);
    const all = [run.result.runs[0]!.executionId, queuedId].sort();
    assert.deepEqual(await listed(["queued", "submitted", "running"]), all);
    assert.equal(await store.executions.deleteBefore(FAR, 100), 0);
    assert.equal(await stateOf(store, queuedId), "queued");
    await store.report([reportOf(run)]);
    await reclaimOne(store);
    assert.deepEqual(await listed(["queued"]), []);
  },
};
