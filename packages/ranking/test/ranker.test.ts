import { expect, test } from "@jest/globals";
import { growForest } from "../src/grow-forest.js";
import { BadSnapshot, COLUMNS, MEASURES, Ranker } from "../src/index.js";
import { seededRandom } from "../src/random.js";

const NOW_MS = 1_760_000_000_000;
const MINUTE_MS = 60_000;

test("what readers click comes first", () => {
  const ranker = new Ranker();
  const afterMs = browse(ranker, 150, (articles) => Math.max(...articles));
  expect(best(ranker, [14, 3, 29, 5], afterMs)).toBe(29);
});

test("what a reader was shown in vain yields to what it was not", () => {
  const ranker = new Ranker();
  for (let page = 0; page < 5; page++) ranker.shown(list([1, 2, 3], NOW_MS + page * MINUTE_MS));
  const scores = ranker.score(list([1, 4], NOW_MS + 6 * MINUTE_MS));
  expect(scores[1]).toBeGreaterThan(scores[0]!);
});

test("scoring changes nothing", () => {
  const ranker = new Ranker();
  const afterMs = browse(ranker, 30, (articles) => articles[0]!);
  const before = [...ranker.score(list([1, 2, 3, 99], afterMs))];
  ranker.score({ ...list([5, 6], afterMs + MINUTE_MS), reader: 12_345 });
  ranker.score(list([1, 2, 3], afterMs), "pool");
  expect([...ranker.score(list([1, 2, 3, 99], afterMs))]).toEqual(before);
});

test("a disliked article and a blocked author are below everything, until it is undone", () => {
  const ranker = new Ranker();
  ranker.describe(1, { author: 7n });
  ranker.describe(2, { author: 8n });
  ranker.describe(3, { author: 8n });
  const before = [...ranker.score(list([1, 2, 3], NOW_MS))];
  const dislike = { reader: 1n, article: 1, atMs: NOW_MS, kind: "dislike" } as const;
  ranker.reacted(dislike);
  ranker.blocked(1n, 8n);
  expect([...ranker.score(list([1, 2, 3], NOW_MS))]).toEqual([-1e9, -1e9, -1e9]);
  ranker.unreacted(dislike);
  ranker.unblocked(1n, 8n);
  ranker.score(list([1, 2, 3], NOW_MS)).forEach((score, row) => {
    expect(score).toBeCloseTo(before[row]!, 9);
  });
});

test("a dislike that says little of the topic and nothing of the author weighs so, until it is undone", () => {
  const ranker = new Ranker();
  for (const article of [1, 2]) ranker.describe(article, { channel: 1, author: 7, words: ["weather"] });
  const measures = () => {
    const [, second] = ranker.explain(list([1, 2], NOW_MS));
    return ["channel interest", "word interest", "author interest"].map((name) => second!.measures[name]!);
  };
  const nothing = measures();
  const dislike = { reader: 1n, article: 1, atMs: NOW_MS, kind: "dislike", says: { topic: 1 / 8, author: 0 } } as const;
  ranker.reacted(dislike);
  const [channel = 0, word = 0, author] = measures();
  expect([channel, word].every((interest) => interest < 0 && interest > -0.5)).toBe(true);
  expect(author).toBe(0);
  expect(ranker.score(list([1, 2], NOW_MS))[0]).toBe(-1e9);
  ranker.unreacted(dislike);
  expect(measures()).toEqual(nothing);
  ranker.reacted({ ...dislike, says: undefined });
  expect(measures().every((interest) => interest < -1)).toBe(true);
});

test("a liked article draws its reader to the channel, the author and the words", () => {
  const ranker = new Ranker();
  ranker.describe(1, { channel: 1, author: 7, words: ["weather"] });
  ranker.describe(2, { channel: 1, author: 7, words: ["weather"] });
  ranker.reacted({ reader: 1n, article: 1, atMs: NOW_MS, kind: "like" });
  const [, second, other] = ranker.explain(list([1, 2, 3], NOW_MS + MINUTE_MS));
  expect(second!.measures["author interest"]).toBeGreaterThan(1);
  expect(second!.measures["word interest"]).toBeGreaterThan(1);
  expect(other!.measures["channel interest"]).toBe(0);
  expect(Object.keys(second!.measures)).toEqual([...MEASURES]);
});

