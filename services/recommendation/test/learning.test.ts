import type { Change } from "@headline/newsroom/changes";
import { type DislikeWhy, type EventKind, pruneEvents } from "@headline/newsroom/events";
import type { Recommender } from "@headline/recommender";
import { eventually } from "@headline/testkit";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { rebuildModel } from "../src/learning/rebuild-model.js";
import { articles, ids, newReader, openWorld, type World } from "./open-world.js";

const HOUR_MS = 3_600_000;
const LATER_MS = 7 * HOUR_MS;

let world: World;
let client: Recommender;
let shiftMs: number;

beforeEach(async () => {
  world = await openWorld();
  shiftMs = 0;
});

afterEach(async () => {
  await world?.[Symbol.asyncDispose]();
});

async function serve(count: number, options: { snapshotMs?: number } = {}) {
  await world.seed(articles(count));
  ({ client } = await world.open({ now: () => Date.now() + shiftMs, ...options }));
}

/** As they land: the log's own columns, from one batch. */
async function lands(userId: bigint, kind: EventKind, articleIds: readonly bigint[], stamp = 1, why?: DislikeWhy) {
  const now = Date.now();
  const rows = articleIds.map(
    (id, position) =>
      `(${userId}, 0, ${stamp}, ${id}, '${kind}', REPEAT('\\0', 16), 1, ${position}, 2, 9000, ${why ? `'${why}'` : "NULL"}, ${now}, ${now}, ${now})`,
  );
  await world.mysql.write(
    `INSERT INTO events (user_id, channel_id, stamp, article_id, kind, occurrence, reason, position, bucket, duration_ms,
                         why, happened_at, accepted_at, landed_at) VALUES ${rows.join(",")}`,
  );
}

async function learntAll(): Promise<void> {
  const [row] = await world.mysql.query<{ id: string }>("SELECT MAX(id) AS id FROM events");
  await eventually(async () => {
    const { learnedUpTo } = await client.explain({ userId: 0n, channelId: 0, articleNum: 1 });
    expect(learnedUpTo).toBeGreaterThanOrEqual(BigInt(row?.id ?? 0));
  });
}

describe("served is not seen", () => {
  test("what was never on the screen comes again after some hours, what was stays out", async () => {
    await serve(20);
    const ask = newReader(client);
    const first = ids(await ask(0));
    const [seen, unseen] = [first.slice(0, 4), first.slice(4)];
    await lands(ask.userId, "exposure", seen);
    await learntAll();
    const second = ids(await ask(0));
    expect(second.filter((id) => first.includes(id))).toEqual([]);
    expect(ids(await ask(0))).toEqual([]);
    shiftMs = LATER_MS;
    const again = [...ids(await ask(0)), ...ids(await ask(0))];
    expect(again.filter((id) => seen.includes(id))).toEqual([]);
    expect(unseen.every((id) => again.includes(id))).toBe(true);
  });

  test("also for a server that came up after it was seen", async () => {
    await serve(10);
    const ask = newReader(client);
    const first = ids(await ask(0));
    await lands(ask.userId, "exposure", first.slice(0, 3));
    shiftMs = LATER_MS;
    const { client: another } = await world.open({ now: () => Date.now() + shiftMs });
    const page = ids(await ask(0, { via: another }));
    expect(page).toHaveLength(7);
    expect(page.filter((id) => first.slice(0, 3).includes(id))).toEqual([]);
  });
});

