import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { DecayedTable } from "./decayed-table.js";

const HALF_LIVES_MS = [600_000, 86_400_000];

test("an amount halves with each half-life", () => {
  const table = new DecayedTable(1, HALF_LIVES_MS);
  table.at(0).add(3, 0, 8);
  table.readAt(1_200_000);
  expect(table.value(3, 0, 0)).toBeCloseTo(2, 12);
  expect(table.value(2, 0, 0)).toBe(0);
});

test("sums are those of the definition, in whatever order and over however long events come", () => {
  const times = fc.array(fc.integer({ min: 0, max: 40 * 86_400_000 }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(times, (eventsMs) => {
      const table = new DecayedTable(1, HALF_LIVES_MS);
      const nowMs = Math.max(...eventsMs);
      for (const atMs of eventsMs) table.at(atMs).add(0, 0, 1);
      table.readAt(nowMs);
      HALF_LIVES_MS.forEach((halfLifeMs, window) => {
        const sum = eventsMs.reduce((total, atMs) => total + 2 ** ((atMs - nowMs) / halfLifeMs), 0);
        expect(table.value(0, 0, window)).toBeCloseTo(sum, 6);
      });
    }),
  );
});

test("what is subtracted with its own time is undone", () => {
  const table = new DecayedTable(1, HALF_LIVES_MS);
  table.at(0).add(0, 0, 1);
  table.at(500_000).add(0, 0, 1);
  table.at(0).add(0, 0, -1);
  table.readAt(500_000);
  expect(table.value(0, 0, 0)).toBeCloseTo(1, 12);
});