test("a list teaches by what came of the click: left at once, read, liked, disliked", () => {
  const ranker = new Ranker();
  const deeds: readonly ((reader: bigint, atMs: number) => void)[] = [
    () => undefined,
    (reader, atMs) => ranker.readFor({ reader, article: 2, atMs, seconds: 0 }),
    (reader, atMs) => ranker.readFor({ reader, article: 2, atMs, seconds: 600 }),
    (reader, atMs) => ranker.reacted({ reader, article: 2, atMs, kind: "like" }),
    (reader, atMs) => ranker.reacted({ reader, article: 2, atMs, kind: "dislike" }),
  ];
  for (let n = 0; n < 700; n++) {
    const [reader, atMs] = [BigInt(1 + n), NOW_MS + n * MINUTE_MS];
    ranker.shown({ ...list([1, 2, 3], atMs), reader });
    ranker.clicked({ reader, article: 2, atMs: atMs + 1 });
    deeds[n % 5]!(reader, atMs + 2);
  }
  const { set } = ranker.training()!;
  const weights = [...set.weights.subarray(0, 8)].map((weight) => Math.round(weight * 10) / 10);
  expect(weights).toEqual([1, 0.4, 1.4, 2, 1, 0.4, 1.4, 2]);
});

test("a click on an earlier page of the same reader is learnt too", () => {
  const ranker = new Ranker();
  ranker.shown(list([1, 2], NOW_MS));
  ranker.shown(list([3, 4], NOW_MS + 1));
  ranker.clicked({ reader: 1n, article: 2, atMs: NOW_MS + 2 });
  ranker.clicked({ reader: 1n, article: 3, atMs: NOW_MS + 3 });
  const explained = ranker.explain(list([1, 2, 3], NOW_MS + 4));
  expect(explained.map(({ measures }) => measures["clicks 2 h"]! > 0)).toEqual([false, true, true]);
});

test("a restored ranker scores and learns as the one it was", () => {
  const ranker = new Ranker({ seed: 3, articlesMax: 64, readersMax: 16 });
  for (let article = 1; article < 40; article++)
    ranker.describe(article, { order: article, author: article % 5, words: ["a"] });
  const atMs = browse(ranker, 700, (articles) => Math.max(...articles));
  expect(train(ranker)).toBe(true);
  const snapshot = ranker.snapshot();
  const scored = [...ranker.score(list([1, 2, 3], atMs))];
  const restored = Ranker.restore(snapshot);
  const same = (laterMs: number) => {
    for (const among of ["list", "pool"] as const) {
      const asked = list([1, 2, 3, 30, 999], laterMs);
      expect([...restored.score(asked, among)]).toEqual([...ranker.score(asked, among)]);
    }
  };
  same(atMs);
  for (const one of [ranker, restored]) browse(one, 300, (articles) => Math.min(...articles), atMs);
  for (const one of [ranker, restored]) train(one);
  same(atMs + 400 * MINUTE_MS);
  // What was learnt since is not written into the bytes it came from.
  expect([...Ranker.restore(snapshot).score(list([1, 2, 3], atMs))]).toEqual(scored);
});

test("a snapshot in parts scores before its examples have come, and then learns as the one it was", () => {
  const ranker = new Ranker({ seed: 3, articlesMax: 2_048, readersMax: 256 });
  for (let article = 1; article < 400; article++) ranker.describe(article, { order: article, author: article % 5 });
  const atMs = browse(ranker, 700, (articles) => Math.max(...articles));
  train(ranker);
  const parts = [...ranker.snapshotParts()];
  const whole = ranker.snapshot().length;
  expect(parts.length).toBeGreaterThan(10);
  expect(Math.max(...parts.map(({ length }) => length))).toBeLessThan(Math.min(whole / 4, 1_100_000));

  const steps = [...Ranker.restoreParts(parts)];
  const first = steps.findIndex((restored) => restored !== undefined);
  const restored = steps[first]!;
  expect(steps.length).toBeGreaterThan(parts.length + 5); // putting it together takes steps of its own
  expect(first).toBeLessThan(steps.length - 1); // examples come last
  expect(Ranker.restore(restored.snapshot()).snapshot()).toEqual(restored.snapshot());
  const asked = list([1, 2, 3, 30, 999], atMs);
  const same = () => expect([...restored.score(asked)]).toEqual([...ranker.score(asked)]);
  same();
  for (const one of [ranker, restored]) browse(one, 300, (articles) => Math.min(...articles), atMs);
  for (const one of [ranker, restored]) train(one);
  same();

  expect(() => [...Ranker.restoreParts(parts.slice(0, -1))]).toThrow(BadSnapshot);
  expect(() => [...Ranker.restoreParts(parts.toSpliced(2, 1))]).toThrow(BadSnapshot);
  expect(() => [...Ranker.restoreParts([new Uint8Array([1, 2, 3])])]).toThrow(BadSnapshot);
}, 60_000);

