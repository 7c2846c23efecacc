import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { CoVisits } from "./co-visits.js";
import { UnreadableSnapshot } from "./snapshot-bytes.js";

const NOW = 1_700_000_000_000;
const HOUR_MS = 3_600_000;
const ids = (shift = 0) => ({
  articleId: (slot: number) => BigInt(slot - shift) + 100n,
  slotOf: (articleId: bigint) => Number(articleId) - 100 + shift,
});
const open = (bounds = {}) => new CoVisits(ids(), { articlesMax: 100, readersMax: 100, ...bounds });
const slots = (found: readonly { slot: number }[]) => found.map(({ slot }) => slot);

describe("co-visits", () => {
  test("articles that the same readers read are neighbours, both ways", () => {
    const visits = open();
    for (let reader = 0n; reader < 5n; reader += 1n) {
      visits.learn(reader, 1, NOW);
      visits.learn(reader, 2, NOW);
    }
    visits.learn(9n, 1, NOW);
    visits.learn(9n, 3, NOW);
    expect(slots(visits.neighbours(1, NOW))).toEqual([2, 3]);
    expect(slots(visits.neighbours(2, NOW))).toEqual([1]);
    expect(visits.neighbours(4, NOW)).toEqual([]);
  });

  test("what everybody reads is close to nothing in particular", () => {
    const visits = open();
    for (let reader = 0n; reader < 90n; reader += 1n) visits.learn(reader, 50, NOW);
    for (let reader = 0n; reader < 6n; reader += 1n) visits.learn(reader, 1, NOW);
    for (let reader = 0n; reader < 4n; reader += 1n) visits.learn(reader, 2, NOW);
    expect(slots(visits.neighbours(1, NOW))).toEqual([2, 50]);
  });

  test("reading an article again says nothing new, but makes it the last one read", () => {
    const visits = open();
    for (const slot of [1, 2, 3, 1, 1]) visits.learn(7n, slot, NOW);
    expect(visits.lastReads(7n)).toEqual([1, 3, 2]);
    const once = open();
    for (const slot of [1, 2, 3]) once.learn(7n, slot, NOW);
    expect(visits.neighbours(1, NOW)).toEqual(once.neighbours(1, NOW));
  });

  test("only the last reads count, and of an article only the closest neighbours are kept", () => {
    const visits = open();
    for (let slot = 0; slot < 60; slot += 1) visits.learn(7n, slot, NOW);
    expect(visits.lastReads(7n)).toEqual(Array.from({ length: 20 }, (_, age) => 59 - age));
    expect(visits.neighbours(30, NOW)).toHaveLength(32);
    expect(slots(visits.neighbours(59, NOW)).toSorted((a, b) => a - b)[0]).toBe(40);
  });

  test("what was read days apart, or days ago, says less", () => {
    const visits = open();
    visits.learn(1n, 1, NOW - 48 * HOUR_MS);
    visits.learn(1n, 2, NOW);
    visits.learn(2n, 1, NOW);
    visits.learn(2n, 3, NOW);
    expect(slots(visits.neighbours(1, NOW))).toEqual([3, 2]);
    const later = visits.neighbours(1, NOW + 72 * HOUR_MS)[0];
    expect(later?.strength).toBeLessThan(visits.neighbours(1, NOW)[0]!.strength);
  });

  test("more articles and readers than there is room for: what was read longest ago is forgotten", () => {
    const visits = open({ articlesMax: 3, readersMax: 2 });
    for (const userId of [1n, 2n, 3n]) for (const slot of [1, 2, 3, 4]) visits.learn(userId, slot, NOW);
    expect(visits.size).toBe(3);
    expect(visits.lastReads(1n)).toEqual([]);
    expect(slots(visits.neighbours(4, NOW)).length).toBeGreaterThan(0);
  });

  test("strengths are from 0 to 1, and restored in a process with other slots they are the same", () => {
    const reads = fc.array(fc.record({ userId: fc.bigInt(-3n, 3n), slot: fc.nat(9), agoMs: fc.nat(99 * HOUR_MS) }));
    fc.assert(
      fc.property(reads, reads, (before, after) => {
        const bounds = { articlesMax: 6, readersMax: 4 };
        const visits = open(bounds);
        for (const { userId, slot, agoMs } of before) visits.learn(userId, slot, NOW - agoMs);
        const bytes = visits.snapshot();
        const restored = new CoVisits(ids(1_000), bounds);
        restored.restore(bytes);
        expect(restored.snapshot()).toEqual(bytes);
        for (const { userId, slot } of after) {
          visits.learn(userId, slot, NOW);
          restored.learn(userId, slot + 1_000, NOW);
          const found = visits.neighbours(slot, NOW);
          for (const { strength } of found) expect(strength > 0 && strength <= 1).toBe(true);
          const shifted = restored.neighbours(slot + 1_000, NOW);
          expect(shifted.map((near) => ({ ...near, slot: near.slot - 1_000 }))).toEqual(found);
        }
        expect(restored.snapshot()).toEqual(visits.snapshot());
      }),
    );
  });

  test("bytes that are no snapshot of co-visits are refused", () => {
    const visits = open();
    visits.learn(1n, 1, NOW);
    const bytes = visits.snapshot();
    for (const bad of [new Uint8Array(3), new Uint8Array(64), bytes.subarray(0, -1), Uint8Array.of(...bytes, 0)]) {
      expect(() => visits.restore(bad)).toThrow(UnreadableSnapshot);
    }
  });
});
