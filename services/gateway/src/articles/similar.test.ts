import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { dice, pairsOf } from "./similar.js";

describe("likeness of titles", () => {
  test("is 1 for the same words in any case and punctuation, 0 for nothing shared, the same both ways", () => {
    expect(dice(pairsOf("Night Train!"), pairsOf("night-train"))).toBe(1);
    expect(dice(pairsOf("夜班火车上的图书馆"), pairsOf("夜班火车上的图书馆？"))).toBe(1);
    expect(dice(pairsOf("春天"), pairsOf("football"))).toBe(0);
    expect(dice(pairsOf(""), pairsOf("!"))).toBe(0);
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (a, b) => {
        const likeness = dice(pairsOf(a), pairsOf(b));
        expect(likeness).toBe(dice(pairsOf(b), pairsOf(a)));
        expect(likeness).toBeGreaterThanOrEqual(0);
        expect(likeness).toBeLessThanOrEqual(1);
      }),
    );
  });

  test("of related titles is larger than of unrelated ones", () => {
    const title = pairsOf("国家队公布世预赛名单");
    expect(dice(title, pairsOf("世预赛国家队名单出炉"))).toBeGreaterThan(dice(title, pairsOf("新手机公布价格")));
  });
});