describe("what a reader does not want", () => {
  test("a disliked article is hidden at once, also where it was served, and undoing brings it back", async () => {
    await serve(30);
    const ask = newReader(client);
    const page = await ask(0);
    const disliked = ids(page)[0] as bigint;
    const told: Change = { topic: "dislikes", subjectId: ask.userId, version: 2 };
    await world.change(
      [`INSERT INTO article_dislikes (user_id, article_id, created_at) VALUES (${ask.userId}, ${disliked}, 1)`],
      told,
    );
    await eventually(async () => expect(ids(await ask(page.stamp))).not.toContain(disliked));
    await world.change([`DELETE FROM article_dislikes WHERE user_id = ${ask.userId}`], told);
    await eventually(async () => expect(ids(await ask(page.stamp))).toContain(disliked));
  });

  test("makes its author's others come later, but not for what is no fault of the author's", async () => {
    await world.seed(articles(5, { authorId: 5n, likes: 50 }));
    ({ client } = await world.open({ holdout: 0 }));
    const rulesAfter = async (why: string) => {
      const { userId } = newReader(client);
      const told: Change = { topic: "dislikes", subjectId: userId, version: 2 };
      const row = `(${userId}, 1, ${Date.now()}, ${why})`;
      await world.change([`INSERT INTO article_dislikes (user_id, article_id, created_at, why) VALUES ${row}`], told);
      const { candidates } = await client.explain({ userId, channelId: 0, articleNum: 10 });
      expect(candidates.find(({ articleId }) => articleId === 1n)?.droppedBy).toBe("notBlocked");
      return candidates.find(({ articleId }) => articleId === 2n)?.parts["rules"] as number;
    };
    const unsaid = await rulesAfter("NULL");
    const more: number[] = [];
    for (const why of ["'dull'", "'poor'", "'seen'", "'old'"]) more.push((await rulesAfter(why)) - unsaid);
    for (const [index, expected] of [0, 0, 4, 4].entries()) expect(more[index]).toBeCloseTo(expected, 1);
  });

  test("an author who is blocked is not shown, in no feed of this reader, and in every other's", async () => {
    await world.seed(articles(10, { authorId: 5n }));
    await world.seed([{ id: 100n, authorId: 6n }]);
    ({ client } = await world.open());
    const ask = newReader(client);
    const told: Change = { topic: "blocks", subjectId: ask.userId, version: 2 };
    const dryRun = { dryRun: true };
    expect(ids(await ask(0, dryRun))).toHaveLength(10);
    await world.change([`INSERT INTO author_blocks VALUES (${ask.userId}, 5, 1)`], told);
    await eventually(async () => expect(ids(await ask(0, dryRun))).toEqual([100n]));
    expect(ids(await newReader(client)(0))).toHaveLength(10);
  });
});

describe("an explanation", () => {
  test("tells every candidate's sources, score and place, and why the others are not there", async () => {
    await serve(25);
    const ask = newReader(client);
    const page = ids(await ask(0, { dryRun: true }));
    const { candidates, algo } = await client.explain({ userId: ask.userId, channelId: 0, articleNum: 10 });
    expect(algo).toMatch(/^(learned|hot-new)-1$/);
    const onPage = candidates.filter(({ position }) => position > 0);
    expect(onPage.map(({ articleId }) => articleId)).toEqual(page);
    expect(onPage.every(({ sources, droppedBy }) => sources.length > 0 && droppedBy === "")).toBe(true);
    expect(candidates.filter(({ position }) => position === 0).every(({ droppedBy }) => droppedBy === "cut")).toBe(
      true,
    );
    await ask(0);
    const after = await client.explain({ userId: ask.userId, channelId: 0, articleNum: 10 });
    expect(after.candidates.filter(({ droppedBy }) => droppedBy === "unserved").length).toBeGreaterThanOrEqual(5);
  });

  test("of a channel that is none is an error that says so", async () => {
    await serve(1);
    await expect(client.explain({ userId: 1n, channelId: 999, articleNum: 10 })).rejects.toThrow(/channel/);
  });
});

