import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { Catalogue, type CatalogueRow } from "../catalogue/catalogue.js";
import { HALF_LIFE_MS, hotKey, hotness } from "../catalogue/hotness.js";
import { NO_BLOCKS } from "../readers/block-lists.js";
import { type Candidate, type FeedReader, REASONS } from "./candidate.js";
import { cut } from "./cut.js";
import { diversify } from "./diversify.js";
import { createFeed, homeFeed } from "./feed.js";
import { rank } from "./rank.js";
import { NOTHING_LEARNT } from "./recalls.js";

const NOW = 1_700_000_000_000;

function candidate(slot: number, fields: Partial<Candidate> = {}): Candidate {
  return { slot, author: slot, reason: REASONS.new, score: -slot, ...fields };
}

function catalogueOf(...rows: (Partial<CatalogueRow> & { articleId: bigint })[]): Catalogue {
  const catalogue = new Catalogue(() => NOW);
  const whole = {
    authorId: 0n,
    channelId: 101,
    publishedAtMs: NOW,
    published: true,
    likes: 0,
    comments: 0,
    collects: 0,
  };
  for (const row of rows) catalogue.put({ ...whole, ...row });
  return catalogue;
}

function reader(fields: Partial<FeedReader> = {}): FeedReader {
  return {
    userId: 9n,
    channelId: 0,
    nowMs: NOW,
    follows: new Set(),
    served: new Map(),
    seen: new Set(),
    blockList: NO_BLOCKS,
    ...fields,
  };
}

const slots = (candidates: readonly Candidate[]) => candidates.map(({ slot }) => slot);

describe("diversify", () => {
  test("an author's second article yields to every other author's first", () => {
    const ranked = [
      candidate(1, { author: 7 }),
      candidate(2, { author: 7 }),
      candidate(3),
      candidate(4, { author: 7 }),
    ];
    expect(slots(diversify(ranked))).toEqual([1, 3, 2, 4]);
  });

  test("leaves nobody out, and keeps the order within each turn", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 40 }), (authors) => {
        const ranked = authors.map((author, slot) => candidate(slot, { author }));
        const turnOf = ({ slot, author }: Candidate) =>
          authors.slice(0, slot).filter((other) => other === author).length;
        const naive = ranked.toSorted((a, b) => turnOf(a) - turnOf(b) || a.slot - b.slot);
        expect(diversify(ranked)).toEqual(naive);
      }),
    );
  });
});

describe("cut", () => {
  const explored = candidate(99, { reason: REASONS.explore });
  const others = Array.from({ length: 20 }, (_, slot) => candidate(slot));

  test("the best explored article takes the last of ten places when none has one", () => {
    expect(slots(cut([...others, explored], 10))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 99]);
  });

  test("takes no place when one is there already, nor on a page below ten", () => {
    expect(slots(cut([explored, ...others, candidate(98, { reason: REASONS.explore })], 10))).not.toContain(98);
    expect(slots(cut([...others, explored], 9))).not.toContain(99);
  });

  test("a page is as long as it can be, without repeats, and has its share of explored ones where there are any", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 80 }), fc.integer({ min: 1, max: 50 }), (isExplored, size) => {
        const ordered = isExplored.map((yes, slot) => candidate(slot, { reason: yes ? REASONS.explore : REASONS.hot }));
        const page = cut(ordered, size);
        expect(page).toHaveLength(Math.min(size, ordered.length));
        expect(new Set(page).size).toBe(page.length);
        const count = (of: readonly Candidate[]) => of.filter(({ reason }) => reason === REASONS.explore).length;
        expect(count(page)).toBeGreaterThanOrEqual(Math.min(Math.floor(size / 10), count(ordered)));
      }),
    );
  });
});

