import assert from "node:assert/strict";
import {
  activeOf,
  byHand,
  type Cases,
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
  started,
  uniqueId,
} from "./kit.js";

const BOB = claiming({ owner: "bob" });

/** Cases for runs whose scheduler died or was stopped. */
export const leaseCases: Cases = {
  "a lease lasts as long as it was given for": async ({ store, advance }) => {
    const none = await store.reclaim(BOB);
    assert.deepEqual([none.reclaimed, none.lost, none.nextExpiryMs], [[], [], null]);
    const run = await running(store, { ack: "late" });
    const { nextExpiryMs, nowMs, reclaimed } = await store.reclaim(BOB);
    assert.deepEqual(reclaimed, []);
    assert.ok(nextExpiryMs !== null && nextExpiryMs > nowMs && nextExpiryMs <= nowMs + LEASE_MS);
    await advance(LEASE_OVER_MS);
    const result = await store.reclaim(BOB);
    assert.equal(result.reclaimed[0]?.instanceId, run.instanceId);
    assert.ok(result.nextExpiryMs !== null && result.nextExpiryMs > result.nowMs, "bob's own lease ends next");
    assert.ok(result.nextExpiryMs <= result.nowMs + LEASE_MS);
  },
  "renewing keeps a run over several lease lengths": async ({ store, advance }) => {
    for (const ack of ["early", "late"] as const) {
      const run = await running(store, { ack });
      for (let round = 0; round < 3; round++) {
        await advance(LEASE_MS * 0.6);
        assert.deepEqual(await store.renew([keyOf(run)], LEASE_MS), { lost: [], cancel: [] });
        const { reclaimed, lost } = await store.reclaim(BOB);
        assert.deepEqual([reclaimed, lost], [[], []]);
      }
      assert.deepEqual(await store.report([reportOf(run)]), [true]);
    }
  },
  "an expired lease is still its owner's until it is reclaimed": async ({ store, advance }) => {
    const [renewed, ended] = [await running(store), await running(store)];
    await advance(LEASE_OVER_MS);
    assert.deepEqual((await store.renew([keyOf(renewed)], 60_000)).lost, []);
    assert.deepEqual(await store.report([reportOf(ended)]), [true]);
    const { reclaimed, lost } = await store.reclaim(BOB);
    assert.deepEqual([reclaimed, lost], [[], []]);
  },
  "renewing returns the lost instances": async ({ store }) => {
    const run = await running(store);
    const keys = [keyOf(run), { instanceId: "unknown", token: 1 }];
    assert.deepEqual((await store.renew(keys, LEASE_MS)).lost, ["unknown"]);
    assert.deepEqual((await store.renew([{ ...keyOf(run), token: 77_777 }], LEASE_MS)).lost, [run.instanceId]);
    await store.report([reportOf(run)]);
    assert.deepEqual([...(await store.renew(keys, LEASE_MS)).lost].sort(), [run.instanceId, "unknown"].sort());
    assert.deepEqual(await store.renew([], LEASE_MS), { lost: [], cancel: [] });
  },
  "an early run of a dead scheduler is lost, and its late report changes nothing": async ({
    store,
    second,
    advance,
  }) => {
    const run = await running(store, { ack: "early", name: "文" });
    const { executionId } = run.result.runs[0]!;
    await store.report([reportOf(run, { state: "running", finishedAt: null, last: false })]);
    await advance(LEASE_OVER_MS);
    const { lost, reclaimed } = await (second ?? store).reclaim(BOB);
    assert.deepEqual(reclaimed, []);
    assert.deepEqual(lost, [await store.executions.get(executionId)]);
    const { id, jobId, jobName, state, owner, scheduledAt, attempt } = lost[0]!;
    assert.deepEqual([id, jobId, jobName], [executionId, run.job.id, "文"]);
    assert.deepEqual([state, owner, scheduledAt, attempt], ["lost", "alice", 1_000, 1]);
    assert.deepEqual(await store.report([reportOf(run, { result: "late" })]), [false]);
    assert.deepEqual((await store.renew([keyOf(run)], LEASE_MS)).lost, [run.instanceId]);
    const row = await rowOf(store, executionId);
    assert.deepEqual([row.state, row.durationMs, row.result], ["lost", null, null]);
    assert.ok(row.finishedAt! >= row.submittedAt);
    assert.equal(await activeOf(store, run.job.id), 0);
    const again = await store.reclaim(BOB);
    assert.deepEqual([again.lost, again.reclaimed], [[], []]);
  },
  "of an early instance only the unfinished runs are lost": async ({ store, advance }) => {
    const added = job({ coalesce: false });
    await store.insert(added);
    const runs = plannedRuns(1_000, 2_000, 3_000);
    const what = request(await claimOne(store, added.id), FAR, { runs });
    const run = { instanceId: what.instance!.id, result: await started(store, what) };
    await store.report([reportOf(run, { last: false })]);
    await advance(LEASE_OVER_MS);
    const { lost } = await store.reclaim(BOB);
    assert.deepEqual(lost.map(({ id }) => id).sort(), [runs[1]!.executionId, runs[2]!.executionId].sort());
    assert.equal((await rowOf(store, runs[0]!.executionId)).state, "executed");
  },
  "a late run is taken over with a new token, the next attempt, and what is left of it": async ({
    store,
    second,
    advance,
  }) => {
    const added = job({ ack: "late", coalesce: false, args: ["文"] });
    await store.insert(added);
    const runs = plannedRuns(1_000, 2_000, 3_000);
    const what = request(await claimOne(store, added.id), null, { runs });
    const result = await started(store, what);
    const run = { instanceId: what.instance!.id, result };
    await store.report([reportOf(run, { last: false })]);
    await advance(LEASE_OVER_MS);
    const { reclaimed } = await (second ?? store).reclaim(BOB);
    assert.equal(reclaimed.length, 1);
    const [taken] = reclaimed;
    assert.deepEqual(taken!.runs, runs.slice(1));
    assert.deepEqual([taken!.instanceId, taken!.attempt, taken!.job.id], [run.instanceId, 2, added.id]);
    assert.deepEqual(taken!.job.args, ["文"]);
    assert.notEqual(taken!.token, result.token);
    const stale = reportOf(run, { executionId: runs[1]!.executionId, last: false });
    assert.deepEqual(await store.report([stale]), [false]);
    assert.deepEqual((await store.renew([keyOf(run)], LEASE_MS)).lost, [run.instanceId]);
    const row = await rowOf(store, runs[1]!.executionId);
    assert.deepEqual([row.owner, row.attempt, row.state, row.startedAt], ["bob", 2, "submitted", null]);
    const mine = runOf(taken!);
    assert.deepEqual(await store.report([reportOf(mine, { attempt: 2, last: false })]), [true]);
    assert.deepEqual(await store.report([reportOf(mine, { executionId: runs[2]!.executionId, last: true })]), [true]);
    assert.equal(await activeOf(store, added.id), 0);
  },
  "a takeover counts on from the attempt that was reported": async ({ store, advance }) => {
    const run = await running(store, { ack: "late" });
    const retry = { state: "submitted", attempt: 3, startedAt: null, finishedAt: null, last: false } as const;
    await store.report([reportOf(run, retry)]);
    await advance(LEASE_OVER_MS);
    const [taken] = (await store.reclaim(BOB)).reclaimed;
    assert.equal(taken?.attempt, 4);
    assert.equal((await rowOf(store, run.result.runs[0]!.executionId)).attempt, 4);
  },
  "a run that keeps killing its schedulers is given up": async ({ store, advance }) => {
    const run = await running(store, { ack: "late", maxDeliveries: 2 });
    await advance(LEASE_OVER_MS);
    assert.equal((await store.reclaim(BOB)).reclaimed[0]?.attempt, 2);
    await advance(LEASE_OVER_MS);
    const { reclaimed, lost } = await store.reclaim(claiming({ owner: "carol" }));
    assert.deepEqual(reclaimed, []);
    assert.deepEqual(
      lost.map(({ id, owner }) => [id, owner]),
      [[run.result.runs[0]!.executionId, "bob"]],
    );
    assert.equal(await activeOf(store, run.job.id), 0);
  },
  "a run that leaves ack to its task is delivered as often as its claimer declares": async ({ store, advance }) => {
    for (const [fromTask, task, again] of [
      [["timeoutMs", "ack"], "late", 2],
      [["ack"], "early", undefined],
      [["timeoutMs"], "late", undefined],
      [undefined, "late", undefined],
    ] as const) {
      const acks = new Map([["task", task]]);
      const added = job({ ack: "early", nextRunMs: null, fromTask });
      await store.insert(added);
      const hand = byHand(added, { released: true });
      await started(store, hand);
      const attemptAt = async (owner: string) => {
        const { reclaimed } = await store.reclaim(claiming({ owner, acks }));
        return reclaimed.find(({ instanceId }) => instanceId === hand.instance!.id)?.attempt;
      };
      assert.equal(await attemptAt("bob"), 1);
      await advance(LEASE_OVER_MS);
      assert.equal(await attemptAt("carol"), again, `${fromTask}: ${task}`);
    }
  },
  "a run that leaves ack to an early task is not delivered again": async ({ store, advance }) => {
    const run = await running(store, { ack: "late", fromTask: ["ack"] }, { released: true });
    const acks = new Map([["task", "early"]] as const);
    assert.equal((await store.reclaim(claiming({ owner: "bob", acks }))).reclaimed.length, 1);
    await advance(LEASE_OVER_MS);
    const { lost } = await store.reclaim(claiming({ owner: "carol" }));
    assert.equal(lost[0]?.id, run.result.runs[0]!.executionId);
  },
  "deliveries are counted for each run time": async ({ store, advance }) => {
    const added = job({ ack: "late", coalesce: false, maxDeliveries: 2, nextRunMs: null });
    await store.insert(added);
    const hand = byHand(added, { runs: plannedRuns(1_000, 2_000) });
    await started(store, hand);
    await advance(LEASE_OVER_MS);
    const [bobs] = (await store.reclaim(BOB)).reclaimed;
    await store.report([reportOf(runOf(bobs!), { attempt: 2, last: false })]);
    await advance(LEASE_OVER_MS);
    const [carols] = (await store.reclaim(claiming({ owner: "carol" }))).reclaimed;
    assert.deepEqual([carols?.attempt, carols?.runs], [2, hand.instance!.runs.slice(1)]);
  },
  "a run that may be delivered once is lost at once": async ({ store, advance }) => {
    await running(store, { ack: "late", maxDeliveries: 1 });
    await advance(LEASE_OVER_MS);
    const { reclaimed, lost } = await store.reclaim(BOB);
    assert.deepEqual([reclaimed.length, lost.length], [0, 1]);
  },
  "an instance counts until it is reclaimed, not longer": async ({ store, advance }) => {
    const run = await running(store);
    await advance(LEASE_OVER_MS);
    assert.deepEqual(await store.dispatch([byHand(run.job)]), [{ kind: "max_instances" }]);
    await store.reclaim(BOB);
    await started(store, byHand(run.job));
  },
  "an instance that was taken over still counts": async ({ store, advance }) => {
    const run = await running(store, { ack: "late" });
    await advance(LEASE_OVER_MS);
    const [taken] = (await store.reclaim(claiming({ owner: "bob", leaseMs: 60_000 }))).reclaimed;
    assert.deepEqual(await store.dispatch([byHand(run.job)]), [{ kind: "max_instances" }]);
    await store.report([reportOf(runOf(taken!), { attempt: 2 })]);
    await started(store, byHand(run.job));
  },
  "a reclaim takes no more than its limit, and reports that there is more": async ({ store, advance }) => {
    const ids = [];
    for (let at = 0; at < 5; at++) ids.push((await running(store, { ack: "late" })).instanceId);
    await advance(LEASE_OVER_MS);
    const first = await store.reclaim(claiming({ owner: "bob", limit: 3, leaseMs: 60_000 }));
    assert.equal(first.reclaimed.length, 3);
    assert.ok(first.nextExpiryMs !== null && first.nextExpiryMs <= first.nowMs, "others wait");
    const second = await store.reclaim(claiming({ owner: "bob", limit: 3, leaseMs: 60_000 }));
    const taken = [...first.reclaimed, ...second.reclaimed].map(({ instanceId }) => instanceId);
    assert.deepEqual(taken.sort(), ids.sort());
  },
  "two that reclaim at once never get the same run": async ({ store, second, advance }) => {
    const [late, early]: [string[], string[]] = [[], []];
    for (let at = 0; at < 20; at++) {
      late.push((await running(store, { ack: "late" })).instanceId);
      early.push((await running(store, { ack: "early" })).result.runs[0]!.executionId);
    }
    await advance(LEASE_OVER_MS);
    const [taken, lost]: [string[], string[]] = [[], []];
    for (let round = 0; round < 20 && taken.length + lost.length < 40; round++) {
      const both = await Promise.all(
        [store, second ?? store].map(async (each, at) =>
          each.reclaim(claiming({ owner: `o${at}`, limit: 4, leaseMs: 60_000 })),
        ),
      );
      taken.push(...both.flatMap((result) => result.reclaimed.map(({ instanceId }) => instanceId)));
      lost.push(...both.flatMap((result) => result.lost.map(({ id }) => id)));
    }
    assert.deepEqual(taken.sort(), late.sort());
    assert.deepEqual(lost.sort(), early.sort());
  },
  "runs of unknown tasks are left to those who know them": async ({ store, advance }) => {
    const run = await running(store, { ack: "late", func: "known" });
    await advance(LEASE_OVER_MS);
    assert.deepEqual((await store.reclaim(claiming({ owner: "bob", tasks: ["other"] }))).reclaimed, []);
    const { reclaimed } = await store.reclaim(claiming({ owner: "bob", tasks: ["known"] }));
    assert.equal(reclaimed[0]?.instanceId, run.instanceId);
  },
  "runs of unknown tasks do not stand in the way of known ones": async ({ store, advance }) => {
    for (let at = 0; at < 6; at++) await running(store, { ack: "late", func: "unknown" });
    const run = await running(store, { ack: "late", func: "known" });
    await advance(LEASE_OVER_MS);
    const { reclaimed } = await store.reclaim(claiming({ owner: "bob", tasks: ["known"], limit: 2 }));
    assert.deepEqual(
      reclaimed.map(({ instanceId }) => instanceId),
      [run.instanceId],
    );
  },
  "a scheduler without tasks takes nothing over": async ({ store, advance }) => {
    await running(store, { ack: "late" });
    await advance(LEASE_OVER_MS);
    assert.deepEqual((await store.reclaim(claiming({ owner: "bob", tasks: [] }))).reclaimed, []);
  },
  "scheduler nodes are shown while they beat, and forgotten when they leave": async ({ store, second }) => {
    const node = {
      id: uniqueId("node"),
      host: "h",
      pid: 7,
      startedAt: 5,
      seenAt: 0,
      running: 2,
      state: "running",
    } as const;
    const other = { ...node, id: uniqueId("文"), state: "paused" } as const;
    await store.heartbeat(node);
    await store.heartbeat({ ...node, running: 3 });
    await (second ?? store).heartbeat(other);
    const seen = await (second ?? store).nodes();
    assert.ok(seen.every(({ seenAt }) => seenAt > 0));
    assert.deepEqual(
      seen.map((each) => ({ ...each, seenAt: 0 })).sort((a, b) => (a.id < b.id ? -1 : 1)),
      [{ ...node, running: 3 }, other],
    );
    const mine = seen.find(({ id }) => id === node.id);
    assert.ok(Math.abs(mine!.seenAt - (await store.now())) < 5_000);
    await store.removeNode(node.id);
    await store.removeNode(node.id);
    assert.deepEqual(
      (await store.nodes()).map(({ id }) => id),
      [other.id],
    );
  },
};
