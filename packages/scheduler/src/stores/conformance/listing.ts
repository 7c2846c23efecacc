import assert from "node:assert/strict";
import { type Cases, claiming, FAR, insertAll, job, listedIds } from "./kit.js";

/** Listing jobs, page by page. */
export const listingCases: Cases = {
  "jobs are listed by next run, then id, the paused ones last, page by page": async ({ store }) => {
    const wanted = [
      job({ id: "b", nextRunMs: 100 }),
      job({ id: "c", nextRunMs: 100 }),
      job({ id: "a", nextRunMs: 200 }),
      job({ id: "d", nextRunMs: null }),
      job({ id: "e", nextRunMs: null }),
    ];
    for (const each of [3, 0, 4, 2, 1]) await store.insert(wanted[each]!);
    for (const limit of [1, 2, 3, 5, 100]) {
      assert.deepEqual(await listedIds(store, { limit }), ["b", "c", "a", "d", "e"], `${limit} a page`);
    }
    assert.equal((await store.list({ limit: 5 })).cursor, undefined);
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
    assert.deepEqual(await ids({ tag: "red", state: "paused" }), ["p"]);
    assert.deepEqual(await ids({ tag: "red", state: "scheduled" }), ["s"]);
  },
  "tags may hold anything, and mean themselves": async ({ store }) => {
    const tags = ["100%", "a_b", 'say "x"', "back\\slash", "文 🚀", "Red", "red", "[1]", ""];
    await insertAll(
      store,
      tags.map((tag, at) => job({ id: `t${at}`, tags: [tag, "all"] })),
    );
    for (const [at, tag] of tags.entries()) assert.deepEqual(await listedIds(store, { tag }), [`t${at}`], tag);
    assert.equal((await listedIds(store, { tag: "all", limit: 2 })).length, tags.length);
  },
  "a tag that few have is found among many, page by page": async ({ store }) => {
    const jobs = Array.from({ length: 150 }, (_, at) =>
      job({ id: `j${1_000 + at}`, nextRunMs: at < 100 ? at : null, tags: at % 30 === 7 ? ["rare"] : ["usual"] }),
    );
    await insertAll(store, jobs);
    assert.deepEqual(await listedIds(store, { tag: "rare", limit: 2 }), ["j1007", "j1037", "j1067", "j1097", "j1127"]);
  },
  "a search leaves out no job with the text in its id, name, task or tags, whatever the case": async ({ store }) => {
    const wanted = [
      job({ id: "by-Needle", nextRunMs: 10 }),
      job({ id: "b", name: "the NEEDLE's job", nextRunMs: 40 }),
      job({ id: "c", func: "sew.needle", nextRunMs: 90 }),
      job({ id: "d", tags: ["x", "needles"], nextRunMs: null }),
    ];
    const hay = Array.from({ length: 150 }, (_, at) => job({ id: `h${1_000 + at}`, nextRunMs: at < 100 ? at : null }));
    await insertAll(store, [...hay, ...wanted]);
    const found = async (search: string, limit: number) => {
      const ids = await listedIds(store, { search, limit });
      return ids.filter((id) => wanted.some((each) => each.id === id));
    };
    for (const limit of [1, 3, 1_000]) assert.deepEqual(await found("nEEdle", limit), ["by-Needle", "b", "c", "d"]);
    const odd = job({ id: 'odd "q" \\ Grüße % _ 文🚀', nextRunMs: 5 });
    await store.insert(odd);
    for (const search of ['"q"', "\\", "GRÜSSE".slice(0, 3), "% _", "文🚀", " "])
      assert.ok((await listedIds(store, { search })).includes(odd.id), search);
    assert.deepEqual(
      (await store.list({ search: "needle", state: "paused" })).jobs.map(({ id }) => id).filter((id) => id === "d"),
      ["d"],
    );
  },
  "1,000 jobs page through without loss, in order": async ({ store }) => {
    const jobs = Array.from({ length: 1_000 }, (_, at) => job({ id: `j${10_000 + at}`, nextRunMs: 1_000 + (at % 7) }));
    await insertAll(store, jobs);
    const byRun = [...jobs].sort((a, b) => a.nextRunMs! - b.nextRunMs! || (a.id < b.id ? -1 : 1));
    assert.deepEqual(
      await listedIds(store, { limit: 64 }),
      byRun.map(({ id }) => id),
    );
    assert.equal((await listedIds(store, {})).length, 1_000);
    assert.equal(await store.removeAll(), 1_000);
    assert.deepEqual((await store.list({})).jobs, []);
  },
  "jobs that stay are listed once, whatever comes and goes between the pages": async ({ store }) => {
    const ids = Array.from({ length: 12 }, (_, at) => `j${10 + at}`);
    await insertAll(
      store,
      ids.map((id, at) => job({ id, nextRunMs: at < 8 ? 100 : null })),
    );
    const first = await store.list({ limit: 4 });
    await store.remove(first.jobs.at(-1)!.id);
    await insertAll(store, [job({ id: "a", nextRunMs: 1 }), job({ id: "z", nextRunMs: FAR })]);
    const rest: string[] = [];
    for (let { cursor } = first; cursor !== undefined; ) {
      const page = await store.list({ limit: 4, cursor });
      rest.push(...page.jobs.map(({ id }) => id));
      cursor = page.cursor;
    }
    assert.deepEqual(rest, [...ids.slice(4, 8), "z", ...ids.slice(8)]);
  },
  "a claimed job is listed where its next run is": async ({ store }) => {
    await insertAll(store, [job({ id: "due", nextRunMs: 1_000 }), job({ id: "later", nextRunMs: FAR })]);
    await store.claimDue(claiming());
    const { jobs } = await store.list({});
    assert.deepEqual(
      jobs.map(({ id, nextRunMs, version }) => [id, nextRunMs, version]),
      [
        ["due", 1_000, 2],
        ["later", FAR, 1],
      ],
    );
  },
};
