import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { Catalogue, type CatalogueRow } from "./catalogue.js";

const NOW = 1_700_000_000_000;
const HOUR_MS = 3_600_000;

function row(articleId: bigint, fields: Partial<CatalogueRow> = {}): CatalogueRow {
  return {
    articleId,
    authorId: 1n,
    channelId: 101,
    publishedAtMs: NOW - Number(articleId),
    published: true,
    likes: 0,
    comments: 0,
    collects: 0,
    ...fields,
  };
}

const open = () => new Catalogue(() => NOW);
const walk = (list: { size: number; at(rank: number): number }) =>
  Array.from({ length: list.size }, (_, rank) => list.at(rank));

/** All that can be asked of the catalogue, by article ids. */
function seen(catalogue: Catalogue, channels: readonly number[], authors: readonly bigint[]) {
  const idsOf = (slots: readonly number[]) => slots.map((slot) => catalogue.articleId(slot));
  return {
    listed: catalogue.listed,
    fresh: channels.map((id) => idsOf(walk(catalogue.index(id).fresh))),
    hot: channels.map((id) =>
      idsOf(walk(catalogue.index(id).hot)).map((article) => catalogue.hotKey(catalogue.slotOf(article))),
    ),
    byAuthor: authors.map((id) => idsOf(walk(catalogue.byAuthor(id) ?? { size: 0, at: () => 0 }))),
    explore: channels.map((id) => {
      const queue = catalogue.index(id).explore;
      return new Set(idsOf(walk(queue).filter((slot) => queue.isWaiting(slot))));
    }),
  };
}

describe("the catalogue", () => {
  const rows = fc.array(
    fc.record({
      articleId: fc.bigInt({ min: 1n, max: 12n }),
      authorId: fc.bigInt({ min: 1n, max: 3n }),
      channelId: fc.constantFrom(101, 102),
      publishedAtMs: fc.integer({ min: 0, max: 80 }).map((hours) => NOW - hours * HOUR_MS),
      published: fc.boolean(),
      likes: fc.integer({ min: 5, max: 9 }),
      comments: fc.constant(0),
      collects: fc.constant(0),
    }),
    { maxLength: 40 },
  );

  test("is what the last row of each article says, whether rows come one by one or many at once", () => {
    fc.assert(
      fc.property(rows, fc.nat(40), (told, split) => {
        const catalogue = open();
        for (const each of told.slice(0, split)) catalogue.put(each);
        catalogue.putMany([...new Map(told.slice(split).map((each) => [each.articleId, each])).values()]);

        const last = [...new Map(told.map((each) => [each.articleId, each])).values()].filter((each) => each.published);
        const inChannel = (channelId: number) => last.filter((each) => channelId === 0 || each.channelId === channelId);
        const now = seen(catalogue, [0, 101, 102], [1n, 2n, 3n]);
        expect(now.listed).toBe(last.length);
        for (const [index, channelId] of [0, 101, 102].entries()) {
          const here = inChannel(channelId);
          const times = (ids: readonly bigint[]) => ids.map((id) => catalogue.publishedAtMs(catalogue.slotOf(id)));
          expect(new Set(now.fresh[index])).toEqual(new Set(here.map((each) => each.articleId)));
          expect(times(now.fresh[index] ?? [])).toEqual(here.map((each) => each.publishedAtMs).sort((a, b) => a - b));
          expect(now.hot[index]).toHaveLength(here.filter((each) => each.likes >= 7).length);
          expect(now.hot[index]).toEqual(now.hot[index]?.toSorted((a, b) => b - a));
          const young = here.filter((each) => each.publishedAtMs > NOW - 48 * HOUR_MS);
          expect(now.explore[index]).toEqual(new Set(young.map((each) => each.articleId)));
        }
        for (const [index, authorId] of [1n, 2n, 3n].entries()) {
          const own = last.filter((each) => each.authorId === authorId);
          expect(new Set(now.byAuthor[index])).toEqual(new Set(own.map((each) => each.articleId)));
        }
      }),
      { numRuns: 300 },
    );
  });

  test("told the same again changes nothing, and touches no index for a like", () => {
    const catalogue = open();
    catalogue.putMany([row(1n), row(2n), row(3n)]);
    const before = seen(catalogue, [0, 101], [1n]);
    catalogue.putMany([row(3n), row(2n), row(1n)]);
    catalogue.put(row(2n));
    expect(seen(catalogue, [0, 101], [1n])).toEqual(before);
    catalogue.put(row(3n, { likes: 50 }));
    expect(seen(catalogue, [0, 101], [1n]).fresh).toEqual(before.fresh);
    expect(catalogue.articleId(catalogue.index(101).hot.at(0))).toBe(3n);
  });

  test("knows what is gone, and tells it from what it never heard of", () => {
    const catalogue = open();
    catalogue.put(row(1n));
    catalogue.put(row(2n, { published: false }));
    catalogue.remove(1n);
    const states = [1n, 2n, 3n]
      .map((id) => catalogue.slotOf(id))
      .map((slot) => [catalogue.isKnown(slot), catalogue.isGone(slot)]);
    expect(states).toEqual([
      [true, true],
      [true, true],
      [false, false],
    ]);
    expect(catalogue.listed).toBe(0);
  });

  test("ids beyond 2^53 and their neighbours are different articles", () => {
    const catalogue = open();
    const ids = [2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n, 2n ** 63n - 2n];
    catalogue.putMany(ids.map((id, index) => row(id, { publishedAtMs: NOW - index })));
    expect(walk(catalogue.index(0).fresh).map((slot) => catalogue.articleId(slot))).toEqual([...ids].reverse());
  });

  test("an article is explored until thirty readers were served it", () => {
    const catalogue = open();
    catalogue.put(row(1n));
    const slot = catalogue.slotOf(1n);
    const { explore } = catalogue.index(101);
    for (let reader = 0; reader < 29; reader += 1) catalogue.countExposures([slot]);
    expect(explore.isWaiting(slot)).toBe(true);
    catalogue.countExposures([slot]);
    expect(explore.isWaiting(slot)).toBe(false);
    explore.settle();
    expect(explore.size).toBe(0);
  });
});