describe("rank", () => {
  test("puts the hotter first, of equals the newer, and lifts whom the reader follows by two doublings", () => {
    const catalogue = catalogueOf(
      { articleId: 1n, publishedAtMs: NOW - 2 },
      { articleId: 2n, publishedAtMs: NOW - 1 },
      { articleId: 3n, likes: 2 },
      { articleId: 4n, authorId: 44n, publishedAtMs: NOW - HALF_LIFE_MS / 4 },
    );
    const recalled = [1n, 2n, 3n, 4n].map((id) => ({ slot: catalogue.slotOf(id), reason: REASONS.hot }));
    const order = (who: FeedReader) => rank(recalled, who, catalogue).map(({ slot }) => catalogue.articleId(slot));
    expect(order(reader())).toEqual([3n, 2n, 1n, 4n]);
    expect(order(reader({ follows: new Set([44n]) }))).toEqual([4n, 3n, 2n, 1n]);
  });

  test("time passing changes no order, and a half-life costs one doubling", () => {
    const key = hotKey({ likes: 3, comments: 0, collects: 0 }, NOW);
    expect(hotness(key, NOW)).toBeCloseTo(2, 9);
    expect(hotness(key, NOW + HALF_LIFE_MS)).toBeCloseTo(1, 9);
    expect(hotKey({ likes: 0, comments: 1, collects: 0 }, NOW)).toBe(
      hotKey({ likes: 2, comments: 0, collects: 0 }, NOW),
    );
    expect(hotKey({ likes: 0, comments: 0, collects: 1 }, NOW)).toBe(
      hotKey({ likes: 3, comments: 0, collects: 0 }, NOW),
    );
  });
});

describe("the feed", () => {
  test("a recall that fails costs the page its articles, never the page", () => {
    const catalogue = catalogueOf({ articleId: 1n });
    const failures: string[] = [];
    const feed = createFeed({
      catalogue,
      filters: [],
      onRecallFailure: (reason) => failures.push(reason),
      recalls: [
        {
          reason: "hot",
          perPlace: 1,
          recall: () => {
            throw new Error("broken");
          },
        },
        { reason: "new", perPlace: 1, recall: () => [0] },
      ],
    });
    expect(feed(reader(), 10)).toMatchObject([{ slot: 0, reason: REASONS.new }]);
    expect(failures).toEqual(["hot"]);
  });

  test("the first recall to name an article says why it is there", () => {
    const catalogue = catalogueOf({ articleId: 1n });
    const both = ["followed", "new"] as const;
    const recalls = both.map((reason) => ({ reason, perPlace: 1, recall: () => [0] }));
    const feed = createFeed({ catalogue, filters: [], onRecallFailure: () => undefined, recalls });
    expect(feed(reader(), 10)).toMatchObject([{ reason: REASONS.followed }]);
  });

  test("page after page brings everything there is, each once, and then nothing", () => {
    const catalogue = new Catalogue(() => NOW);
    const count = 3_000;
    catalogue.putMany(
      Array.from({ length: count }, (_, index) => ({
        articleId: BigInt(index + 1),
        authorId: BigInt(index % 3 === 0 ? 1 : index),
        channelId: 101,
        publishedAtMs: NOW - index * 1_000,
        published: true,
        likes: index % 11,
        comments: 0,
        collects: 0,
      })),
    );
    const feed = homeFeed({
      sources: { ...NOTHING_LEARNT, catalogue },
      onRecallFailure: (_, error) => {
        throw error;
      },
    });
    const served = new Map<number, number>();
    for (let page = feed(reader({ served }), 50); page.length > 0; page = feed(reader({ served }), 50)) {
      for (const { slot } of page) {
        expect(served.has(slot)).toBe(false);
        served.set(slot, NOW);
      }
    }
    expect(served.size).toBe(count);
  });

  test("does not walk over what is too old or not out yet", () => {
    const catalogue = new Catalogue(() => NOW);
    const year = 366 * 24 * 3_600_000;
    const at = (index: number) => (index % 2 === 0 ? NOW - year - index : NOW + 1 + index);
    catalogue.putMany(
      Array.from({ length: 20_000 }, (_, index) => ({
        articleId: BigInt(index + 1),
        authorId: BigInt(index),
        channelId: 101,
        publishedAtMs: at(index),
        published: true,
        likes: 0,
        comments: 0,
        collects: 0,
      })),
    );
    let looks = 0;
    const counted = new Proxy(catalogue, {
      get: (target, name) => {
        if (name === "isListed") looks += 1;
        const value = Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    expect(
      homeFeed({
        sources: { ...NOTHING_LEARNT, catalogue: counted },
        onRecallFailure: (_, error) => {
          throw error;
        },
      })(reader(), 10),
    ).toEqual([]);
    expect(looks).toBeLessThan(5_000);
  });
});
