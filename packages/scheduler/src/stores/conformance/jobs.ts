import assert from "node:assert/strict";
import { claimOne, decision, FAR, job, type OpenedStore, uniqueId } from "./kit.js";

/** Keeping, listing and changing jobs. */
export const jobCases: Record<string, (opened: OpenedStore) => Promise<void>> = {
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
  },
  "a second job of the same id changes nothing and shows the first": async ({ store }) => {
    const first = job({ name: "first" });
    await store.insert(first);
    const existing = await store.insert(job({ id: first.id, name: "second" }));
    assert.equal(existing?.name, "first");
    assert.equal((await store.get(first.id))?.name, "first");
  },
  "ids may hold anything": async ({ store }) => {
    for (const id of ["a:b/c", "'\"`\\%_", "文章 🚀", " ", "A", "a", `${"x".repeat(186)}${uniqueId("")}`.slice(0, 190)]) {
      assert.equal(await store.insert(job({ id, nextRunMs: null })), undefined, id);
      assert.equal((await store.get(id))?.id, id);
      assert.equal(await store.remove(id), true);
    }
  },
  "an unknown job is undefined and cannot be removed": async ({ store }) => {
    assert.equal(await store.get("nobody"), undefined);
    assert.equal(await store.remove("nobody"), false);
    assert.equal(await store.update(job({ id: "nobody" })), undefined);
  },
  "jobs are listed by next run, then id, the paused ones last, page by page": async ({ store }) => {
    const wanted = [
      job({ id: "b", nextRunMs: 100 }),
      job({ id: "c", nextRunMs: 100 }),
      job({ id: "a", nextRunMs: 200 }),
      job({ id: "d", nextRunMs: null }),
      job({ id: "e", nextRunMs: null }),
    ];
    for (const each of [3, 0, 4, 2, 1]) await store.insert(wanted[each]!);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.list({ limit: 2, ...(cursor === undefined ? {} : { cursor }) });
      seen.push(...page.jobs.map(({ id }) => id));
      cursor = page.cursor;
    } while (cursor !== undefined);
    assert.deepEqual(seen, ["b", "c", "a", "d", "e"]);
  },
  "the list can be of paused jobs, of scheduled ones, or of a tag": async ({ store }) => {
    await store.insert(job({ id: "p", nextRunMs: null, tags: ["red"] }));
    await store.insert(job({ id: "s", nextRunMs: 5, tags: ["red", "blue"] }));
    await store.insert(job({ id: "t", nextRunMs: 6 }));
    const ids = async (query: object) => (await store.list(query)).jobs.map(({ id }) => id);
    assert.deepEqual(await ids({ state: "paused" }), ["p"]);
    assert.deepEqual(await ids({ state: "scheduled" }), ["s", "t"]);
    assert.deepEqual(await ids({ tag: "red" }), ["s", "p"]);
    assert.deepEqual(await ids({ tag: "blu" }), []);
  },
  "300 jobs page through without loss": async ({ store }) => {
    for (let at = 0; at < 300; at++) await store.insert(job({ id: `j${at}`, nextRunMs: 1_000 + (at % 7) }));
    const seen = new Set<string>();
    let cursor: string | undefined;
    do {
      const page = await store.list({ limit: 64, ...(cursor === undefined ? {} : { cursor }) });
      for (const { id } of page.jobs) seen.add(id);
      cursor = page.cursor;
    } while (cursor !== undefined);
    assert.equal(seen.size, 300);
    assert.equal(await store.removeAll(), 300);
    assert.deepEqual((await store.list({})).jobs, []);
  },
  "a change needs the version that was read, and raises it": async ({ store }) => {
    const added = job({ nextRunMs: FAR });
    await store.insert(added);
    const read = (await store.get(added.id))!;
    const changed = await store.update({ ...read, name: "new", nextRunMs: null });
    assert.equal(changed?.version, read.version + 1);
    assert.equal((await store.get(added.id))?.name, "new");
    assert.equal((await store.get(added.id))?.nextRunMs, null);
    assert.equal(await store.update({ ...read, name: "stale" }), undefined);
    assert.equal((await store.get(added.id))?.name, "new");
  },
  "a change frees the claim and makes its decision stale": async ({ store }) => {
    const added = job();
    await store.insert(added);
    const claimed = await claimOne(store, added.id);
    const read = (await store.get(added.id))!;
    assert.equal(read.version, claimed.version);
    await store.update({ ...read, name: "changed" });
    assert.deepEqual(await store.dispatch([decision(claimed, FAR)]), [{ kind: "stale" }]);
    assert.equal((await store.get(added.id))?.nextRunMs, 1_000);
    assert.equal((await claimOne(store, added.id, "bob")).name, "changed");
  },
  "a claim makes a change of the version before stale": async ({ store }) => {
    const added = job();
    await store.insert(added);
    const read = (await store.get(added.id))!;
    await claimOne(store, added.id);
    assert.equal(await store.update({ ...read, name: "too late" }), undefined);
  },
  "a move to the next run makes a change of the version before stale": async ({ store }) => {
    const added = job();
    await store.insert(added);
    const claimed = await claimOne(store, added.id);
    const read = (await store.get(added.id))!;
    await store.dispatch([decision(claimed, FAR)]);
    assert.equal(await store.update({ ...read, name: "too late" }), undefined);
    assert.equal((await store.get(added.id))?.nextRunMs, FAR);
  },
  "a shared store refuses a function, saying so": async ({ store }) => {
    if (!store.shared) return;
    await assert.rejects(async () => store.insert(job({ func: () => {} })), /func: /);
  },
  "another client sees what one has added, and is woken by it": async ({ store, second }) => {
    if (second === undefined) return;
    let woken = false;
    const stop = second.subscribe(() => {
      woken = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 300)); // a subscription takes a moment
    const added = job({ nextRunMs: 500 });
    await store.insert(added);
    assert.equal((await second.get(added.id))?.id, added.id);
    for (let waited = 0; !woken && waited < 3_000; waited += 50) await new Promise((resolve) => setTimeout(resolve, 50));
    stop();
    assert.ok(woken);
  },
};
