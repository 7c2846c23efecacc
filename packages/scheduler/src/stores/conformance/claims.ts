import assert from "node:assert/strict";
import { claimOne, claiming, decision, FAR, job, LEASE_MS, type OpenedStore } from "./kit.js";

/** Lending due jobs. */
export const claimCases: Record<string, (opened: OpenedStore) => Promise<void>> = {
  "due jobs are lent, the earliest first, no more than asked for": async ({ store }) => {
    for (const [id, nextRunMs] of [["c", 30], ["a", 10], ["b", 20], ["d", FAR], ["e", null]] as const) {
      await store.insert(job({ id, nextRunMs }));
    }
    const first = await store.claimDue(claiming({ limit: 2 }));
    assert.deepEqual(first.jobs.map(({ id }) => id), ["a", "b"]);
    const second = await store.claimDue(claiming({ limit: 2 }));
    assert.deepEqual(second.jobs.map(({ id }) => id), ["c"]);
    assert.deepEqual((await store.claimDue(claiming())).jobs, []);
  },
  "a claim tells when the next job is due": async ({ store }) => {
    assert.equal((await store.claimDue(claiming())).nextDueMs, null);
    await store.insert(job({ nextRunMs: FAR }));
    assert.equal((await store.claimDue(claiming())).nextDueMs, FAR);
    for (let at = 0; at < 3; at++) await store.insert(job());
    const { nowMs, nextDueMs } = await store.claimDue(claiming({ limit: 1 }));
    assert.ok(nextDueMs !== null && nextDueMs <= nowMs, "more are due now");
  },
  "the store's clock goes on": async ({ store, advance }) => {
    const before = await store.now();
    await advance(50);
    const after = await store.now();
    assert.ok(after - before >= 45 && after - before < 5_000, `${before} to ${after}`);
    assert.ok(Math.abs((await store.claimDue(claiming())).nowMs - after) < 2_000);
  },
  "a lent job is nobody else's until its lease ends, then its version is a new one": async ({ store, second, advance }) => {
    const other = second ?? store;
    const added = job();
    await store.insert(added);
    const lent = await claimOne(store, added.id);
    assert.deepEqual((await other.claimDue(claiming({ owner: "bob" }))).jobs, []);
    await advance(LEASE_MS + 20);
    const again = await claimOne(other, added.id, "bob");
    assert.ok(again.version > lent.version);
    assert.deepEqual(await store.dispatch([decision(lent, FAR)]), [{ kind: "stale" }]);
    assert.equal((await other.dispatch([decision(again, FAR, { owner: "bob" })]))[0]?.kind, "started");
  },
  "a released claim can be lent again at once, a stale release does nothing": async ({ store }) => {
    const added = job();
    await store.insert(added);
    const lent = await claimOne(store, added.id);
    await store.release([{ jobId: added.id, version: lent.version - 1 }, { jobId: "nobody", version: 1 }]);
    assert.deepEqual((await store.claimDue(claiming())).jobs, []);
    await store.release([{ jobId: added.id, version: lent.version }]);
    await claimOne(store, added.id, "bob");
  },
  "two that claim at once never get the same job, and together get all": async ({ store, second }) => {
    const ids = Array.from({ length: 120 }, (_, at) => `j${at}`);
    for (const id of ids) await store.insert(job({ id }));
    const seen: string[] = [];
    for (let round = 0; round < 40 && seen.length < ids.length; round++) {
      const both = await Promise.all(
        [store, second ?? store].map((each, at) => each.claimDue(claiming({ owner: `o${at}`, limit: 7, leaseMs: 60_000 }))),
      );
      seen.push(...both.flatMap(({ jobs }) => jobs.map(({ id }) => id)));
    }
    assert.equal(new Set(seen).size, seen.length, "somebody was lent what another has");
    assert.deepEqual([...seen].sort(), [...ids].sort());
  },
  "only known tasks are lent, and unknown ones do not stand in their way": async ({ store }) => {
    if (!store.shared) return;
    for (let at = 0; at < 50; at++) await store.insert(job({ func: "unknown", nextRunMs: at }));
    const known = job({ func: "known", nextRunMs: 1_000 });
    await store.insert(known);
    const { jobs } = await store.claimDue(claiming({ limit: 5, tasks: ["known", "another"] }));
    assert.deepEqual(jobs.map(({ id }) => id), [known.id]);
    assert.deepEqual((await store.claimDue(claiming({ tasks: [] }))).jobs, []);
  },
  "a job that cannot be read is reported and does not hold up the others": async ({ store, corrupt }) => {
    if (corrupt === undefined) return;
    const [bad, good] = [job({ nextRunMs: 1 }), job({ nextRunMs: 2 })];
    await store.insert(bad);
    await store.insert(good);
    await corrupt(bad.id);
    const { jobs, broken } = await store.claimDue(claiming());
    assert.deepEqual(jobs.map(({ id }) => id), [good.id]);
    assert.deepEqual(broken.map(({ id }) => id), [bad.id]);
    assert.notEqual(broken[0]!.reason, "");
    assert.deepEqual((await store.claimDue(claiming())).broken, []);
  },
};
