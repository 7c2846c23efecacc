import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { LruIndex, NONE } from "./lru-index.js";

const ignore = () => undefined;

test("the id used longest ago gives its slot to the next", () => {
  const index = new LruIndex(2);
  index.use(1, ignore);
  index.use(2, ignore);
  index.use(1, ignore);
  const freed: number[] = [];
  index.use(3n, (slot) => freed.push(slot));
  expect(freed).toEqual([1]);
  expect([index.find(1), index.find(2), index.find(3n)]).toEqual([0, NONE, 1]);
});

test("it remembers exactly the last distinct ids, each in a slot of its own, and restores as it was", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.array(fc.nat({ max: 12 })), (capacity, ids) => {
      const index = new LruIndex(capacity);
      for (const id of ids) index.use(id, ignore);
      const last = [...new Set(ids.toReversed())].slice(0, capacity).reverse();
      const entries = [...index.entries()];
      expect(entries.map(([id]) => id)).toEqual(last);
      expect(new Set(entries.map(([, slot]) => slot)).size).toBe(last.length);
      const made = index.entriesInSteps();
      expect(Array.from({ length: made.length }, (_, at) => made.at(at))).toEqual(entries);
      const restored = new LruIndex(capacity);
      restored.restore(entries);
      expect([...restored.entries()]).toEqual(entries);
    }),
  );
});
