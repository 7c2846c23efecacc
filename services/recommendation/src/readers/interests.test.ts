import { DISLIKE_WHYS, type DislikeWhy, type EventKind } from "@headline/newsroom/events";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type FeedbackWeight, feedbackWeight } from "./feedback.js";
import { Interests } from "./interests.js";
import { UnreadableSnapshot } from "./snapshot-bytes.js";
import type { Traits } from "./traits.js";

const NOW = 1_700_000_000_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const BOB = 2n;

interface Article {
  readonly channel: number;
  readonly author: number;
  readonly words: readonly number[];
}

function traitsOf(articles: readonly Article[], shift = 0): Traits {
  return {
    isKnown: (slot) => articles[slot - shift] !== undefined,
    channelId: (slot) => articles[slot - shift]?.channel ?? 0,
    author: (slot) => (articles[slot - shift]?.author ?? 0) + shift,
    wordCount: (slot) => articles[slot - shift]?.words.length ?? 0,
    word: (slot, index) => articles[slot - shift]!.words[index]!,
    rarity: () => 1,
    articleId: (slot) => BigInt(slot - shift) + 1n,
    slotOf: (articleId) => Number(articleId) - 1 + shift,
    authorUnder: (author) => BigInt(author - shift) + 1_000n,
    authorNumber: (authorId) => Number(authorId) - 1_000 + shift,
  };
}

/** Slot 0 to 3: the same channel and words by two authors, something else altogether, and that by the first author. */
const articles: Article[] = [
  { channel: 101, author: 1, words: [11, 12] },
  { channel: 101, author: 2, words: [12, 13] },
  { channel: 102, author: 3, words: [14] },
  { channel: 103, author: 1, words: [15] },
];
/** Of topic and author alike; only the heavier deeds can be taken back. */
const worth = (weight: number) => ({ topic: weight, author: weight, isUndoable: Math.abs(weight) >= 3 });
const open = (readersMax?: number) => new Interests(traitsOf(articles), readersMax ?? 8);

