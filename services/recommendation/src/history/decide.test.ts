import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Batch, SKEW_MS } from "./batch.js";
import { cursorBelow, decide, placeBefore } from "./decide.js";
import { History } from "./history.js";

const NOW = 10_000_000;

function batch(stamp: number, timeStamp = 0): Batch {
  return { stamp, timeStamp, channelId: 0, slots: Int32Array.of(), reasons: Uint8Array.of() };
}

const old = batch(1_000_000);
const newer = batch(5_000_000, 4_999_000);
const batches = [old, newer];

describe("decide", () => {
  test.each([
    ["no batches", [], 5, { kind: "refresh" }],
    ["0", batches, 0, { kind: "refresh" }],
    ["newer than the newest", batches, 5_000_001, { kind: "refresh" }],
    ["slow within the skew", [...batches, batch(NOW)], NOW - SKEW_MS, { kind: "refresh" }],
    ["far ahead", batches, NOW + SKEW_MS + 1, { kind: "refresh" }],
    ["the time_stamp that made a batch", batches, 4_999_000, { kind: "replay", batch: newer }],
    ["a stamp", batches, 1_000_000, { kind: "replay", batch: old }],
    ["between two stamps", batches, 4_000_000, { kind: "history", batch: old }],
    ["the moment below the oldest", batches, 999_999, { kind: "continue" }],
    ["long before the oldest", batches, 999_000, { kind: "history", batch: undefined }],
    ["just beyond the skew", [...batches, batch(NOW)], NOW - SKEW_MS - 1, { kind: "history", batch: newer }],
  ])("%s", (_, known, timeStamp, decision) => {
    expect(decide(known, timeStamp, NOW)).toEqual(decision);
  });

  test("a far-ahead time_stamp is a retry for as long as the skew", () => {
    const farAhead = 10 * NOW;
    const made = batch(NOW, farAhead);
    expect(decide([made], farAhead, NOW + SKEW_MS)).toEqual({ kind: "replay", batch: made });
    expect(decide([made], farAhead, NOW + SKEW_MS + 1)).toEqual({ kind: "refresh" });
  });

  test("the moment below the oldest batch is none that made a batch", () => {
    const behind = batch(1_000, 999);
    expect(cursorBelow([behind, batch(5_000, 998)])).toBe(997);
    expect(decide([behind], 999, NOW)).toEqual({ kind: "replay", batch: behind });
    expect(cursorBelow([batch(1)])).toBe(0);
    expect(cursorBelow([])).toBe(0);
  });

  test("a stamp is found however far this server's clock is behind", () => {
    expect(decide(batches, 5_000_000, 1)).toEqual({ kind: "replay", batch: newer });
  });
});

/** Moments close together, so that they collide. */
const moment = fc.integer({ min: 1, max: 40 }).map((tick) => tick * 30_000);

describe("whatever the clocks said when its batches were made", () => {
  const asks = fc.array(fc.record({ now: moment, timeStamp: fc.oneof(fc.constant(0), moment) }), { maxLength: 30 });

  function historyOf(made: readonly { now: number; timeStamp: number }[]): History {
    const history = new History();
    for (const { now, timeStamp } of made) {
      if (decide(history.batches, timeStamp, now).kind !== "refresh") continue;
      history.append(batch(history.nextStamp(now), timeStamp));
    }
    return history;
  }

  test("a walk back visits every batch once and comes to where the feed continues", () => {
    fc.assert(
      fc.property(asks, moment, (made, now) => {
        const { batches: known } = historyOf(made);
        const visited: number[] = [];
        for (let next = known.at(-1)?.stamp ?? 0; next !== 0; ) {
          const decision = decide(known, next, now);
          if (decision.kind === "continue") break;
          if (decision.kind !== "replay") throw new Error(`${next} is a stamp, and was ${decision.kind}`);
          visited.push(decision.batch.stamp);
          next = placeBefore(known, decision.batch);
        }
        expect(visited).toEqual(known.map(({ stamp }) => stamp).reverse());
      }),
    );
  });

  test("a refresh is idempotent by its time_stamp", () => {
    fc.assert(
      fc.property(asks, moment, moment, (made, now, timeStamp) => {
        const history = historyOf(made);
        if (decide(history.batches, timeStamp, now).kind !== "refresh") return;
        const stamp = history.nextStamp(now);
        history.append(batch(stamp, timeStamp));
        const again = decide(history.batches, timeStamp, now);
        expect(again.kind === "replay" && again.batch.stamp).toBe(stamp);
      }),
    );
  });

  test("a client whose clock is right gets a refresh, whatever wrong clocks asked before", () => {
    fc.assert(
      fc.property(asks, (made) => {
        const history = historyOf(made);
        const now = Math.max(history.version, ...made.map(({ timeStamp }) => timeStamp), 0) + 1;
        expect(decide(history.batches, now, now)).toEqual({ kind: "refresh" });
      }),
    );
  });
});
