import assert from "node:assert/strict";
import type { ExecutionQuery } from "../../core/execution.js";
import type { JobStore, PlannedRun, Report } from "../../core/job-store.js";
import {
  byHand,
  type Cases,
  claiming,
  executionsOf,
  FAR,
  insertAll,
  job,
  LEASE_OVER_MS,
  pages,
  plannedRuns,
  reportOf,
  running,
  started,
  uniqueId,
} from "./kit.js";

/** Cases for the history: listing, statistics, deletion. */
export const historyCases: Cases = {
  "history is listed newest first, by job, state and time, page by page": async ({ store, advance }) => {
    const runs = [];
    for (let at = 0; at < 5; at++) {
      runs.push(await running(store, { id: at % 2 === 0 ? uniqueId("even") : "odd", incarnation: uniqueId("i") }));
      if (at === 1) await store.report([reportOf(runs[1]!, { state: "error" })]);
      await store.remove("odd");
      await advance(5);
    }
    const all = (await store.executions.list({})).executions;
    assert.deepEqual(
      all.map(({ id }) => id),
      runs.map(({ result }) => result.runs[0]!.executionId).reverse(),
    );
    const times = all.map(({ submittedAt }) => submittedAt);
    assert.deepEqual(
      times,
      [...times].sort((a, b) => b - a),
    );
    const count = async (query: ExecutionQuery) => (await store.executions.list(query)).executions.length;
    assert.equal(await count({ jobId: "odd" }), 2);
    assert.equal(await count({ jobId: "unknown" }), 0);
    assert.equal(await count({ states: ["error"] }), 1);
    assert.equal(await count({ states: ["submitted"] }), 4);
    assert.equal(await count({ states: ["submitted", "error"] }), 5);
    assert.equal(await count({ states: ["executed"] }), 0);
    assert.equal(await count({ jobId: "odd", states: ["error"] }), 1);
    const middle = times[2]!;
    assert.equal(await count({ from: middle }), times.filter((t) => t >= middle).length);
    assert.equal(await count({ to: middle }), times.filter((t) => t < middle).length);
    assert.equal(await count({ from: middle, to: middle + 1 }), times.filter((t) => t === middle).length);
    assert.equal(await count({ jobId: "odd", from: middle }), 1);
    for (const limit of [1, 2, 5])
      assert.deepEqual(
        await listedIds(store, { limit }),
        all.map(({ id }) => id),
      );
    assert.deepEqual(await listedIds(store, { limit: 1, jobId: "odd" }), [all[1]!.id, all[3]!.id]);
  },
  "executions of one moment page through without loss": async ({ store }) => {
    const hands = await submitted(store, 45);
    const ids = hands.map(({ executionId }) => executionId);
    for (const limit of [10, 44, 45]) {
      const listed = await listedIds(store, { limit });
      assert.deepEqual([...listed].sort(), [...ids].sort(), `${limit} a page`);
    }
  },
  "what is submitted between two pages does not shift them": async ({ store, advance }) => {
    await submitted(store, 6);
    await advance(5);
    const before = await listedIds(store, {});
    const first = await store.executions.list({ limit: 2 });
    await submitted(store, 3);
    const rest = await listedIds(store, { limit: 2, cursor: first.cursor! });
    assert.deepEqual([...first.executions.map(({ id }) => id), ...rest], before);
  },
  "an unknown execution is undefined": async ({ store }) => {
    assert.equal(await store.executions.get("unknown"), undefined);
    assert.deepEqual(await store.executions.list({}), { executions: [] });
  },
  "a reported end is seen in the lists, by whatever client": async ({ store, second }) => {
    const run = await running(store);
    await store.report([reportOf(run, { result: { 文: 1 } })]);
    const [listed] = (await (second ?? store).executions.list({ states: ["executed"] })).executions;
    assert.deepEqual(listed, await store.executions.get(run.result.runs[0]!.executionId));
    assert.deepEqual([listed?.result, listed?.durationMs], [{ 文: 1 }, 250]);
    assert.deepEqual((await store.executions.list({ states: ["submitted"] })).executions, []);
  },
  "durations are of the runs that ended, average and 95th percentile": async ({ store }) => {
    const timed = job({ nextRunMs: null });
    await store.insert(timed);
    await endedRuns(store, timed, 20, (at) => ({ finishedAt: 1_001 + at, state: at === 19 ? "error" : "executed" }));
    const other = job({ nextRunMs: null });
    await store.insert(other);
    await endedRuns(store, other, 1, () => ({ finishedAt: 1_007 }));
    const statistics = await store.executions.durations([timed.id, "unknown", other.id]);
    assert.deepEqual(statistics.get(timed.id), { runs: 20, averageMs: 10.5, p95Ms: 19 });
    assert.deepEqual(statistics.get(other.id), { runs: 1, averageMs: 7, p95Ms: 7 });
    assert.equal(statistics.size, 2);
    assert.equal((await store.executions.durations(["unknown"])).size, 0);
    assert.equal((await store.executions.durations([])).size, 0);
  },
  "durations are of the last 100 runs": async ({ store, advance }) => {
    const timed = job({ nextRunMs: null });
    await store.insert(timed);
    await endedRuns(store, timed, 30, () => ({ finishedAt: 9_999 }));
    await advance(5);
    await endedRuns(store, timed, 100, (at) => ({ finishedAt: 1_001 + at }));
    assert.deepEqual((await store.executions.durations([timed.id])).get(timed.id), {
      runs: 100,
      averageMs: 50.5,
      p95Ms: 95,
    });
  },
  "what did not run has no duration": async ({ store, advance }) => {
    const added = job({ nextRunMs: null, maxInstances: 4 });
    await store.insert(added);
    await endedRuns(store, added, 1, () => ({ state: "missed", startedAt: null }));
    await endedRuns(store, added, 1, () => ({ state: "cancelled", finishedAt: 5_000 }));
    const lost = byHand(added);
    await started(store, lost);
    await advance(LEASE_OVER_MS);
    assert.equal((await store.reclaim(claiming({ owner: "bob" }))).lost.length, 1);
    await started(store, byHand(added, { leaseMs: 60_000 }));
    assert.deepEqual((await store.executions.durations([added.id])).size, 0);
    await endedRuns(store, added, 1, () => ({ state: "error", finishedAt: 1_003 }));
    assert.deepEqual((await store.executions.durations([added.id])).get(added.id), { runs: 1, averageMs: 3, p95Ms: 3 });
  },
  "instances under way are counted per job": async ({ store }) => {
    const [two, one, none] = [job({ maxInstances: 5 }), job(), job()].map((each) => ({ ...each, nextRunMs: null }));
    await insertAll(store, [two!, one!, none!]);
    await store.dispatch([byHand(two!), byHand(two!, { runs: plannedRuns(1, 2, 3) }), byHand(one!)]);
    assert.deepEqual(
      [...(await store.executions.countActive([two!.id, none!.id, one!.id, "unknown"]))].sort(),
      [
        [one!.id, 1],
        [two!.id, 2],
      ].sort() as [string, number][],
    );
    assert.equal((await store.executions.countActive([])).size, 0);
  },
  "old executions can be removed, those under way stay": async ({ store, advance }) => {
    const [done, open] = [await running(store), await running(store, {}, { leaseMs: 60_000 })];
    await store.report([reportOf(done)]);
    const now = await store.now();
    assert.equal(await store.executions.deleteBefore(now - 60_000, 10), 0);
    await advance(10);
    assert.equal(await store.executions.deleteBefore((await store.now()) + 1, 10), 1);
    assert.equal(await store.executions.get(done.result.runs[0]!.executionId), undefined);
    assert.equal((await store.executions.get(open.result.runs[0]!.executionId))?.state, "submitted");
    assert.deepEqual(await executionsOf(store, done.job.id), []);
    assert.equal((await store.executions.list({})).executions.length, 1);
    assert.equal((await store.executions.durations([done.job.id])).size, 0);
    assert.deepEqual(await store.report([reportOf(open)]), [true]);
  },
  "no more executions are removed than asked for, and none of later": async ({ store, advance }) => {
    const added = job({ nextRunMs: null });
    await store.insert(added);
    await endedRuns(store, added, 25, () => ({}));
    await advance(20);
    const between = await store.now();
    await advance(20);
    await endedRuns(store, added, 3, () => ({}));
    assert.equal(await store.executions.deleteBefore(between, 10), 10);
    assert.equal((await executionsOf(store, added.id)).length, 18);
    assert.equal(await store.executions.deleteBefore(between, 100), 15);
    assert.equal(await store.executions.deleteBefore(between, 100), 0);
    assert.equal((await executionsOf(store, added.id)).length, 3);
  },
};