describe("interests", () => {
  test("who likes an article likes those that share channel, author or words with it, the more the better", () => {
    const interests = open();
    expect(interests.affinity(BOB, 0, NOW)).toBe(0);
    interests.learn(BOB, 0, worth(3), NOW);
    const [same, alike, other] = [0, 1, 2].map((slot) => interests.affinity(BOB, slot, NOW));
    expect(same).toBeGreaterThan(alike!);
    expect(alike).toBeGreaterThan(0);
    expect(other).toBe(0);
  });

  test("dislike weighs on the other side", () => {
    const interests = open();
    interests.learn(BOB, 0, worth(-4), NOW);
    expect(interests.affinity(BOB, 0, NOW)).toBeLessThan(-0.3);
    expect(interests.top(BOB, NOW)).toEqual({ channels: [], authors: [], words: [] });
  });

  test("three likes turn the very next refresh, and a day later what was read for weeks counts again", () => {
    const interests = open();
    for (let deed = 0; deed < 100; deed += 1) interests.learn(BOB, 1, worth(1), NOW - 14 * DAY_MS + deed * 3 * HOUR_MS);
    expect(interests.affinity(BOB, 1, NOW)).toBeGreaterThan(interests.affinity(BOB, 2, NOW));
    for (let like = 0; like < 3; like += 1) interests.learn(BOB, 2, worth(3), NOW);
    expect(interests.affinity(BOB, 2, NOW)).toBeGreaterThan(interests.affinity(BOB, 1, NOW));
    expect(interests.top(BOB, NOW).channels[0]?.key).toBe(102);
    const tomorrow = NOW + DAY_MS;
    expect(interests.affinity(BOB, 1, tomorrow)).toBeGreaterThan(interests.affinity(BOB, 2, tomorrow));
    expect(interests.top(BOB, tomorrow).channels.map(({ key }) => key)).toEqual([101, 102]);
  });

  test("fade to half in a week and to nothing in a year", () => {
    const interests = open();
    interests.learn(BOB, 2, worth(3), NOW);
    const strengthAfter = (ms: number) => interests.top(BOB, NOW + ms).authors[0]?.strength ?? 0;
    expect(strengthAfter(7 * DAY_MS)).toBeCloseTo(1.5 / 4.5, 5);
    expect(strengthAfter(365 * DAY_MS)).toBe(0);
  });

  test("of an article of which nothing is known nothing is learned", () => {
    const interests = open();
    interests.learn(BOB, 99, worth(3), NOW);
    expect([interests.size, interests.affinity(BOB, 99, NOW)]).toEqual([0, 0]);
  });

  test("a snapshot of many readers comes in parts, and is the same", () => {
    const interests = open(3_000);
    for (let userId = 0n; userId < 2_500n; userId += 1n) {
      for (const slot of [0, 1, 2]) interests.learn(userId, slot, worth(3), NOW);
    }
    expect([...interests.snapshotParts()]).toHaveLength(11);
    const restored = open(3_000);
    restored.restore(interests.snapshot());
    expect(restored.size).toBe(2_500);
    expect(restored.affinity(2_499n, 1, NOW)).toBe(interests.affinity(2_499n, 1, NOW));
  });

  test("more readers than there is room for: who did nothing for longest is forgotten", () => {
    const interests = open(2);
    for (const userId of [1n, 2n, 1n, 3n]) interests.learn(userId, 0, worth(1), NOW);
    expect([1n, 2n, 3n].map((userId) => interests.affinity(userId, 0, NOW) > 0)).toEqual([true, false, true]);
  });

  test("what comes often outlasts what came once, and no list grows over its bound", () => {
    const many = Array.from({ length: 500 }, (_, slot) => ({
      channel: 100 + slot,
      author: slot,
      words: Array.from({ length: 8 }, (_, index) => slot * 8 + index),
    }));
    const interests = new Interests(traitsOf(many), 1);
    for (let slot = 1; slot < 500; slot += 1) {
      interests.learn(BOB, 0, worth(1), NOW);
      interests.learn(BOB, slot, worth(1), NOW);
    }
    const { channels, authors, words } = interests.top(BOB, NOW);
    expect([channels.length, authors.length, words.length]).toEqual([1, 24, 48]);
    expect([channels[0]?.key, authors[0]?.key]).toEqual([100, 0]);
    expect(interests.affinity(BOB, 0, NOW)).toBeGreaterThan(0.9);
  });

  test("many affinities at once are those one by one", () => {
    const interests = open();
    interests.learn(BOB, 0, worth(2), NOW);
    const out = new Float64Array(3);
    interests.affinities(BOB, [2, 1, 0], out, NOW);
    expect([...out]).toEqual([2, 1, 0].map((slot) => interests.affinity(BOB, slot, NOW)));
    interests.affinities(99n, [2, 1, 0], out, NOW);
    expect([...out]).toEqual([0, 0, 0]);
  });
});

const deeds = fc.array(
  fc.record({
    slot: fc.nat(2),
    weight: fc.constantFrom(1, 1.5, 2, 3, -4),
    userId: fc.bigInt({ min: -3n, max: 3n }),
    agoMs: fc.nat(3 * DAY_MS),
  }),
  { maxLength: 30 },
);

