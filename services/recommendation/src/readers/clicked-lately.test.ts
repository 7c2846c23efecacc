import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { CLICK_HALF_LIVES_MS, ClickedLately } from "./clicked-lately.js";
import { UnreadableSnapshot } from "./snapshot-bytes.js";

const NOW = 1_700_000_000_000;
const MINUTE_MS = 60_000;
const ids = (shift = 0) => ({
  articleId: (slot: number) => BigInt(slot - shift) + 100n,
  slotOf: (articleId: bigint) => Number(articleId) - 100 + shift,
});
const open = (bounds = {}) => new ClickedLately(ids(), bounds);
const walked = (clicked: ClickedLately, channelId: number) =>
  clicked.ordersOf(channelId).map((order) => Array.from({ length: order.size }, (_, rank) => order.at(rank)));

/** A click: the slot, and how many minutes after the first. */
const clicks = fc.array(fc.tuple(fc.integer({ min: 0, max: 11 }), fc.integer({ min: 0, max: 600 })), { maxLength: 80 });

describe("articles clicked lately", () => {
  test("stand in the order of the sums of their decayed clicks, in each half-life, whatever the order of the clicks", () => {
    fc.assert(
      fc.property(clicks, (log) => {
        const clicked = open();
        for (const [slot, minute] of log) clicked.learn(slot, 0, NOW + minute * MINUTE_MS);
        const slots = [...new Set(log.map(([slot]) => slot))];
        for (const [at, order] of walked(clicked, 0).entries()) {
          const sums = new Map(slots.map((slot) => [slot, decayed(log, slot, CLICK_HALF_LIVES_MS[at]!)]));
          expect(order.toSorted((a, b) => a - b)).toEqual(slots.toSorted((a, b) => a - b));
          for (const [rank, slot] of order.slice(1).entries()) {
            expect(sums.get(order[rank]!)! * (1 + 1e-9)).toBeGreaterThanOrEqual(sums.get(slot)!);
          }
        }
      }),
    );
  });

  test("what is clicked now passes what was clicked more, sooner the shorter the half-life", () => {
    const clicked = open();
    for (let click = 0; click < 8; click += 1) clicked.learn(1, 0, NOW);
    for (let click = 0; click < 2; click += 1) clicked.learn(2, 0, NOW + 90 * MINUTE_MS);
    expect(walked(clicked, 0)).toEqual([
      [2, 1],
      [1, 2],
    ]);
  });

  test("a channel has its own orders", () => {
    const clicked = open();
    clicked.learn(1, 101, NOW);
    clicked.learn(2, 102, NOW + 1);
    clicked.learn(1, 102, NOW + 2);
    expect(walked(clicked, 0)[0]).toEqual([1, 2]);
    expect(walked(clicked, 101)[0]).toEqual([]);
    expect(walked(clicked, 102)[0]).toEqual([1, 2]);
    expect(clicked.ordersOf(103).map(({ size }) => size)).toEqual([0, 0]);
  });

  test("an order keeps the most clicked, and takes in what passes them", () => {
    const clicked = open({ orderedMax: 3 });
    for (let slot = 0; slot < 10; slot += 1) {
      for (let click = 0; click <= slot; click += 1) clicked.learn(slot, 0, NOW);
    }
    expect(walked(clicked, 0)[0]).toEqual([9, 8, 7]);
    for (let click = 0; click < 20; click += 1) clicked.learn(0, 0, NOW);
    expect(walked(clicked, 0)[0]).toEqual([0, 9, 8]);
  });

  test("the article clicked longest ago is forgotten when there are too many", () => {
    const clicked = open({ articlesMax: 4 });
    for (let slot = 0; slot < 7; slot += 1) clicked.learn(slot, 0, NOW + slot);
    expect(clicked.size).toBe(4);
    expect(walked(clicked, 0)[0]).toEqual([6, 5, 4, 3]);
  });

  test("a snapshot is restored under other slots, and goes on as the first", () => {
    fc.assert(
      fc.property(clicks, clicks, (before, after) => {
        const first = open();
        for (const [slot, minute] of before) first.learn(slot, 101, NOW + minute * MINUTE_MS);
        const second = new ClickedLately(ids(1_000));
        second.restore(first.snapshot());
        for (const [slot, minute] of after) {
          first.learn(slot, 101, NOW + minute * MINUTE_MS);
          second.learn(slot + 1_000, 101, NOW + minute * MINUTE_MS);
        }
        expect(second.snapshot()).toEqual(first.snapshot());
        expect(second.ordersOf(101).map(({ size }) => size)).toEqual(first.ordersOf(101).map(({ size }) => size));
      }),
      { numRuns: 30 },
    );
  });

  test("bytes that are no snapshot leave it empty", () => {
    const clicked = open();
    clicked.learn(1, 0, NOW);
    expect(() => clicked.restore(new Uint8Array([1, 2, 3]))).toThrow(UnreadableSnapshot);
    expect([clicked.size, ...walked(clicked, 0)]).toEqual([0, [], []]);
  });
});

function decayed(log: readonly (readonly [slot: number, minute: number])[], slot: number, halfLifeMs: number): number {
  return log.reduce((sum, [other, minute]) => sum + (other === slot ? 2 ** ((minute * MINUTE_MS) / halfLifeMs) : 0), 0);
}
