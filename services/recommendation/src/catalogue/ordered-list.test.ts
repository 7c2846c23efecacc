import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { OrderedList } from "./ordered-list.js";

/** Keys by slot: few of them, so that many are equal. */
const keys = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 60 });
const contents = (list: OrderedList) => Array.from({ length: list.size }, (_, rank) => list.at(rank));

describe("an ordered list", () => {
  test("is what sorting would make of it, whether slots come one by one or many at once", () => {
    fc.assert(
      fc.property(keys, fc.nat(60), (keyBySlot, split) => {
        const keyOf = (slot: number) => keyBySlot[slot] as number;
        const list = new OrderedList(keyOf);
        const slots = keyBySlot.map((_, slot) => slot);
        list.insertMany(slots.slice(0, split));
        for (const slot of slots.slice(split, split + 5)) list.insert(slot);
        list.insertMany(slots.slice(split + 5));
        expect(contents(list)).toEqual(slots.toSorted((a, b) => keyOf(a) - keyOf(b)));
      }),
    );
  });

  test("gives up exactly what is taken out, and says whether it was there", () => {
    fc.assert(
      fc.property(keys, fc.array(fc.nat(70)), (keyBySlot, removals) => {
        const list = new OrderedList((slot) => keyBySlot[slot] ?? -1);
        list.insertMany(keyBySlot.map((_, slot) => slot));
        const left = new Set(keyBySlot.keys());
        for (const slot of removals) expect(list.remove(slot)).toBe(left.delete(slot));
        expect(contents(list).sort((a, b) => a - b)).toEqual([...left]);
      }),
    );
  });

  test("counts the keys up to one", () => {
    fc.assert(
      fc.property(keys, fc.integer({ min: -1, max: 10 }), (keyBySlot, key) => {
        const list = new OrderedList((slot) => keyBySlot[slot] as number);
        list.insertMany(keyBySlot.map((_, slot) => slot));
        expect(list.countUpTo(key)).toBe(keyBySlot.filter((each) => each <= key).length);
      }),
    );
  });

  test("is empty once cleared, and takes slots again", () => {
    const list = new OrderedList((slot) => slot);
    list.insertMany([1, 2]);
    list.clear();
    expect([list.size, list.remove(1)]).toEqual([0, false]);
    list.insert(3);
    expect(contents(list)).toEqual([3]);
  });
});
