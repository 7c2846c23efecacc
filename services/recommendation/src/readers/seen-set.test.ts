import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { SeenSet, SlotMarks } from "./seen-set.js";

const MAX = 40;

test("sets that share their marks each have what they were given last, whoever is asked in between", () => {
  const slots = fc.nat({ max: 90 });
  const step = fc.record({ set: fc.nat({ max: 2 }), slot: slots, asks: fc.boolean() });
  fc.assert(
    fc.property(fc.array(slots, { maxLength: 60 }), fc.array(step, { maxLength: 200 }), (first, steps) => {
      const marks = new SlotMarks();
      const sets = [new SeenSet(marks, MAX, first), new SeenSet(marks, MAX), new SeenSet(marks, MAX)];
      const models = [first, [], []].map((seen) => seen.reduce(newest, []));
      for (const { set, slot, asks } of steps) {
        if (asks) expect(sets[set]?.has(slot)).toBe(models[set]?.includes(slot));
        else {
          sets[set]?.add(slot);
          models[set] = newest(models[set] ?? [], slot);
        }
      }
      for (let slot = 0; slot <= 90; slot += 1)
        expect(sets.map((set) => set.has(slot))).toEqual(models.map((model) => model.includes(slot)));
      expect(sets.map(({ size }) => size)).toEqual(models.map(({ length }) => length));
    }),
  );
});

test("a slot far beyond all others is remembered", () => {
  const set = new SeenSet(new SlotMarks(), MAX, [5]);
  expect(set.has(5)).toBe(true);
  set.add(3_000_000);
  expect([set.has(5), set.has(3_000_000), set.has(2_999_999)]).toEqual([true, true, false]);
});

function newest(slots: readonly number[], slot: number): number[] {
  return [...slots.filter((each) => each !== slot), slot].slice(-MAX);
}
