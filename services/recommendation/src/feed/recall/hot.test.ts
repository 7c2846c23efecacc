import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { Catalogue } from "../../catalogue/catalogue.js";
import { NO_BLOCKS } from "../../readers/block-lists.js";
import { ClickedLately } from "../../readers/clicked-lately.js";
import type { FeedReader } from "../candidate.js";
import { inTurns } from "./first-kept.js";
import { hot } from "./hot.js";

const NOW = 1_700_000_000_000;
const HOUR_MS = 3_600_000;

const READER: FeedReader = {
  userId: 9n,
  channelId: 0,
  nowMs: NOW,
  follows: new Set(),
  served: new Map(),
  seen: new Set(),
  blockList: NO_BLOCKS,
};

function world() {
  const catalogue = new Catalogue(() => NOW);
  catalogue.putMany(
    Array.from({ length: 40 }, (_, index) => ({
      articleId: BigInt(index + 1),
      authorId: BigInt(index),
      channelId: 101 + (index % 2),
      publishedAtMs: NOW - 24 * HOUR_MS,
      published: true,
      likes: index === 39 ? 100 : 0,
      comments: 0,
      collects: 0,
    })),
  );
  const clicked = new ClickedLately(catalogue);
  const slot = (articleId: number) => catalogue.slotOf(BigInt(articleId));
  const click = (articleId: number, times: number, atMs: number) => {
    for (let time = 0; time < times; time += 1) {
      clicked.learn(slot(articleId), catalogue.channelId(slot(articleId)), atMs);
    }
  };
  click(1, 5, NOW - 10 * HOUR_MS);
  click(2, 9, NOW - 4 * HOUR_MS);
  click(3, 2, NOW);
  const named = (reader: Partial<FeedReader>, want: number, keep: (slot: number) => boolean = () => true) =>
    hot(catalogue, clicked)({ ...READER, ...reader }, want, keep).map((at) => Number(catalogue.articleId(at)));
  return { named, slot };
}

test("articles clicked lately are named, by the short half-life and the long, beside those that many reacted to", () => {
  const { named } = world();
  expect(named({}, 10)).toEqual([3, 2, 40, 1]);
  expect(named({}, 2)).toEqual([3, 2]);
});

test("those of the reader's channel alone, and only what the filters let through", () => {
  const { named, slot } = world();
  expect(named({ channelId: 101 }, 10)).toEqual([3, 1]);
  expect(named({}, 10, (at) => at !== slot(3))).toEqual([2, 40, 1]);
});

test("walks take turns until each is at its end", () => {
  const walk = (entries: readonly number[]) => ({
    size: entries.length,
    at: (rank: number) => entries[rank] as number,
  });
  fc.assert(
    fc.property(fc.array(fc.array(fc.integer(), { maxLength: 6 }), { maxLength: 4 }), (lists) => {
      const turns = inTurns(lists.map(walk));
      const longest = Math.max(0, ...lists.map(({ length }) => length));
      const naive = Array.from({ length: longest }, (_, round) =>
        lists.flatMap((list) => list.slice(round, round + 1)),
      );
      expect(Array.from({ length: turns.size }, (_, rank) => turns.at(rank))).toEqual(naive.flat());
    }),
  );
});
