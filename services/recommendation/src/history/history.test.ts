import { describe, expect, test } from "@jest/globals";
import { History, WINDOW_MS } from "./history.js";

function append(history: History, stamp: number, { timeStamp = 0, channelId = 0, slots = [stamp] } = {}) {
  history.append({ stamp, timeStamp, channelId, slots: Int32Array.from(slots), reasons: Uint8Array.of(1) });
}

describe("a history", () => {
  test("keeps its channels apart and what was served together", () => {
    const history = new History();
    append(history, 10, { channelId: 1, slots: [5] });
    append(history, 20, { channelId: 2, slots: [6] });
    expect(history.inChannel(1).map(({ stamp }) => stamp)).toEqual([10]);
    expect(history.inChannel(3)).toEqual([]);
    expect([...history.served.keys()]).toEqual([5, 6]);
    expect(history.version).toBe(20);
  });

  test("gives stamps that rise, and never one that is a time_stamp", () => {
    const history = new History();
    append(history, 100, { timeStamp: 103 });
    append(history, 101, { timeStamp: 102 });
    expect(history.nextStamp(50)).toBe(104);
    expect(history.nextStamp(200)).toBe(200);
  });

  test("puts a continued batch behind the oldest of its channel, and counts it as made when it was", () => {
    const history = new History();
    append(history, 100, { channelId: 1 });
    append(history, 200, { channelId: 1 });
    const continued = { stamp: 99, timeStamp: 99, continuedAt: 300, channelId: 1, slots: Int32Array.of(7) };
    history.append({ ...continued, reasons: Uint8Array.of(1) });
    expect(history.inChannel(1).map(({ stamp }) => stamp)).toEqual([99, 100, 200]);
    expect(history.version).toBe(300);
    expect(history.served.get(7)).toBe(300);
    expect(history.nextStamp(300)).toBe(301);
  });

  test("goes on by appending while it is short", () => {
    const history = new History();
    for (let stamp = 1; stamp < 256; stamp += 1) append(history, stamp);
    expect(history.rewritten(1_000)).toBeUndefined();
  });

  test("of 256 batches goes on with the newest 192, and forgets what the others served", () => {
    const history = new History();
    for (let stamp = 1; stamp <= 256; stamp += 1) append(history, stamp);
    const shorter = history.rewritten(1_000);
    expect(shorter?.batches.map(({ stamp }) => stamp)).toEqual(Array.from({ length: 192 }, (_, index) => 65 + index));
    expect(shorter?.served.has(64)).toBe(false);
    expect(shorter?.version).toBe(256);
  });

  test("leaves behind what is older than the window when it is rewritten", () => {
    const history = new History();
    for (let stamp = 1; stamp <= 256; stamp += 1) append(history, stamp);
    expect(history.rewritten(WINDOW_MS + 250)?.batches.map(({ stamp }) => stamp)).toEqual([
      251, 252, 253, 254, 255, 256,
    ]);
  });

  test("that is torn is rewritten however short, and expects the version that is stored", () => {
    const history = new History();
    append(history, 10);
    history.markTorn(30);
    expect(history.version).toBe(30);
    expect(history.rewritten(100)?.batches.map(({ stamp }) => stamp)).toEqual([10]);
  });
});
