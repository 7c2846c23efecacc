import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { Slots } from "./slots.js";

describe("slots", () => {
  test("the README's example holds: a key finds its thing until it is taken", () => {
    const slots = new Slots<string>();
    const key = slots.put("call");
    expect([slots.get(key), slots.take(key), slots.take(key)]).toEqual(["call", "call", undefined]);
  });

  test("hold what a map would hold, whatever is put and taken", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constant("put"), fc.nat()), { maxLength: 300 }), (steps) => {
        const slots = new Slots<object>();
        const model = new Map<number, object>();
        for (const step of steps) {
          const keys = [...model.keys()];
          if (step === "put" || keys.length === 0) {
            const thing = {};
            const key = slots.put(thing);
            expect(model.has(key)).toBe(false);
            model.set(key, thing);
          } else {
            const key = keys[(step as number) % keys.length] as number;
            expect(slots.take(key)).toBe(model.get(key));
            model.delete(key);
            expect(slots.take(key)).toBeUndefined();
          }
          expect(slots.size).toBe(model.size);
          expect(new Set(slots)).toEqual(new Set(model.values()));
        }
      }),
    );
  });

  test("do not answer a key whose slot has another thing by now", () => {
    const slots = new Slots<string>();
    const first = slots.put("first");
    slots.take(first);
    const second = slots.put("second");
    expect(slots.get(first)).toBeUndefined();
    expect(slots.get(second)).toBe("second");
    expect(second).toBeLessThan(2 ** 32);
  });

  test("are empty after being cleared", () => {
    const slots = new Slots<number>();
    const keys = [1, 2, 3].map((thing) => slots.put(thing));
    slots.clear();
    expect([...slots, slots.size, ...keys.map((key) => slots.get(key))]).toEqual([0, undefined, undefined, undefined]);
  });
});
