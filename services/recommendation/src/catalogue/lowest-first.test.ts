import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { LowestFirst } from "./lowest-first.js";

test("the lowest is first, whatever is added and taken out", () => {
  const keys = fc.array(fc.nat(20), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(keys, fc.array(fc.nat(39), { maxLength: 80 }), (keyOf, touched) => {
      const heap = new LowestFirst(Float64Array.from(keyOf));
      const inside = new Set<number>();
      const check = () => {
        expect(heap.size).toBe(inside.size);
        if (inside.size > 0) expect(keyOf[heap.first]).toBe(Math.min(...[...inside].map((row) => keyOf[row]!)));
      };
      for (const row of touched.map((index) => index % keyOf.length)) {
        if (inside.delete(row)) heap.remove(row);
        else heap.add([...inside.add(row)].at(-1)!);
        check();
      }
      for (; heap.size > 0; check()) {
        inside.delete(heap.first);
        heap.remove(heap.first);
      }
    }),
  );
});
