import assert from "node:assert/strict";
import type { JobStore } from "../../core/job-store.js";
import {
  activeOf,
  byHand,
  type Cases,
  change,
  claiming,
  claimOne,
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
} from "./kit.js";

/** Time within which a wake-up of another client must arrive, ms. */
const WOKEN_WITHIN_MS = 1_500;
const SUBSCRIBED_WITHIN_MS = 300;

/** Giving runs away, asking for them to be stopped, and waking each other. */
export const handingOverCases: Cases = {
  "a released run can be reclaimed at once, with any ack, at the same attempt": async ({ store, second }) => {
    for (const ack of ["early", "late"] as const) {
      const run = await running(store, { ack }, { leaseMs: 60_000 });
      await store.releaseInstances([keyOf(run)]);
      const { reclaimed, lost } = await (second ?? store).reclaim(claiming({ owner: "bob", leaseMs: 60_000 }));
      assert.deepEqual([reclaimed[0]?.instanceId, reclaimed[0]?.attempt, lost], [run.instanceId, 1, []]);
      assert.deepEqual(reclaimed[0]!.runs, run.result.runs);
      assert.deepEqual(await store.report([reportOf(run)]), [false]);
      assert.deepEqual((await store.renew([keyOf(run)], LEASE_MS)).lost, [run.instanceId]);
      await store.releaseInstances([keyOf(run)]); // stale: nothing happens
      assert.deepEqual((await store.reclaim(claiming({ owner: "carol" }))).reclaimed, []);
      const row = await rowOf(store, run.result.runs[0]!.executionId);
      assert.deepEqual([row.owner, row.attempt, row.state], ["bob", 1, "submitted"]);
      assert.deepEqual(await store.report([reportOf(runOf(reclaimed[0]!))]), [true]);
    }
  },
  "a released run is not leased any more, even before it is reclaimed": async ({ store }) => {
    const run = await running(store, {}, { leaseMs: 60_000 });
    await store.releaseInstances([keyOf(run), { instanceId: "unknown", token: 1 }]);
    await store.releaseInstances([keyOf(run)]);
    assert.deepEqual(await store.report([reportOf(run)]), [false]);
    assert.deepEqual((await store.renew([keyOf(run)], 60_000)).lost, [run.instanceId]);
    assert.equal(await activeOf(store, run.job.id), 1);
    assert.equal((await store.reclaim(claiming({ owner: "bob" }))).reclaimed.length, 1);
    await store.releaseInstances([]);
  },
  "a released run of a late job is delivered, even after its last delivery": async ({ store }) => {
    const run = await running(store, { ack: "late", maxDeliveries: 1 }, { leaseMs: 60_000 });
    await store.releaseInstances([keyOf(run)]);
    assert.equal((await store.reclaim(claiming({ owner: "bob" }))).reclaimed[0]?.instanceId, run.instanceId);
  },
  "a released early run whose next owner dies is lost": async ({ store, advance }) => {
    const run = await running(store, { ack: "early" });
    await store.releaseInstances([keyOf(run)]);
    assert.equal((await store.reclaim(claiming({ owner: "bob" }))).reclaimed.length, 1);
    await advance(LEASE_OVER_MS);
    const { reclaimed, lost } = await store.reclaim(claiming({ owner: "carol" }));
    assert.deepEqual([reclaimed, lost.map(({ id }) => id)], [[], [run.result.runs[0]!.executionId]]);
  },
  "a released instance of several runs is reclaimed with its unfinished runs": async ({ store }) => {
    const added = job({ coalesce: false });
    await store.insert(added);
    const runs = plannedRuns(1_000, 2_000);
    const what = request(await claimOne(store, added.id), FAR, { runs, leaseMs: 60_000 });
    const [result] = await store.dispatch([what]);
    const run = { instanceId: what.instance!.id, result: result as never };
    await store.report([reportOf(run, { last: false })]);
    await store.releaseInstances([keyOf(run)]);
    const [taken] = (await store.reclaim(claiming({ owner: "bob" }))).reclaimed;
    assert.deepEqual([taken?.runs, taken?.attempt], [runs.slice(1), 1]);
  },
  "a run by hand may be opened for others to take": async ({ store }) => {
    const added = job({ nextRunMs: FAR });
    await store.insert(added);
    const hand = byHand(added, { released: true });
    assert.equal((await store.dispatch([hand]))[0]?.kind, "started");
    assert.equal(await activeOf(store, added.id), 1);
    assert.deepEqual(await store.dispatch([byHand(added, { released: true })]), [{ kind: "max_instances" }]);
    const { reclaimed } = await store.reclaim(claiming({ owner: "bob" }));
    assert.deepEqual([reclaimed[0]?.job.id, reclaimed[0]?.attempt], [added.id, 1]);
    assert.deepEqual(reclaimed[0]?.runs, hand.instance!.runs);
    assert.deepEqual(await store.report([reportOf(runOf(reclaimed[0]!))]), [true]);
    assert.equal((await rowOf(store, hand.instance!.runs[0]!.executionId)).owner, "bob");
  },
  "a released run waits for a scheduler that knows its task": async ({ store }) => {
    const run = await running(store, { func: "known" }, { leaseMs: 60_000 });
    await store.releaseInstances([keyOf(run)]);
    const elsewhere = [{ executor: "cpu", capacity: 9, tasks: ["known"] }];
    assert.deepEqual((await store.reclaim(claiming({ owner: "bob", executors: elsewhere }))).reclaimed, []);
    const others = await store.reclaim(claiming({ owner: "bob", tasks: ["other"] }));
    assert.deepEqual([others.reclaimed, others.lost], [[], []]);
    assert.equal((await store.reclaim(claiming({ owner: "bob", tasks: ["known"] }))).reclaimed.length, 1);
  },
  "a requested cancellation reaches the owner of the run": async ({ store, second }) => {
    const [run, other] = [await running(store), await running(store)];
    const { executionId } = run.result.runs[0]!;
    assert.equal(await (second ?? store).requestCancel(executionId), true);
    assert.equal(await store.requestCancel(executionId), true); // repeated, as after a lost answer
    assert.deepEqual((await store.renew([keyOf(other)], LEASE_MS)).cancel, []);
    for (let again = 0; again < 2; again++) {
      assert.deepEqual((await store.renew([keyOf(run), keyOf(other)], LEASE_MS)).cancel, [executionId]);
    }
    assert.deepEqual(await store.report([reportOf(run, { state: "cancelled" })]), [true]);
    assert.equal(await store.requestCancel(executionId), false);
    assert.equal(await store.requestCancel("unknown"), false);
  },
  "each of an instance's runs may be asked to stop": async ({ store }) => {
    const added = job({ coalesce: false, nextRunMs: null });
    await store.insert(added);
    const hand = byHand(added, { runs: plannedRuns(1, 2, 3) });
    const [result] = await store.dispatch([hand]);
    const run = { instanceId: hand.instance!.id, result: result as never };
    const [first, second, third] = hand.instance!.runs.map(({ executionId }) => executionId) as [
      string,
      string,
      string,
    ];
    assert.deepEqual([await store.requestCancel(second), await store.requestCancel(third)], [true, true]);
    assert.deepEqual([...(await store.renew([keyOf(run)], LEASE_MS)).cancel].sort(), [second, third].sort());
    await store.report([reportOf(run, { executionId: first, last: false })]);
    assert.equal(await store.requestCancel(first), false);
  },
  "a late run that was asked to end is not started again": async ({ store, advance }) => {
    const run = await running(store, { ack: "late" });
    const { executionId } = run.result.runs[0]!;
    await store.requestCancel(executionId);
    await advance(LEASE_OVER_MS);
    const { reclaimed, lost } = await store.reclaim(claiming({ owner: "bob" }));
    assert.deepEqual(reclaimed, []);
    assert.deepEqual(
      lost.map(({ id, state }) => [id, state]),
      [[executionId, "cancelled"]],
    );
    assert.equal(await activeOf(store, run.job.id), 0);
  },
  "a reclaimed backlog comes with the runs that were asked to end": async ({ store, advance }) => {
    const run = await running(store, { ack: "late", coalesce: false }, { runs: plannedRuns(1_000, 2_000) });
    const [first, second] = run.result.runs.map(({ executionId }) => executionId) as [string, string];
    await store.requestCancel(second);
    await advance(LEASE_OVER_MS);
    const [taken] = (await store.reclaim(claiming({ owner: "bob" }))).reclaimed;
    assert.deepEqual(
      taken?.runs.map(({ executionId }) => executionId),
      [first, second],
    );
    assert.deepEqual((await store.renew([keyOf(runOf(taken!))], LEASE_MS)).cancel, [second]);
  },
  "a lost run cannot be asked to stop": async ({ store, advance }) => {
    const run = await running(store);
    await advance(LEASE_OVER_MS);
    await store.reclaim(claiming({ owner: "bob" }));
    assert.equal(await store.requestCancel(run.result.runs[0]!.executionId), false);
  },
  "another client is woken by an earlier job, by a change that brings one forward, and by a released run": async ({
    store,
    second,
  }) => {
    if (second === undefined) return;
    const later = job({ nextRunMs: FAR - 1_000 });
    await store.insert(later);
    const listener = await listening(second);
    const deaf = await listening(second);
    deaf.stop();
    await listener.wokenBy("an earlier job", () => store.insert(job({ nextRunMs: FAR - 2_000 })));
    await listener.wokenBy("a change", () => change(store, later.id, { nextRunMs: FAR - 3_000 }));
    await listener.wokenBy("a released run", () => store.dispatch([byHand(later, { released: true })]));
    listener.stop();
    assert.equal(deaf.isWoken(), false, "it had stopped listening");
  },
};

/** Subscriber that sleeps until the store calls. Subscribing takes a moment, and may itself wake. */
async function listening(store: JobStore) {
  let woken = false;
  const stop = store.subscribe(() => {
    woken = true;
  });
  await realMs(SUBSCRIBED_WITHIN_MS);
  woken = false;
  return {
    stop,
    isWoken: () => woken,
    async wokenBy(what: string, act: () => unknown) {
      woken = false;
      await act();
      const since = performance.now();
      while (!woken && performance.now() - since < WOKEN_WITHIN_MS) await realMs(10);
      assert.ok(woken, `not woken by ${what}`);
    },
  };
}

function realMs(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