test("a snapshot without examples is smaller and scores the same", () => {
  const ranker = new Ranker({ articlesMax: 64, readersMax: 16 });
  const atMs = browse(ranker, 100, (articles) => articles[0]!);
  const small = ranker.snapshot({ withExamples: false });
  expect(small.length).toBeLessThan(ranker.snapshot().length / 2);
  const scored = [...ranker.score(list([1, 2, 3], atMs))];
  expect([...Ranker.restore(small).score(list([1, 2, 3], atMs))]).toEqual(scored);
});

test("bytes that are no snapshot are refused", () => {
  expect(() => Ranker.restore(new Uint8Array([1, 2, 3]))).toThrow(BadSnapshot);
});

test("more articles and readers than it may remember are forgotten in turn", () => {
  const ranker = new Ranker({ articlesMax: 8, readersMax: 4 });
  const random = seededRandom(2);
  for (let n = 0; n < 400; n++) {
    const articles = Array.from({ length: 4 }, (_, i) => i * 1_000 + Math.floor(random() * 30));
    const reader = BigInt(n % 9);
    ranker.shown({ reader, articles, atMs: NOW_MS + n * MINUTE_MS });
    ranker.clicked({ reader, article: articles[n % 4]!, atMs: NOW_MS + n * MINUTE_MS });
  }
  const scores = ranker.score(list([1, 2, 3], NOW_MS + 400 * MINUTE_MS));
  expect([...scores].every(Number.isFinite)).toBe(true);
});

test("an empty list, and readers and articles nobody knows, are scored", () => {
  const ranker = new Ranker();
  expect([...ranker.score(list([], NOW_MS))]).toEqual([]);
  expect([...ranker.score(list([5], NOW_MS), "pool")].every(Number.isFinite)).toBe(true);
  expect(COLUMNS.length).toBeGreaterThan(100);
});

function list(articles: readonly number[], atMs: number) {
  return { reader: 1n, articles, atMs };
}

/** Trains what is due, with few trees: how good they are is not asked here. */
function train(ranker: Ranker): boolean {
  const due = ranker.training();
  if (due === undefined) return false;
  ranker.adopt(due.among, growForest(due.set, { ...due.options, trees: 20 }));
  train(ranker);
  return true;
}

function best(ranker: Ranker, articles: readonly number[], atMs: number): number {
  const scores = ranker.score(list(articles, atMs));
  return articles[scores.indexOf(Math.max(...scores))]!;
}

/** Readers look at lists, a minute apart, and click what `choose` says. Returns when they are done and all is learnt. */
function browse(ranker: Ranker, lists: number, choose: (articles: number[]) => number, fromMs = NOW_MS): number {
  const random = seededRandom(lists);
  for (let n = 0; n < lists; n++) {
    const articles = [...new Set(Array.from({ length: 5 }, () => 1 + Math.floor(random() * 30)))];
    const reader = BigInt(1 + (n % 12));
    const atMs = fromMs + n * MINUTE_MS;
    ranker.shown({ reader, articles, atMs });
    ranker.clicked({ reader, article: choose(articles), atMs });
    ranker.readFor({ reader, article: choose(articles), atMs: atMs + 30_000, seconds: 30 });
  }
  const afterMs = fromMs + lists * MINUTE_MS + 20 * MINUTE_MS;
  ranker.settle(afterMs);
  return afterMs;
}
