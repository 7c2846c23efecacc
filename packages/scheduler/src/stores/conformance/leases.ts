import assert from "node:assert/strict";
import { byHand, claimOne, claiming, decision, FAR, job, LEASE_MS, news, type OpenedStore, running, started, uniqueId } from "./kit.js";

/** What happens to runs whose scheduler died, was stopped, or gave them away. */
export const leaseCases: Record<string, (opened: OpenedStore) => Promise<void>> = {
  "renewing keeps a run over several lease lengths": async ({ store, advance }) => {
    const run = await running(store, { ack: "late" });
    const key = { instanceId: run.instanceId, token: run.verdict.token };
    for (let round = 0; round < 4; round++) {
      await advance(LEASE_MS * 0.6);
      assert.deepEqual(await store.renew([key], LEASE_MS), { lost: [], cancel: [] });
      assert.deepEqual((await store.reap(claiming({ owner: "bob" }))).takenOver, []);
    }
    assert.deepEqual(await store.report([news(run)]), [true]);
  },
  "renewing tells what is lost": async ({ store }) => {
    const run = await running(store);
    const held = [
      { instanceId: run.instanceId, token: run.verdict.token },
      { instanceId: "nobody", token: 1 },
    ];
    assert.deepEqual((await store.renew(held, LEASE_MS)).lost, ["nobody"]);
    await store.report([news(run)]);
    assert.deepEqual([...(await store.renew(held, LEASE_MS)).lost].sort(), [run.instanceId, "nobody"].sort());
  },
  "an early run of a dead scheduler is lost, and its late report changes nothing": async ({ store, second, advance }) => {
    const run = await running(store, { ack: "early" });
    await advance(LEASE_MS + 20);
    const { lost, takenOver } = await (second ?? store).reap(claiming({ owner: "bob" }));
    assert.deepEqual(takenOver, []);
    assert.deepEqual(lost.map(({ id, jobId, state }) => [id, jobId, state]), [[run.verdict.runs[0]!.executionId, run.job.id, "lost"]]);
    assert.deepEqual(await store.report([news(run)]), [false]);
    const row = await store.executions.get(run.verdict.runs[0]!.executionId);
    assert.deepEqual([row?.state, row?.durationMs, row?.result], ["lost", null, null]);
    assert.ok(row!.finishedAt! >= row!.submittedAt);
    assert.equal((await store.executions.active([run.job.id])).get(run.job.id), undefined);
  },
  "a late run is taken over with a new token, the next attempt, and what is left of it": async ({ store, second, advance }) => {
    const added = job({ ack: "late", coalesce: false, args: ["文"] });
    await store.insert(added);
    const runs = [1, 2, 3].map((n) => ({ executionId: uniqueId("e"), scheduledAt: n * 1_000 }));
    const what = decision(await claimOne(store, added.id), null, { runs });
    const verdict = await started(store, what);
    const run = { instanceId: what.instance!.id, verdict };
    await store.report([news(run, { last: false })]);
    await advance(LEASE_MS + 20);
    const { takenOver } = await (second ?? store).reap(claiming({ owner: "bob" }));
    assert.equal(takenOver.length, 1);
    const [taken] = takenOver;
    assert.deepEqual(taken!.runs, runs.slice(1));
    assert.deepEqual([taken!.instanceId, taken!.attempt, taken!.job.id], [run.instanceId, 2, added.id]);
    assert.deepEqual(taken!.job.args, ["文"]);
    assert.notEqual(taken!.token, verdict.token);
    const stale = news(run, { executionId: runs[1]!.executionId, last: false });
    assert.deepEqual(await store.report([stale]), [false]);
    assert.deepEqual((await store.renew([{ instanceId: run.instanceId, token: verdict.token }], LEASE_MS)).lost, [run.instanceId]);
    const row = await store.executions.get(runs[1]!.executionId);
    assert.deepEqual([row?.owner, row?.attempt, row?.state], ["bob", 2, "submitted"]);
    const mine = { instanceId: run.instanceId, verdict: { ...verdict, token: taken!.token } };
    assert.deepEqual(await store.report([news(mine, { executionId: runs[1]!.executionId, attempt: 2, last: false })]), [true]);
    assert.deepEqual(await store.report([news(mine, { executionId: runs[2]!.executionId, last: true })]), [true]);
  },
  "a run that keeps killing its schedulers is given up": async ({ store, advance }) => {
    const run = await running(store, { ack: "late", maxDeliveries: 2 });
    await advance(LEASE_MS + 20);
    assert.equal((await store.reap(claiming({ owner: "bob" }))).takenOver[0]?.attempt, 2);
    await advance(LEASE_MS + 20);
    const { takenOver, lost } = await store.reap(claiming({ owner: "carol" }));
    assert.deepEqual(takenOver, []);
    assert.deepEqual(lost.map(({ id }) => id), [run.verdict.runs[0]!.executionId]);
  },
  "an instance counts until it is reaped, not longer": async ({ store, advance }) => {
    const run = await running(store);
    await advance(LEASE_MS + 20);
    assert.deepEqual(await store.dispatch([byHand(run.job)]), [{ kind: "max_instances" }]);
    await store.reap(claiming({ owner: "bob" }));
    await started(store, byHand(run.job));
  },
  "two reapers never get the same run": async ({ store, second, advance }) => {
    const ids = [];
    for (let at = 0; at < 30; at++) ids.push((await running(store, { ack: "late" })).instanceId);
    await advance(LEASE_MS + 20);
    const seen: string[] = [];
    for (let round = 0; round < 20 && seen.length < ids.length; round++) {
      const both = await Promise.all(
        [store, second ?? store].map((each, at) => each.reap(claiming({ owner: `o${at}`, limit: 4, leaseMs: 60_000 }))),
      );
      seen.push(...both.flatMap(({ takenOver }) => takenOver.map(({ instanceId }) => instanceId)));
    }
    assert.equal(new Set(seen).size, seen.length);
    assert.deepEqual([...seen].sort(), ids.sort());
  },
  "an offered run is anybody's at once, however acknowledged, at the same attempt": async ({ store, second }) => {
    const run = await running(store, { ack: "early" }, { leaseMs: 60_000 });
    await store.offer([{ instanceId: run.instanceId, token: run.verdict.token }]);
    const { takenOver } = await (second ?? store).reap(claiming({ owner: "bob" }));
    assert.deepEqual([takenOver[0]?.instanceId, takenOver[0]?.attempt], [run.instanceId, 1]);
    assert.deepEqual(await store.report([news(run)]), [false]);
    await store.offer([{ instanceId: run.instanceId, token: run.verdict.token }]); // stale: nothing happens
    assert.deepEqual((await store.reap(claiming({ owner: "carol" }))).takenOver, []);
  },
  "a run by hand may be opened for others to take": async ({ store }) => {
    const added = job({ nextRunMs: FAR });
    await store.insert(added);
    await store.dispatch([byHand(added, { offered: true })]);
    const { takenOver } = await store.reap(claiming({ owner: "bob" }));
    assert.deepEqual([takenOver[0]?.job.id, takenOver[0]?.attempt], [added.id, 1]);
  },
  "runs of unknown tasks are left to those who know them": async ({ store, advance }) => {
    const run = await running(store, { ack: "late", func: "known" });
    await advance(LEASE_MS + 20);
    assert.deepEqual((await store.reap(claiming({ owner: "bob", tasks: ["other"] }))).takenOver, []);
    assert.equal((await store.reap(claiming({ owner: "bob", tasks: ["known"] }))).takenOver[0]?.instanceId, run.instanceId);
  },
  "somebody may ask for a run to be stopped, and its holder hears": async ({ store, second }) => {
    const run = await running(store);
    const { executionId } = run.verdict.runs[0]!;
    assert.equal(await (second ?? store).requestCancel(executionId), true);
    assert.deepEqual((await store.renew([{ instanceId: run.instanceId, token: run.verdict.token }], LEASE_MS)).cancel, [executionId]);
    await store.report([news(run, { state: "cancelled" })]);
    assert.equal(await store.requestCancel(executionId), false);
    assert.equal(await store.requestCancel("nobody"), false);
  },
  "scheduler nodes are shown while they beat, and forgotten when they leave": async ({ store, second }) => {
    const node = { id: uniqueId("node"), host: "h", pid: 7, startedAt: 5, seenAt: 0, running: 2, state: "running" } as const;
    await store.heartbeat(node);
    await store.heartbeat({ ...node, running: 3 });
    const seen = (await (second ?? store).nodes()).find(({ id }) => id === node.id);
    assert.ok(Math.abs(seen!.seenAt - (await store.now())) < 5_000);
    assert.deepEqual({ ...seen, seenAt: 0 }, { ...node, running: 3 });
    await store.forgetNode(node.id);
    assert.equal((await store.nodes()).find(({ id }) => id === node.id), undefined);
  },
};
