import assert from "node:assert/strict";
import type { Json } from "../../core/json.js";
import {
  activeOf,
  byHand,
  type Cases,
  change,
  claiming,
  claimOne,
  FAR,
  insertAll,
  job,
  listedIds,
  reportOf,
  request,
  running,
  started,
  stored,
  uniqueId,
} from "./kit.js";

/** ReactionTarget, changing and removing jobs. */
export const jobCases: Cases = {
  "a job comes back as it was added": async ({ store }) => {
    const added = job({
      args: [1, "文 🚀", null, { deep: [true, 0.5] }],
      kwargs: { a: "ü", b: null },
      tags: ["x", "y"],
      retries: { max: 2, delayMs: 5, backoff: "fixed", maxDelayMs: 9 },
      misfireGraceTime: null,
      timeoutMs: 7,
      ack: "late",
      nextRunMs: 1_767_225_600_123,
    });
    assert.equal(await store.insert(added), undefined);
    const found = await store.get(added.id);
    assert.deepEqual(JSON.parse(JSON.stringify(found)), JSON.parse(JSON.stringify(added)));
    assert.equal(String(found!.trigger), String(added.trigger));
    assert.equal(found!.trigger.next(12_000, 12_000), 20_000);
  },
  "arguments are kept to the letter": async ({ store }) => {
    const values: Json[] = [
      "",
      "\u0000\u001f\u2028 \\ ' \" ` % _ \r\n\t",
      "𝒳 🏳️‍🌈 e\u0301 ﷽",
      "x".repeat(100_000),
      0.1,
      1e21,
      -1e-7,
      Number.MAX_SAFE_INTEGER,
      [],
      {},
      [[[[null]]]],
      { "": 1, "a.b": 2, "$[0]": 3, constructor: 4, 文: [5] },
      false,
    ];
    const kwargs = { values, none: null };
    const added = job({ args: values, kwargs, nextRunMs: null });
    await store.insert(added);
    const found = await stored(store, added.id);
    assert.deepEqual(found.args, values);
    assert.deepEqual(found.kwargs, kwargs);
  },
  "no kwargs, null and an empty object are three things": async ({ store }) => {
    for (const kwargs of [undefined, null, {}]) {
      const added = job({ kwargs, nextRunMs: null });
      await store.insert(added);
      assert.deepEqual((await stored(store, added.id)).kwargs, kwargs);
    }
  },
  "a second job of the same id changes nothing and shows the first": async ({ store }) => {
    const first = job({ name: "first" });
    await store.insert(first);
    const existing = await store.insert(job({ id: first.id, name: "second" }));
    assert.deepEqual([existing?.name, existing?.incarnation], ["first", first.incarnation]);
    assert.equal((await store.get(first.id))?.name, "first");
    assert.equal((await store.get(first.id))?.version, 1);
  },
  "of many who add one id at once, one is first": async ({ store, second }) => {
    const jobs = Array.from({ length: 8 }, (_, at) => job({ id: "the one", name: `number ${at}` }));
    const answers = await Promise.all(
      jobs.map(async (each, at) => (at % 2 === 0 ? store : (second ?? store)).insert(each)),
    );
    assert.equal(answers.filter((existing) => existing === undefined).length, 1);
    const { name } = await stored(store, "the one");
    for (const existing of answers) assert.equal(existing?.name ?? name, name);
  },
  "ids may hold anything": async ({ store }) => {
    const long = `${"x".repeat(186)}${uniqueId("")}`.slice(0, 190);
    for (const id of ["a:b/c", "'\"`\\%_", "文章 🚀", " ", "{x}", "__proto__", long]) {
      assert.equal(await store.insert(job({ id, nextRunMs: null })), undefined, id);
      assert.equal((await store.get(id))?.id, id);
      assert.equal(await store.remove(id), true);
    }
  },
  "ids that look alike are different": async ({ store }) => {
    const ids = ["a", "A", "a ", " a", "á", "a\u0301", "ａ", "ß", "ss", "a*", "a%"];
    for (const id of ids) assert.equal(await store.insert(job({ id, name: `the job ${id}` })), undefined, id);
    for (const id of ids) assert.equal((await stored(store, id)).name, `the job ${id}`);
    const claimed = (await store.claimDue(claiming({ leaseMs: 60_000 }))).jobs;
    assert.equal(claimed.length, ids.length);
    const results = await store.dispatch(claimed.map((each) => request(each, FAR)));
    assert.deepEqual(new Set(results.map(({ kind }) => kind)), new Set(["started"]));
    for (const id of ids) assert.equal(await activeOf(store, id), 1, id);
    for (const id of ids) assert.equal(await store.remove(id), true, id);
  },
  "a text with half a character is refused by name, and no claim fails by it": async ({ store }) => {
    const half = "😀".slice(0, 1);
    for (const [field, more] of Object.entries({
      id: { id: half },
      func: { func: half },
      executor: { executor: half },
    })) {
      await assert.rejects(async () => store.insert(job(more)), new RegExp(`^JobSpecError: ${field}: `));
    }
    const sound = job();
    await store.insert(sound);
    await assert.rejects(async () => change(store, sound.id, { executor: half }), /executor: /);
    assert.deepEqual(
      (await store.claimDue(claiming())).jobs.map(({ id }) => id),
      [sound.id],
    );
  },
  "texts that are too long, or hold NUL, are refused by name in every store": async ({ store }) => {
    const refused = {
      id: [{ id: "i".repeat(191) }, { id: "a\u0000" }],
      func: [{ func: "f".repeat(256) }, { func: "a\u0000b" }],
      executor: [{ executor: "e".repeat(191) }, { executor: "\u0000" }],
    };
    const sound = job({ id: "i".repeat(190), func: "f".repeat(255), executor: "e".repeat(190) });
    assert.equal(await store.insert(sound), undefined);
    for (const [field, jobs] of Object.entries(refused)) {
      for (const more of jobs) {
        await assert.rejects(async () => store.insert(job(more)), new RegExp(`^JobSpecError: ${field}: `));
        if (field !== "id") await assert.rejects(async () => change(store, sound.id, more), new RegExp(`${field}: `));
      }
    }
    assert.deepEqual(await listedIds(store, {}), [sound.id]);
  },
  "an unknown job is undefined and cannot be changed or removed": async ({ store }) => {
    assert.equal(await store.get("unknown"), undefined);
    assert.equal(await store.remove("unknown"), false);
    assert.equal(await store.update(job({ id: "unknown" })), undefined);
    assert.equal(await store.get("unknown"), undefined);
  },
  "a change needs the version that was read, and raises it": async ({ store }) => {
    const added = job({ nextRunMs: FAR });
    await store.insert(added);
    const read = (await store.get(added.id))!;
    assert.equal(read.version, 1);
    const changed = await store.update({ ...read, name: "new", nextRunMs: null });
    assert.equal(changed?.version, read.version + 1);
    assert.deepEqual(JSON.stringify(changed), JSON.stringify({ ...read, name: "new", nextRunMs: null, version: 2 }));
    assert.equal((await store.get(added.id))?.version, read.version + 1);
    assert.equal((await store.get(added.id))?.name, "new");
    assert.equal((await store.get(added.id))?.nextRunMs, null);
    assert.equal(await store.update({ ...read, name: "stale" }), undefined);
    assert.equal((await store.get(added.id))?.name, "new");
  },
  "of two who change what both have read, one is refused": async ({ store, second }) => {
    const added = job({ nextRunMs: FAR });
    await store.insert(added);
    for (let round = 0; round < 10; round++) {
      const read = await stored(store, added.id);
      const answers = await Promise.all(
        [store, second ?? store].map(async (each, at) => each.update({ ...read, name: `${round} ${at}` })),
      );
      const changed = answers.filter((answer) => answer !== undefined);
      assert.equal(changed.length, 1);
      assert.equal((await stored(store, added.id)).name, changed[0]!.name);
    }
  },
  "a change frees the claim and makes its request stale": async ({ store }) => {
    const added = job();
    await store.insert(added);
    const claimed = await claimOne(store, added.id);
    const read = (await store.get(added.id))!;
    assert.equal(read.version, claimed.version);
    await store.update({ ...read, name: "changed" });
    assert.deepEqual(await store.dispatch([request(claimed, FAR)]), [{ kind: "stale" }]);
    assert.equal((await store.get(added.id))?.nextRunMs, 1_000);
    assert.equal((await claimOne(store, added.id, "bob")).name, "changed");
  },
  "a claim makes a change of the version before stale": async ({ store }) => {
    const added = job();
    await store.insert(added);
    const read = (await store.get(added.id))!;
    await claimOne(store, added.id);
    assert.equal(await store.update({ ...read, name: "too late" }), undefined);
    assert.equal((await store.get(added.id))?.name, "a job");
  },
  "a move to the next run makes a change of the version before stale": async ({ store }) => {
    const added = job();
    await store.insert(added);
    const claimed = await claimOne(store, added.id);
    const read = (await store.get(added.id))!;
    await store.dispatch([request(claimed, FAR)]);
    assert.equal(await store.update({ ...read, name: "too late" }), undefined);
    assert.equal((await store.get(added.id))?.nextRunMs, FAR);
  },
  "a paused job is not claimed until it has a next run again": async ({ store }) => {
    const added = job();
    await store.insert(added);
    await change(store, added.id, { nextRunMs: null });
    assert.deepEqual((await store.claimDue(claiming())).jobs, []);
    await change(store, added.id, { nextRunMs: 2_000 });
    assert.equal((await claimOne(store, added.id)).nextRunMs, 2_000);
  },
  "a removed job is not claimed, and the request about it is stale": async ({ store }) => {
    const [due, earlier] = [job({ nextRunMs: 2_000 }), job()];
    await insertAll(store, [due, earlier]);
    const claimed = (await store.claimDue(claiming({ limit: 1 }))).jobs[0]!;
    assert.equal(claimed.id, earlier.id);
    assert.deepEqual([await store.remove(due.id), await store.remove(claimed.id)], [true, true]);
    assert.deepEqual([await store.remove(due.id), await store.remove(claimed.id)], [false, false]);
    assert.deepEqual(await store.dispatch([request(claimed, FAR)]), [{ kind: "stale" }]);
    assert.deepEqual((await store.claimDue(claiming())).jobs, []);
    assert.equal(await store.get(claimed.id), undefined);
    assert.deepEqual(await store.executions.list({ jobId: claimed.id }), { executions: [] });
  },
  "removing all returns how many there were; runs go on and history stays": async ({ store }) => {
    const run = await running(store);
    await insertAll(store, [job(), job({ nextRunMs: null }), job({ nextRunMs: FAR })]);
    await claimOne(store, (await store.list({ limit: 1 })).jobs[0]!.id);
    assert.equal(await store.removeAll(), 4);
    assert.equal(await store.removeAll(), 0);
    assert.deepEqual((await store.list({})).jobs, []);
    assert.deepEqual((await store.claimDue(claiming())).jobs, []);
    assert.equal(await activeOf(store, run.job.id), 1);
    assert.deepEqual(await store.report([reportOf(run)]), [true]);
    assert.equal((await store.executions.list({ jobId: run.job.id })).executions.length, 1);
  },
  "running instances go on when their job is removed": async ({ store }) => {
    const run = await running(store);
    await store.remove(run.job.id);
    assert.deepEqual(await store.report([reportOf(run)]), [true]);
    assert.equal((await store.executions.get(run.result.runs[0]!.executionId))?.state, "executed");
  },
  "a job of an id that was there before counts what still runs of the first": async ({ store }) => {
    const run = await running(store);
    await store.remove(run.job.id);
    const again = job({ id: run.job.id });
    assert.equal(await store.insert(again), undefined);
    assert.deepEqual(await store.dispatch([byHand(again)]), [{ kind: "max_instances" }]);
    await store.report([reportOf(run)]);
    await started(store, byHand(again));
  },
  "a store of this process keeps functions, a shared one refuses them, saying so": async ({ store }) => {
    const func = () => {};
    if (!store.shared) {
      const added = job({ func });
      await store.insert(added);
      assert.equal((await stored(store, added.id)).func, func);
      return;
    }
    await assert.rejects(async () => store.insert(job({ func })), /func: /);
    const named = job();
    await store.insert(named);
    await assert.rejects(async () => change(store, named.id, { func }), /func: /);
    assert.equal((await stored(store, named.id)).func, "task");
  },
  "what one client adds, changes and removes the other sees": async ({ store, second }) => {
    if (second === undefined) return;
    const added = job({ nextRunMs: FAR });
    await store.insert(added);
    assert.equal((await stored(second, added.id)).name, "a job");
    await change(second, added.id, { name: "changed" });
    assert.equal((await stored(store, added.id)).name, "changed");
    assert.deepEqual(await listedIds(second, {}), [added.id]);
    assert.equal(await store.remove(added.id), true);
    assert.equal(await second.get(added.id), undefined);
  },
  "migrating again, several at once, changes nothing": async ({ store, second }) => {
    const added = job();
    await store.insert(added);
    await Promise.all([store, second ?? store, store].map(async (each) => each.migrate()));
    await claimOne(store, added.id);
  },
};
