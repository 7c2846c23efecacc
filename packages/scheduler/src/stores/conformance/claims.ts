import assert from "node:assert/strict";
import {
  type Cases,
  change,
  claiming,
  claimOne,
  executionsOf,
  FAR,
  insertAll,
  job,
  LEASE_MS,
  LEASE_OVER_MS,
  request,
  stored,
} from "./kit.js";

/** Lending due jobs. */
export const claimCases: Cases = {
  "due jobs are claimed, the earliest first, no more than asked for": async ({ store }) => {
    const due = [
      ["c", 30],
      ["a", 10],
      ["b", 20],
      ["d", FAR],
      ["e", null],
    ] as const;
    await insertAll(
      store,
      due.map(([id, nextRunMs]) => job({ id, nextRunMs })),
    );
    const first = await store.claimDue(claiming({ limit: 2 }));
    assert.deepEqual(
      first.jobs.map(({ id }) => id),
      ["a", "b"],
    );
    const second = await store.claimDue(claiming({ limit: 2 }));
    assert.deepEqual(
      second.jobs.map(({ id }) => id),
      ["c"],
    );
    assert.deepEqual((await store.claimDue(claiming())).jobs, []);
  },
  "a claim raises the version and leaves everything else": async ({ store }) => {
    const added = job({ args: ["文"], tags: ["x"] });
    await store.insert(added);
    const claimed = await claimOne(store, added.id);
    assert.equal(JSON.stringify(claimed), JSON.stringify({ ...(await stored(store, added.id)), version: 2 }));
    assert.deepEqual([claimed.nextRunMs, claimed.args, claimed.tags], [1_000, ["文"], ["x"]]);
    assert.equal((await stored(store, added.id)).version, 2);
  },
  "a job is due at its moment, not before": async ({ store, advance }) => {
    const nextRunMs = (await store.now()) + 300;
    const added = job({ nextRunMs });
    await store.insert(added);
    const before = await store.claimDue(claiming());
    assert.deepEqual([before.jobs, before.nextDueMs], [[], nextRunMs]);
    await advance(Math.max(1, nextRunMs - (await store.now())));
    const after = await store.claimDue(claiming());
    assert.deepEqual(
      after.jobs.map(({ id }) => id),
      [added.id],
    );
    assert.ok(after.nowMs >= nextRunMs);
  },
  "a claim returns when the next job is due": async ({ store }) => {
    assert.equal((await store.claimDue(claiming())).nextDueMs, null);
    await store.insert(job({ nextRunMs: null }));
    assert.equal((await store.claimDue(claiming())).nextDueMs, null);
    await store.insert(job({ nextRunMs: FAR }));
    assert.equal((await store.claimDue(claiming())).nextDueMs, FAR);
    await insertAll(store, [job(), job(), job()]);
    const { nowMs, nextDueMs } = await store.claimDue(claiming({ limit: 1 }));
    assert.ok(nextDueMs !== null && nextDueMs <= nowMs, "more are due now");
  },
  "the next due is of jobs that were not claimed now; of those claimed before, the end of the lease": async ({
    store,
  }) => {
    await store.insert(job());
    const { jobs, nextDueMs, nowMs } = await store.claimDue(claiming());
    assert.deepEqual([jobs.length, nextDueMs], [1, null]);
    const later = await store.claimDue(claiming({ owner: "bob" }));
    assert.ok(later.nextDueMs !== null && later.nextDueMs > later.nowMs, `${later.nextDueMs} at ${later.nowMs}`);
    assert.ok(later.nextDueMs <= nowMs + LEASE_MS);
    assert.deepEqual(later.jobs, []);
  },
  "the store's clock goes on": async ({ store, advance }) => {
    const before = await store.now();
    await advance(50);
    const after = await store.now();
    assert.ok(after - before >= 45 && after - before < 5_000, `${before} to ${after}`);
    assert.ok(Math.abs((await store.claimDue(claiming())).nowMs - after) < 2_000);
    assert.ok(Number.isInteger(after));
  },
  "a claimed job is claimed by no other until its lease ends, then its version is a new one": async ({
    store,
    second,
    advance,
  }) => {
    const other = second ?? store;
    const added = job();
    await store.insert(added);
    const claimed = await claimOne(store, added.id);
    assert.deepEqual((await other.claimDue(claiming({ owner: "bob" }))).jobs, []);
    await advance(LEASE_OVER_MS);
    const again = await claimOne(other, added.id, "bob");
    assert.ok(again.version > claimed.version);
    assert.equal(again.nextRunMs, 1_000);
    assert.deepEqual(await store.dispatch([request(claimed, FAR)]), [{ kind: "stale" }]);
    assert.equal((await other.dispatch([request(again, FAR, { owner: "bob" })]))[0]?.kind, "started");
  },
  "a claim of a job that was removed and added again is not a claim of the new one": async ({ store, second }) => {
    const first = job();
    await store.insert(first);
    const slept = await claimOne(store, first.id, "alice");
    await store.remove(first.id);
    await store.insert(job({ id: first.id, nextRunMs: 2_000, version: 1_000 })); // the scheduler begins with the time
    const claimed = await claimOne(second ?? store, first.id, "bob");
    assert.deepEqual(await store.dispatch([request(slept, FAR)]), [{ kind: "stale" }]);
    assert.equal((await store.dispatch([request(claimed, FAR, { owner: "bob" })]))[0]?.kind, "started");
  },
  "a released claim can be claimed again at once, a stale release does nothing": async ({ store }) => {
    const added = job();
    await store.insert(added);
    const claimed = await claimOne(store, added.id);
    const stale = { jobId: added.id, version: claimed.version - 1 };
    await store.releaseClaims([stale, { jobId: "unknown", version: 1 }]);
    assert.deepEqual((await store.claimDue(claiming())).jobs, []);
    const key = { jobId: added.id, version: claimed.version };
    await store.releaseClaims([key]);
    await store.releaseClaims([key]);
    const again = await claimOne(store, added.id, "bob");
    assert.deepEqual([again.nextRunMs, again.version > claimed.version], [1_000, true]);
    await store.releaseClaims([key]);
    assert.deepEqual((await store.claimDue(claiming())).jobs, [], "bob's claim was released by alice's key");
  },
  "a request about a released claim is stale": async ({ store }) => {
    const added = job();
    await store.insert(added);
    const claimed = await claimOne(store, added.id);
    await store.releaseClaims([{ jobId: added.id, version: claimed.version }]);
    assert.deepEqual(await store.dispatch([request(claimed, FAR)]), [{ kind: "stale" }]);
    assert.equal((await stored(store, added.id)).nextRunMs, 1_000);
  },
  "two that claim at once never get the same job, and together get all": async ({ store, second }) => {
    const ids = Array.from({ length: 200 }, (_, at) => `j${at}`);
    await insertAll(
      store,
      ids.map((id, at) => job({ id, nextRunMs: at })),
    );
    const seen: string[] = [];
    for (let round = 0; round < 40 && seen.length < ids.length; round++) {
      const claimed = await Promise.all(
        [store, second ?? store, store, second ?? store].map(async (each, at) =>
          each.claimDue(claiming({ owner: `o${at % 2}`, limit: 7, leaseMs: 60_000 })),
        ),
      );
      seen.push(...claimed.flatMap(({ jobs }) => jobs.map(({ id }) => id)));
    }
    assert.equal(new Set(seen).size, seen.length, "a job was claimed twice");
    assert.deepEqual([...seen].sort(), [...ids].sort());
  },
  "of two claims at once of one job whose lease has ended, one gets it": async ({ store, second, advance }) => {
    const added = job();
    await store.insert(added);
    let version = 0;
    for (let round = 0; round < 3; round++) {
      const both = await Promise.all(
        [store, second ?? store].map(async (each, at) => each.claimDue(claiming({ owner: `o${at}`, leaseMs: 100 }))),
      );
      const claimed = both.flatMap(({ jobs }) => jobs);
      assert.equal(claimed.length, 1);
      assert.ok(claimed[0]!.version > version);
      version = claimed[0]!.version;
      await advance(120);
    }
  },
  "only known tasks are claimed, and unknown ones do not stand in their way": async ({ store }) => {
    if (!store.shared) return;
    await insertAll(
      store,
      Array.from({ length: 50 }, (_, at) => job({ func: "unknown", nextRunMs: at })),
    );
    const [known, another] = [job({ func: "known" }), job({ func: "another", nextRunMs: 999 })];
    await insertAll(store, [known, another]);
    const { jobs } = await store.claimDue(claiming({ limit: 5, tasks: ["known", "another"] }));
    assert.deepEqual(
      jobs.map(({ id }) => id),
      [another.id, known.id],
    );
    assert.deepEqual((await store.claimDue(claiming({ tasks: [] }))).jobs, []);
    assert.equal((await store.claimDue(claiming())).jobs.length, 50);
  },
  "each executor gets as many jobs as it has capacity for, and a full one delays no other": async ({ store }) => {
    const full = Array.from({ length: 50 }, (_, at) => job({ executor: "full", nextRunMs: at }));
    const [cpu, other] = [job({ executor: "cpu", nextRunMs: 500 }), job({ executor: "cpu", nextRunMs: 501 })];
    const last = job({ nextRunMs: 502 });
    await insertAll(store, [...full, cpu, other, last]);
    const executors = [
      { executor: "full", capacity: 2 },
      { executor: "cpu", capacity: 1 },
      { executor: "default", capacity: 10 },
      { executor: "idle", capacity: 10 },
    ];
    const first = await store.claimDue(claiming({ executors }));
    assert.deepEqual(
      first.jobs.map(({ id }) => id),
      [full[0]!.id, full[1]!.id, cpu.id, last.id],
    );
    assert.ok(first.nextDueMs !== null && first.nextDueMs <= first.nowMs, "more is due that has room by then");
    const second = await store.claimDue(claiming({ executors: [{ executor: "cpu", capacity: 5 }] }));
    assert.deepEqual(
      second.jobs.map(({ id }) => id),
      [other.id],
    );
    assert.deepEqual((await store.claimDue(claiming({ executors: [] }))).jobs, []);
  },
  "a job is claimed by a scheduler that has its task in its executor": async ({ store }) => {
    const [both, task, executor] = [
      job({ func: "known", executor: "cpu" }),
      job({ func: "known", executor: "gpu" }),
      job({ func: "other", executor: "cpu" }),
    ];
    await insertAll(store, [both, task, executor]);
    const executors = [
      { executor: "cpu", capacity: 10, tasks: ["known"] },
      { executor: "default", capacity: 10, tasks: ["known", "other"] },
    ];
    const ids = async (request: Parameters<typeof claiming>[0]) =>
      (await store.claimDue(claiming({ leaseMs: 60_000, ...request }))).jobs.map(({ id }) => id);
    assert.deepEqual(await ids({ executors }), [both.id]);
    assert.deepEqual(await ids({ executors: [{ executor: "gpu", capacity: 1, tasks: [] }] }), []);
    await change(store, executor.id, { executor: "default" });
    assert.deepEqual(await ids({ executors }), [executor.id]);
    assert.deepEqual(await ids({ executors: [{ executor: "gpu", capacity: 1 }] }), [task.id]);
  },
  "due jobs of a full or unknown executor do not keep a scheduler awake": async ({ store }) => {
    await insertAll(store, [job({ executor: "full" }), job({ nextRunMs: FAR })]);
    const { jobs, nextDueMs } = await store.claimDue(claiming({ executors: [{ executor: "default", capacity: 1 }] }));
    assert.deepEqual([jobs, nextDueMs], [[], FAR]);
  },
  "whatever a row holds, it costs no other job a run: its own is an error, and it is paused": async ({
    store,
    corrupt,
  }) => {
    if (corrupt === undefined) return;
    const sound = job();
    const json = JSON.stringify({ v: 1, ...sound });
    const { name: _, ...nameless } = JSON.parse(json) as Record<string, unknown>;
    const rows: Record<string, string> = {
      "no JSON": '{"v":1',
      empty: "",
      null: "null",
      "an array": "[]",
      "another job": json,
      "half a character": JSON.stringify({ ...JSON.parse(json), id: "\ud83d" }),
      "no trigger": JSON.stringify({ ...JSON.parse(json), id: "no trigger", trigger: undefined }),
      "an unknown trigger": JSON.stringify({
        ...JSON.parse(json),
        id: "an unknown trigger",
        trigger: { kind: "moon" },
      }),
      "an unknown zone": JSON.stringify({
        ...JSON.parse(json),
        id: "an unknown zone",
        trigger: { kind: "cron", hour: 3, timezone: "Mars/Olympus" },
      }),
      "no name": JSON.stringify({ ...nameless, id: "no name" }),
      "arguments that are none": JSON.stringify({ ...JSON.parse(json), id: "arguments that are none", args: 7 }),
    };
    await insertAll(store, [sound, ...Object.keys(rows).map((id) => job({ id, nextRunMs: 1 }))]);
    for (const [id, text] of Object.entries(rows)) await corrupt(id, text);
    const executors = [{ executor: "default", capacity: 100, tasks: ["task"] }];
    const [claimed, broken]: [string[], string[]] = [[], []];
    for (let round = 0; round < 3; round++) {
      const claims = await store.claimDue(claiming({ executors, leaseMs: 60_000 }));
      claimed.push(...claims.jobs.map(({ id }) => id));
      broken.push(...claims.broken.map(({ id }) => id));
    }
    assert.deepEqual([claimed, broken.sort()], [[sound.id], Object.keys(rows).sort()]);
    for (const id of Object.keys(rows)) {
      const [execution, ...more] = await executionsOf(store, id);
      assert.deepEqual([more.length, execution?.state, execution?.scheduledAt], [0, "error", 1], id);
      assert.match(execution!.error!, /^the job cannot be read, and is paused: /);
      assert.equal(await store.remove(id), true);
    }
  },
  "a job of a later version is left to its schedulers": async ({ store, corrupt }) => {
    if (corrupt === undefined) return;
    const later = job();
    await store.insert(later);
    await corrupt(later.id, JSON.stringify({ v: 99, ...later }));
    const { jobs, broken } = await store.claimDue(claiming());
    assert.deepEqual([jobs, broken.map(({ id }) => id)], [[], [later.id]]);
    assert.deepEqual(await executionsOf(store, later.id), []);
    assert.deepEqual((await store.claimDue(claiming())).broken, []);
  },
  "due jobs of unknown tasks do not keep a scheduler awake": async ({ store }) => {
    if (!store.shared) return;
    await insertAll(store, [job({ func: "unknown" }), job({ func: "known", nextRunMs: FAR })]);
    const { nextDueMs } = await store.claimDue(claiming({ tasks: ["known"] }));
    assert.equal(nextDueMs, FAR);
  },
  "a job whose task has changed is claimed by a scheduler that knows the new one": async ({ store }) => {
    if (!store.shared) return;
    const added = job({ func: "old" });
    await store.insert(added);
    await change(store, added.id, { func: "new" });
    assert.deepEqual((await store.claimDue(claiming({ tasks: ["old"] }))).jobs, []);
    assert.equal((await store.claimDue(claiming({ tasks: ["new"] }))).jobs[0]?.func, "new");
  },
  "a job that cannot be read is reported and does not hold up the others": async ({ store, corrupt }) => {
    if (corrupt === undefined) return;
    const [bad, good] = [job({ nextRunMs: 1 }), job({ nextRunMs: 2 })];
    await insertAll(store, [bad, good]);
    await corrupt(bad.id);
    const { jobs, broken } = await store.claimDue(claiming());
    assert.deepEqual(
      jobs.map(({ id }) => id),
      [good.id],
    );
    assert.deepEqual(
      broken.map(({ id }) => id),
      [bad.id],
    );
    assert.notEqual(broken[0]!.reason, "");
    assert.deepEqual((await store.claimDue(claiming())).broken, []);
  },
  "unreadable jobs fill no claim for ever, and are left alone beyond a lease": async ({ store, corrupt, advance }) => {
    if (corrupt === undefined) return;
    const bad = Array.from({ length: 5 }, (_, at) => job({ nextRunMs: at }));
    const good = job({ nextRunMs: 10 });
    await insertAll(store, [...bad, good]);
    for (const { id } of bad) await corrupt(id);
    const [claimed, broken]: [string[], string[]] = [[], []];
    for (let round = 0; round < 6; round++) {
      const claims = await store.claimDue(claiming({ limit: 2 }));
      claimed.push(...claims.jobs.map(({ id }) => id));
      broken.push(...claims.broken.map(({ id }) => id));
    }
    assert.deepEqual([claimed, broken.sort()], [[good.id], bad.map(({ id }) => id).sort()]);
    await advance(LEASE_OVER_MS);
    assert.deepEqual((await store.claimDue(claiming())).broken, []);
  },
};
