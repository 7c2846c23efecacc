import { describe, expect, jest, test } from "@jest/globals";
import { Catalogue } from "../../catalogue/catalogue.js";
import { NO_BLOCKS } from "../../readers/block-lists.js";
import { CoVisits } from "../../readers/co-visits.js";
import type { FeedReader } from "../candidate.js";
import { similar } from "./similar.js";

const NOW = 1_700_000_000_000;
const MINUTE_MS = 60_000;
const ARTICLES = 100_000;
const BOB = 9n;

/** The newest first: articles of eight channels, each by an author of its own. */
const catalogue = new Catalogue(() => NOW, ARTICLES);
catalogue.putMany(
  Array.from({ length: ARTICLES }, (_, index) => ({
    articleId: BigInt(index + 1),
    authorId: BigInt(index),
    channelId: 101 + (index % 8),
    publishedAtMs: NOW - index * MINUTE_MS,
    published: true,
    likes: 0,
    comments: 0,
    collects: 0,
  })),
);
const slotOf = (index: number) => catalogue.slotOf(BigInt(index + 1));

function reader(fields: Partial<FeedReader> = {}): FeedReader {
  return {
    userId: BOB,
    channelId: 0,
    nowMs: NOW,
    follows: new Set(),
    served: new Map(),
    seen: new Set(),
    blockList: NO_BLOCKS,
    ...fields,
  };
}

const indexOf = (slot: number) => Number(catalogue.articleId(slot)) - 1;

describe("similar", () => {
  const visits = new CoVisits(catalogue, { articlesMax: 10_000, readersMax: 10_000 });
  // Those who read an article of a hundred read nine others of the same hundred.
  for (let user = 0; user < 2_000; user += 1) {
    for (let read = 0; read < 10; read += 1) {
      visits.learn(
        BigInt(user) + 1_000n,
        slotOf((user % 50) * 100 + ((Math.trunc(user / 50) * 17 + read * 13) % 100)),
        NOW - MINUTE_MS,
      );
    }
  }

  test("recalls what those read who read the same, without what was read itself", () => {
    visits.learn(BOB, slotOf(207), NOW);
    visits.learn(BOB, slotOf(220), NOW);
    const recalled = similar(catalogue, visits)(reader(), 30, () => true).map(indexOf);
    expect(recalled.length).toBeGreaterThanOrEqual(10);
    expect(recalled.filter((index) => index < 200 || index >= 300)).toEqual([]);
    expect(recalled).not.toContain(207);
  });

  test("who has read nothing is recalled nothing", () => {
    expect(similar(catalogue, visits)(reader({ userId: 1n }), 30, () => true)).toEqual([]);
  });

  test("in a channel, recalls articles of that channel only", () => {
    const recalled = similar(catalogue, visits)(reader({ userId: 1_002n, channelId: 104 }), 30, () => true);
    expect(new Set(recalled.map((slot) => catalogue.channelId(slot)))).toEqual(new Set([104]));
  });

  test("the work is bounded by the neighbours of ten articles", () => {
    const keepNothing = jest.fn(() => false);
    expect(similar(catalogue, visits)(reader({ userId: 1_002n }), 400, keepNothing)).toEqual([]);
    expect(keepNothing.mock.calls.length).toBeGreaterThan(10);
    expect(keepNothing.mock.calls.length).toBeLessThanOrEqual(320);
  });
});
