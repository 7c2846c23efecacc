import { expect, test } from "@jest/globals";
import { Ranker } from "../src/index.js";

test("the example of the README", () => {
  const now = 1_760_000_000_000;
  const page = { reader: 1n, articles: [11n, 12n, 13n], atMs: now, device: 1 };

  const ranker = new Ranker({ seed: 1 });
  ranker.describe(11n, { order: now - 60_000, author: 7n, channel: 3, words: ["budget"] });
  ranker.shown(page);
  ranker.clicked({ reader: 1n, article: 12n, atMs: now + 4_000 });
  ranker.readFor({ reader: 1n, article: 12n, atMs: now + 64_000, seconds: 60 });
  ranker.reacted({ reader: 1n, article: 12n, atMs: now + 70_000, kind: "like" });

  const later = { ...page, reader: 2n, atMs: now + 900_000 };
  const scores = ranker.score(later, "pool");
  const [best] = ranker.explain(later, "list").toSorted((a, b) => b.score - a.score);
  const restored = Ranker.restore(ranker.snapshot());
  if (ranker.trainIfDue()) throw new Error("one list grows no forest");

  expect(best?.article).toBe(12n);
  expect(scores).toHaveLength(3);
  expect(best?.measures["clicks 2 h"]).toBeGreaterThan(0);
  expect(restored.explain(later)).toEqual(ranker.explain(later));
});