describe("interests, whatever was done", () => {
  test("affinities are from −1 to 1", () => {
    fc.assert(
      fc.property(deeds, (done) => {
        const interests = open();
        for (const { userId, slot, weight, agoMs } of done) interests.learn(userId, slot, worth(weight), NOW - agoMs);
        for (const { userId, slot } of done)
          expect(Math.abs(interests.affinity(userId, slot, NOW))).toBeLessThanOrEqual(1);
      }),
    );
  });

  test("what was taken back leaves no trace, also when it happened between other deeds", () => {
    const likes = fc.array(fc.nat(2), { maxLength: 6 });
    fc.assert(
      fc.property(deeds, likes, fc.nat(DAY_MS), (done, liked, undoneAfterMs) => {
        const [plain, undone] = [open(), open()];
        for (const slot of liked) undone.learn(BOB, slot, worth(3), NOW - DAY_MS);
        const light = done.filter(({ weight }) => Math.abs(weight) < 3); // only heavier ones are remembered
        for (const { slot, weight, agoMs } of light) {
          plain.learn(BOB, slot, worth(weight), NOW - agoMs);
          undone.learn(BOB, slot, worth(weight), NOW - agoMs);
        }
        for (const slot of liked) undone.undo(BOB, slot, worth(3), NOW - DAY_MS + undoneAfterMs);
        for (const slot of [0, 1, 2]) {
          expect(undone.affinity(BOB, slot, NOW)).toBeCloseTo(plain.affinity(BOB, slot, NOW), 1);
          if (light.length === 0) expect(undone.affinity(BOB, slot, NOW)).toBeCloseTo(0, 4);
        }
      }),
    );
  });

  test("late deeds count what they would have counted in time", () => {
    fc.assert(
      fc.property(deeds, (done) => {
        const [late, inTime] = [open(), open()];
        for (const { slot, weight, agoMs } of done) late.learn(BOB, slot, worth(weight), NOW - agoMs);
        for (const { slot, weight, agoMs } of done.toSorted((a, b) => b.agoMs - a.agoMs)) {
          inTime.learn(BOB, slot, worth(weight), NOW - agoMs);
        }
        for (const slot of [0, 1, 2]) {
          expect(late.affinity(BOB, slot, NOW)).toBeCloseTo(inTime.affinity(BOB, slot, NOW), 1);
        }
      }),
    );
  });

  test("restored in a process with other slots and numbers, they are what they were and learn on alike", () => {
    fc.assert(
      fc.property(deeds, deeds, (before, after) => {
        const interests = open(4);
        for (const { userId, slot, weight, agoMs } of before) interests.learn(userId, slot, worth(weight), NOW - agoMs);
        const bytes = interests.snapshot();
        const restored = new Interests(traitsOf(articles, 50), 4);
        restored.restore(bytes);
        expect(restored.snapshot()).toEqual(bytes);
        for (const { userId, slot, weight } of after) {
          interests.learn(userId, slot, worth(weight), NOW);
          interests.undo(userId, slot, worth(3), NOW);
          restored.learn(userId, slot + 50, worth(weight), NOW);
          restored.undo(userId, slot + 50, worth(3), NOW);
          expect(restored.affinity(userId, 51, NOW)).toBe(interests.affinity(userId, 1, NOW));
        }
        expect(restored.snapshot()).toEqual(interests.snapshot());
      }),
    );
  });
});

test("a comment that is deleted leaves exactly what a long read of the same article taught", () => {
  const deed = (kind: EventKind, durationMs?: number) => feedbackWeight({ kind, durationMs })?.weight as FeedbackWeight;
  const [plain, undone] = [open(), open()];
  for (const interests of [plain, undone]) {
    interests.learn(BOB, 0, deed("read", 120_000), NOW - DAY_MS);
    interests.learn(BOB, 0, deed("liking"), NOW - DAY_MS);
  }
  undone.learn(BOB, 0, deed("comment"), NOW - HOUR_MS);
  expect(undone.affinity(BOB, 0, NOW)).toBeGreaterThan(plain.affinity(BOB, 0, NOW));
  undone.undo(BOB, 0, deed("uncomment"), NOW);
  expect(undone.affinity(BOB, 0, NOW)).toBeCloseTo(plain.affinity(BOB, 0, NOW), 5);
});

