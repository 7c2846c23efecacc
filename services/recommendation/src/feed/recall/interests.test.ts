import { describe, expect, jest, test } from "@jest/globals";
import { Catalogue } from "../../catalogue/catalogue.js";
import { TitleWords } from "../../catalogue/title-words.js";
import { NO_BLOCKS } from "../../readers/block-lists.js";
import { Interests } from "../../readers/interests.js";
import { traitsOf } from "../../readers/traits.js";
import type { FeedReader } from "../candidate.js";
import { interests as interestsOf } from "./interests.js";

const LIKING = { topic: 3, author: 3, isUndoable: true };
const DISLIKE = { topic: -4, author: -4, isUndoable: true };
const NOW = 1_700_000_000_000;
const MINUTE_MS = 60_000;
const ARTICLES = 100_000;
const BOB = 9n;
const TOPICS = ["robots", "towels", "glaciers", "chess", "violins", "volcanoes", "bread"];

/** The newest first: articles of eight channels, of 1,000 authors who each write in one, and of seven topics. */
const catalogue = new Catalogue(() => NOW, ARTICLES);
const titleWords = new TitleWords();
catalogue.putMany(
  Array.from({ length: ARTICLES }, (_, index) => ({
    articleId: BigInt(index + 1),
    authorId: BigInt(index % 1_000) + 1n,
    channelId: 101 + (index % 8),
    publishedAtMs: NOW - index * MINUTE_MS,
    published: true,
    likes: index % 40 === 0 ? 50 : 0,
    comments: 0,
    collects: 0,
  })),
);
const slotOf = (index: number) => catalogue.slotOf(BigInt(index + 1));
const topicOf = (index: number) => TOPICS[index % TOPICS.length]!;
for (let index = 0; index < ARTICLES; index += 1) {
  const title = `About ${topicOf(index)}, part${index}`;
  titleWords.put({ slot: slotOf(index), title, publishedAtMs: NOW - index * MINUTE_MS });
}

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

describe("interests", () => {
  const open = () => new Interests(traitsOf(catalogue, titleWords), 10);

  test("who likes nothing yet is recalled nothing", () => {
    expect(interestsOf({ catalogue, titleWords, interests: open() })(reader(), 40, () => true)).toEqual([]);
  });

  test("recalls what has the channel, the author or a word of what the reader liked, the new before the old", () => {
    const interests = open();
    for (const index of [50_003, 60_003, 70_003]) interests.learn(BOB, slotOf(index), LIKING, NOW);
    const recalled = interestsOf({ catalogue, titleWords, interests })(reader(), 40, () => true).map(indexOf);
    expect(new Set(recalled).size).toBe(40);
    const liked = new Set([50_003, 60_003, 70_003].map(topicOf));
    const isLiked = (index: number) =>
      index % 8 === 50_003 % 8 || index % 1_000 === 3 || liked.has(topicOf(index)) || index >= 50_003;
    expect(recalled.filter((index) => !isLiked(index))).toEqual([]);
    expect(recalled.filter((index) => index % 1_000 === 3).length).toBeGreaterThanOrEqual(3);
    expect(recalled.filter((index) => index % 8 === 3).length).toBeGreaterThanOrEqual(10);
    expect(recalled.filter((index) => liked.has(topicOf(index))).length).toBeGreaterThanOrEqual(10);
    expect(recalled.filter((index) => index < 5_000).length).toBeGreaterThanOrEqual(30);
  });

  test("what the reader dislikes is not recalled for them", () => {
    const interests = open();
    interests.learn(BOB, slotOf(3), DISLIKE, NOW);
    expect(interestsOf({ catalogue, titleWords, interests })(reader(), 40, () => true)).toEqual([]);
  });

  test("in a channel, recalls articles of that channel only", () => {
    const interests = open();
    for (const index of [5, 14, 23]) interests.learn(BOB, slotOf(index), LIKING, NOW);
    const recalled = interestsOf({ catalogue, titleWords, interests })(reader({ channelId: 104 }), 40, () => true);
    expect(recalled.length).toBeGreaterThan(0);
    expect(new Set(recalled.map((slot) => catalogue.channelId(slot)))).toEqual(new Set([104]));
  });

  test("the work is bounded when the reader has been served nearly everything, and no article is asked about twice", () => {
    const interests = open();
    for (let index = 0; index < 400; index += 1) interests.learn(BOB, slotOf(index * 37), LIKING, NOW);
    const keepNothing = jest.fn(() => false);
    expect(interestsOf({ catalogue, titleWords, interests })(reader(), 400, keepNothing)).toEqual([]);
    expect(keepNothing.mock.calls.length).toBeGreaterThan(100);
    expect(keepNothing.mock.calls.length).toBeLessThanOrEqual(1_152);
    const asked = new Set<number>();
    interestsOf({ catalogue, titleWords, interests })(reader(), 400, (slot) => {
      expect(asked.has(slot)).toBe(false);
      asked.add(slot);
      return slot % 2 === 0;
    });
  });
});
