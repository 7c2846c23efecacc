import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { OrderedList } from "./ordered-list.js";
import { TopList } from "./top-list.js";

const MAX = 6;

describe("a top list", () => {
  test("holds the highest keys and no others, whatever comes, goes and changes", () => {
    const change = fc.record({ slot: fc.nat(30), key: fc.nat(100), remove: fc.boolean() });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 120 }), (changes) => {
        const keys = new Map<number, number>();
        const keyOf = (slot: number) => keys.get(slot) ?? -1;
        const all = new OrderedList((slot) => slot);
        const top = new TopList(keyOf, MAX);
        for (const { slot, key, remove } of changes) {
          if (keys.has(slot)) {
            all.remove(slot);
            top.remove(slot, all);
            keys.delete(slot);
          }
          if (remove) continue;
          keys.set(slot, key);
          all.insert(slot);
          top.offer(slot);
        }
        const held = Array.from({ length: top.size }, (_, rank) => keyOf(top.at(rank)));
        const highest = [...keys.values()].sort((a, b) => b - a);
        expect(held).toEqual(highest.slice(0, held.length));
        expect(held.length).toBeLessThanOrEqual(MAX);
        expect(held.length).toBeGreaterThanOrEqual(Math.min(keys.size, MAX / 2));
      }),
      { numRuns: 300 },
    );
  });

  test("does not take something cold into the place of what was hot and has gone", () => {
    const all = new OrderedList((slot) => slot);
    const top = new TopList((slot) => slot, 4);
    for (const slot of [1, 2, 3, 4, 5, 6]) {
      all.insert(slot);
      top.offer(slot);
    }
    all.remove(6);
    top.remove(6, all);
    top.offer(0);
    expect(Array.from({ length: top.size }, (_, rank) => top.at(rank))).toEqual([5, 4, 3]);
  });
});