/** Dispatches one batch of runs by hand, a job each; returns the planned runs. */
async function submitted(store: JobStore, count: number): Promise<PlannedRun[]> {
  const jobs = Array.from({ length: count }, () => job({ nextRunMs: FAR }));
  await insertAll(store, jobs);
  const hands = jobs.map((each) => byHand(each, { leaseMs: 60_000 }));
  await store.dispatch(hands);
  return hands.map(({ instance }) => instance!.runs[0]!);
}

/** Runs `states` in one instance, each ended in its state. */
async function endedRuns(
  store: JobStore,
  record: ReturnType<typeof job>,
  count: number,
  how: (at: number) => Partial<Report>,
) {
  const hand = byHand(record, { runs: plannedRuns(...Array.from({ length: count }, (_, at) => at)) });
  const run = { instanceId: hand.instance!.id, result: await started(store, hand) };
  const reports = run.result.runs.map(({ executionId }, at) =>
    reportOf(run, { executionId, startedAt: 1_000, finishedAt: 1_010, last: at === count - 1, ...how(at) }),
  );
  assert.deepEqual(
    await store.report(reports),
    reports.map(() => true),
  );
}

async function listedIds(store: JobStore, query: ExecutionQuery): Promise<string[]> {
  const ids: string[] = [];
  for await (const { executions } of pages((cursor) => store.executions.list({ ...query, ...cursor }))) {
    ids.push(...executions.map(({ id }) => id));
  }
  return ids;
}