describe("a dislike", () => {
  const says = (why: DislikeWhy | undefined) => {
    const interests = open();
    interests.learn(BOB, 0, feedbackWeight({ kind: "dislike", why })?.weight as FeedbackWeight, NOW);
    // By what an article has in common with the disliked one: everything, its topic, its author.
    return [0, 1, 3].map((slot) => interests.affinity(BOB, slot, NOW)) as [number, number, number];
  };

  test("says of topic and author what its reason says", () => {
    const [all, topic, author] = says(undefined);
    expect(says("dull")).toEqual([all, topic, author]);
    for (const why of ["seen", "old"] as const) {
      const [same, sameTopic, sameAuthor] = says(why);
      expect(sameAuthor).toBe(0);
      expect(sameTopic).toBeLessThan(0);
      expect(sameTopic).toBeGreaterThan(topic / 3);
      expect(same).toBeGreaterThan(all / 3);
    }
    const [, poorTopic, poorAuthor] = says("poor");
    expect(poorAuthor).toBeLessThan(author);
    expect(poorTopic).toBeGreaterThan(topic / 2);
    expect(poorAuthor).toBeLessThan(poorTopic);
  });

  test("of any reason is taken back exactly, also between deeds with the same article", () => {
    const whys = fc.array(fc.constantFrom(undefined, ...DISLIKE_WHYS), { maxLength: 4 });
    fc.assert(
      fc.property(whys, fc.nat(DAY_MS), (reasons, undoneAfterMs) => {
        const [plain, undone] = [open(), open()];
        for (const interests of [plain, undone]) interests.learn(BOB, 0, worth(2), NOW - 2 * DAY_MS);
        const deeds = reasons.map((why) => feedbackWeight({ kind: "undislike", why })?.weight as FeedbackWeight);
        for (const deed of deeds) undone.learn(BOB, 0, deed, NOW - DAY_MS);
        for (const deed of deeds.toReversed()) undone.undo(BOB, 0, deed, NOW - DAY_MS + undoneAfterMs);
        for (const slot of [0, 1, 3])
          expect(undone.affinity(BOB, slot, NOW)).toBeCloseTo(plain.affinity(BOB, slot, NOW), 4);
      }),
    );
  });
});

test("what was taken back too late to be remembered goes to zero and no further", () => {
  const interests = open();
  interests.learn(BOB, 0, worth(3), NOW - 7 * DAY_MS);
  for (let like = 0; like < 10; like += 1) interests.learn(BOB, 2, worth(3), NOW - DAY_MS);
  interests.undo(BOB, 0, worth(3), NOW);
  expect(interests.affinity(BOB, 0, NOW)).toBeCloseTo(0, 5);
});

test("bytes that are no snapshot of interests are refused, and nothing is left of them", () => {
  const interests = open();
  interests.learn(BOB, 0, worth(3), NOW);
  const bytes = interests.snapshot();
  for (const bad of [new Uint8Array(0), new Uint8Array(64), bytes.subarray(0, bytes.length - 5), bytes.subarray(4)]) {
    expect(() => interests.restore(bad)).toThrow(UnreadableSnapshot);
    expect(interests.size).toBe(0);
  }
});

test("deeds weigh what they cost the reader; undoing names the weight it takes back", () => {
  const weight = (kind: EventKind, durationMs?: number) => feedbackWeight({ kind, durationMs })?.weight.topic;
  expect([weight("click"), weight("liking"), weight("collect"), weight("dislike")]).toEqual([1, 3, 3, -4]);
  expect(weight("comment")).toBe(2);
  expect([weight("read", 0), weight("read", 120_000), weight("read", 9_000_000)]).toEqual([0, 2, 2]);
  expect(weight("read", 10_000)).toBeCloseTo(1, 1);
  expect(feedbackWeight({ kind: "unliking" })).toEqual({
    weight: { topic: 3, author: 3, isUndoable: true },
    isUndone: true,
  });
  expect(feedbackWeight({ kind: "exposure" })).toBeUndefined();
});
