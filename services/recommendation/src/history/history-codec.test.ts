import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { Catalogue } from "../catalogue/catalogue.js";
import { servedCutoffMs } from "../feed/filters.js";
import { type Batch, madeAt } from "./batch.js";
import { decide } from "./decide.js";
import { decodeHistory, encodeBatch, encodeHead } from "./history-codec.js";

const articleIds = fc.uniqueArray(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { maxLength: 50 });
const made = fc.array(
  fc.record({
    later: fc.integer({ min: 1, max: 1_000_000 }),
    timeStamp: fc.maxSafeNat(),
    channelId: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    isContinued: fc.boolean(),
    articleIds,
  }),
  { maxLength: 8 },
);

function batchesOf(
  catalogue: Catalogue,
  records: readonly {
    later: number;
    timeStamp: number;
    channelId: number;
    isContinued: boolean;
    articleIds: bigint[];
  }[],
) {
  let made = 1_700_000_000_000;
  return records.map((record, index): Batch => {
    made += record.later;
    const below = 1_600_000_000_000 - index;
    const moments = record.isContinued
      ? { stamp: below, timeStamp: below, continuedAt: made }
      : { stamp: made, timeStamp: record.timeStamp };
    const slots = Int32Array.from(record.articleIds, (id) => catalogue.slotOf(id));
    return {
      ...moments,
      channelId: record.channelId,
      slots,
      reasons: Uint8Array.from(slots, (slot) => slot % 256),
    };
  });
}

function versionOf(batches: readonly Batch[]): number {
  const last = batches.at(-1);
  return last === undefined ? 0 : madeAt(last);
}

function bytesOf(catalogue: Catalogue, batches: readonly Batch[]): Buffer {
  return Buffer.concat([encodeHead(versionOf(batches)), ...batches.map((batch) => encodeBatch(batch, catalogue))]);
}

describe("a history in Redis", () => {
  test("comes back as it went, in a process that numbers the articles otherwise", () => {
    fc.assert(
      fc.property(made, (records) => {
        const [here, there] = [new Catalogue(Date.now), new Catalogue(Date.now)];
        there.slotOf(77n);
        const batches = batchesOf(here, records);
        const read = decodeHistory(bytesOf(here, batches), there);
        expect(read.version).toBe(versionOf(batches));
        expect(read.rewritten(0)).toBeUndefined();
        const plain = (catalogue: Catalogue) => (batch: Batch) => ({
          moments: [batch.stamp, batch.timeStamp, batch.continuedAt],
          channelId: batch.channelId,
          slots: Array.from(batch.slots, (slot) => String(catalogue.articleId(slot))),
          reasons: Array.from(batch.reasons),
        });
        expect(read.batches.map(plain(there))).toEqual(batches.map(plain(here)));
      }),
    );
  });

  test("cut short anywhere goes as far as it makes sense, and knows the version that stands in the head", () => {
    fc.assert(
      fc.property(made, fc.nat(), (records, at) => {
        const catalogue = new Catalogue(Date.now);
        const batches = batchesOf(catalogue, records);
        const bytes = bytesOf(catalogue, batches);
        const cut = bytes.subarray(0, at % (bytes.length + 1));
        const read = decodeHistory(cut, catalogue);
        expect(read.batches.map(({ stamp }) => stamp)).toEqual(
          batches.slice(0, read.batches.length).map(({ stamp }) => stamp),
        );
        expect(read.version).toBe(cut.length < 8 ? 0 : versionOf(batches));
        if (cut.length >= 8 && cut.length < bytes.length) expect(read.rewritten(0)).toBeDefined();
      }),
    );
  });

  test("of bytes that are none of ours is empty, and never a failure", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (noise) => {
        const history = decodeHistory(Buffer.from(noise), new Catalogue(Date.now));
        if (noise[0] !== 1) expect(history.batches).toEqual([]);
      }),
    );
    expect(decodeHistory(null, new Catalogue(Date.now)).version).toBe(0);
  });

  test("takes 111 bytes a batch of ten articles", () => {
    const catalogue = new Catalogue(Date.now);
    const slots = Int32Array.from({ length: 10 }, (_, index) => catalogue.slotOf(BigInt(index + 1)));
    const batch = { stamp: 1, timeStamp: 0, channelId: 0, slots, reasons: new Uint8Array(10) };
    expect(encodeBatch(batch, catalogue)).toHaveLength(111);
    expect(encodeHead(1_700_000_000_000)).toHaveLength(8);
    expect(encodeHead(0)).toHaveLength(0);
  });

  test("of 250 batches reads the articles of the last six hours alone, whatever the history's length", () => {
    class CountingCatalogue extends Catalogue {
      asked = 0;
      override slotOf(articleId: bigint): number {
        this.asked += 1;
        return super.slotOf(articleId);
      }
    }
    const catalogue = new CountingCatalogue(Date.now);
    const [newest, everyMs, count] = [1_700_000_000_000, 40 * 60_000, 250];
    const batches = Array.from({ length: count }, (_, index): Batch => {
      const stamp = newest - (count - 1 - index) * everyMs;
      const slots = Int32Array.from({ length: 10 }, (_, at) => catalogue.slotOf(BigInt(index * 10 + at)));
      return { stamp, timeStamp: stamp - 1, channelId: index % 2, slots, reasons: new Uint8Array(10) };
    });
    const bytes = bytesOf(catalogue, batches);

    catalogue.asked = 0;
    const read = decodeHistory(bytes, catalogue);
    expect(decide(read.inChannel(0), newest + 1, newest + 1)).toEqual({ kind: "refresh" });
    expect(catalogue.asked).toBe(0);
    const sixHours = servedCutoffMs(newest + 1);
    expect(read.servedFrom(sixHours).size).toBe(90);
    expect(read.servedFrom(sixHours + everyMs).size).toBe(90); // remembered
    expect(catalogue.asked).toBe(90);
    expect(read.served.size).toBe(2_500);
    expect(read.servedFrom(sixHours).size).toBe(90);
    expect(read.bytes).toBeLessThan(100_000);
  });
});