describe("what was learnt", () => {
  test("is stored, gone on from after a restart, and what a rebuild from the log comes to", async () => {
    await serve(40, { snapshotMs: 300 });
    for (let page = 1; page <= 30; page += 1) {
      const shown = Array.from({ length: 8 }, (_, index) => BigInt(1 + ((page * 7 + index * 3) % 40)));
      await lands(-BigInt(1 + (page % 5)), "exposure", shown, page);
      await lands(-BigInt(1 + (page % 5)), "click", shown.slice(2, 3), page);
    }
    await lands(-1n, "comment", [3n, 4n, 5n], 0);
    await lands(-1n, "uncomment", [4n], 0);
    await lands(-2n, "dislike", [6n, 7n], 0, "seen");
    await lands(-2n, "undislike", [7n], 0, "seen");
    await lands(-2n, "dislike", [9n, 10n], 0, "poor");
    await learntAll();
    await eventually(async () => {
      const [stored] = await world.mysql.query<{ id: string }>("SELECT MAX(event_id) AS id FROM model_snapshots");
      expect(Number(stored?.id)).toBe(279);
    });
    const { client: another } = await world.open();
    const explained = await another.explain({ userId: -1n, channelId: 0, articleNum: 10 });
    expect([explained.learnedUpTo, explained.clicksLearned]).toEqual([279n, 30n]);
    const rebuilt = await rebuildModel({ mysql: world.mysql });
    expect(rebuilt).toMatchObject({ events: 279, upTo: 279n, sameAsStored: true });
  });

  test("is learnt again from what a pruned log still has, and compared with nothing", async () => {
    const { mysql } = world;
    const { signal } = new AbortController();
    const prune = (upTo: bigint) => pruneEvents({ mysql, keptMs: -HOUR_MS, upTo, signal });
    await world.seed(articles(20));
    for (let page = 1; page <= 10; page += 1) await lands(-1n, "click", [BigInt(page), BigInt(page + 10)], page);
    expect(await rebuildModel({ mysql })).toMatchObject({ events: 20, sameAsStored: undefined, prunedUpTo: 0n });
    expect(await rebuildModel({ mysql })).toMatchObject({ events: 20, sameAsStored: true, stored: true });
    await prune(15n);
    expect(await rebuildModel({ mysql })).toMatchObject({
      events: 5,
      upTo: 20n,
      sameAsStored: undefined,
      prunedUpTo: 15n,
    });
    await prune(20n);
    expect(await rebuildModel({ mysql })).toMatchObject({ events: 0, sameAsStored: undefined, stored: false });
    await lands(-1n, "click", [1n, 2n], 11);
    expect(await rebuildModel({ mysql })).toMatchObject({ events: 2, upTo: 22n, prunedUpTo: 20n, stored: true });
    ({ client } = await world.open());
    expect((await client.explain({ userId: -1n, channelId: 0, articleNum: 1 })).learnedUpTo).toBe(22n);
  });

  test("is known after a restart although the events it came from are gone", async () => {
    await serve(20, { snapshotMs: 300 });
    await lands(-1n, "click", ids(await newReader(client)(0)), 1);
    await learntAll();
    const learnt = await eventually(async () => {
      const [stored] = await world.mysql.query<{ id: string | null }>(
        "SELECT MAX(event_id) AS id FROM model_snapshots",
      );
      expect(Number(stored?.id)).toBe(10);
      return 10n;
    });
    const { signal } = new AbortController();
    expect(await pruneEvents({ mysql: world.mysql, keptMs: -HOUR_MS, upTo: learnt, signal })).toBe(10);
    const { client: another } = await world.open();
    const explained = await another.explain({ userId: -1n, channelId: 0, articleNum: 10 });
    expect([explained.learnedUpTo, explained.clicksLearned]).toEqual([10n, 10n]);
    await lands(-1n, "click", [1n], 2);
    await eventually(async () =>
      expect((await another.explain({ userId: -1n, channelId: 0, articleNum: 1 })).learnedUpTo).toBe(11n),
    );
  });
});

describe("a reader who likes three articles of a kind", () => {
  test("sees the next refresh turn that way, and the explanation say so", async () => {
    await world.seed(
      Array.from({ length: 120 }, (_, index) => ({ id: BigInt(index + 1), channelId: 101 + (index % 4) })),
    );
    ({ client } = await world.open({ holdout: 0 }));
    const ask = newReader(client);
    const kindOf = (articleIds: readonly bigint[]) => articleIds.filter((id) => Number(id - 1n) % 4 === 2).length;
    const before = ids(await ask(0));
    expect(kindOf(before)).toBeLessThanOrEqual(4);
    const liked = [3n, 7n, 11n];
    await lands(ask.userId, "click", liked, 1);
    await lands(ask.userId, "liking", liked, 1);
    await learntAll();
    const after = ids(await ask(0));
    expect(kindOf(after)).toBeGreaterThanOrEqual(6);
    const { interests, candidates } = await client.explain({ userId: ask.userId, channelId: 0, articleNum: 10 });
    expect(interests[0]).toMatchObject({ kind: "channel", name: "103" });
    const shown = candidates.filter(({ position }) => position > 0);
    expect(shown.some(({ sources }) => sources.includes("interest"))).toBe(true);
    expect(shown.some(({ parts }) => (parts["interest"] ?? 0) > 0)).toBe(true);
  });

  test("also who only comments on them, until the comments are deleted", async () => {
    await world.seed(
      Array.from({ length: 120 }, (_, index) => ({ id: BigInt(index + 1), channelId: 101 + (index % 4) })),
    );
    ({ client } = await world.open({ holdout: 0 }));
    const ask = newReader(client);
    const commented = [3n, 7n, 11n];
    const explain = async () => client.explain({ userId: ask.userId, channelId: 0, articleNum: 10 });
    await lands(newReader(client).userId, "comment", [...commented, 98n], 0);
    await lands(ask.userId, "comment", commented, 0);
    await learntAll();
    const { interests, candidates } = await explain();
    expect(candidates.find(({ articleId }) => articleId === 98n)?.sources).toContain("similar");
    expect(interests[0]).toMatchObject({ kind: "channel", name: "103" });
    const onPage = candidates.filter(({ position }) => position > 0);
    const ofAKind = onPage.filter(({ articleId }) => Number(articleId - 1n) % 4 === 2);
    expect(ofAKind.length).toBeGreaterThanOrEqual(6);
    await lands(ask.userId, "uncomment", commented, 0);
    await learntAll();
    const after = await explain();
    expect(after.interests).toEqual([]);
    expect(after.candidates.some(({ parts }) => (parts["interest"] ?? 0) !== 0)).toBe(false);
  });
});
