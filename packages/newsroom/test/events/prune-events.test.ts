import { describe, expect, test } from "@jest/globals";
import { followEvents, type LandedEvent, newestEventId, prunedUpTo, pruneEvents } from "../../src/events/index.js";
import { insertEvents } from "../../src/events/insert-events.js";
import { event, openStores, type Stores } from "./support.js";

const HOUR_MS = 3_600_000;
const { signal } = new AbortController();

/** This many events, those up to `oldUpTo` landed two hours ago. */
async function landed({ mysql }: Stores, count: number, oldUpTo: bigint): Promise<void> {
  for (let from = 0; from < count; from += 1_000) {
    const size = Math.min(1_000, count - from);
    await insertEvents(
      mysql,
      Array.from({ length: size }, (_, index) => event({ articleId: BigInt(from + index + 1) })),
    );
  }
  await mysql.write("UPDATE events SET landed_at = landed_at - ? WHERE id <= ?", [2 * HOUR_MS, oldUpTo]);
}

/** No statement of these is small, and the machine may be busy. */
const openPatient = () => openStores({ statementTimeoutMs: 10_000 });
const prune = ({ mysql }: Stores, upTo: bigint) => pruneEvents({ mysql, keptMs: HOUR_MS, upTo, signal });
const idsIn = async (stores: Stores) => (await stores.landed()).map(({ id }) => id);
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => BigInt(from + index));

describe("pruning the event log", () => {
  test("leaves nothing but what is young, whatever its size, and says so", async () => {
    await using stores = await openPatient();
    await landed(stores, 10, 0n);
    expect(await prune(stores, 10n)).toBe(0);
    expect(await prunedUpTo(stores.mysql)).toBe(0n);
    await stores.mysql.write("UPDATE events SET landed_at = landed_at - ?", [2 * HOUR_MS]);
    const young = Array.from({ length: 1_000 }, (_, index) => event({ userId: 8n, articleId: BigInt(index + 1) }));
    await insertEvents(stores.mysql, young);
    const ids = await idsIn(stores);
    expect(await prune(stores, ids.at(-1) as bigint)).toBe(10);
    expect(await idsIn(stores)).toEqual(ids.slice(10));
    expect(await prunedUpTo(stores.mysql)).toBe(10n);
  });

  test("deletes thousands in chunks", async () => {
    await using stores = await openPatient();
    await landed(stores, 3_500, 1_000_000n);
    const all = await idsIn(stores);
    const bound = all[2_999] as bigint;
    expect(await prune(stores, bound)).toBe(3_000);
    expect(await idsIn(stores)).toEqual(all.slice(3_000));
    expect(await prunedUpTo(stores.mysql)).toBe(bound);
  });

  test("never goes above what it may, however old that is", async () => {
    await using stores = await openPatient();
    await landed(stores, 20, 20n);
    expect(await prune(stores, 0n)).toBe(0);
    expect(await prune(stores, 7n)).toBe(7);
    expect(await idsIn(stores)).toEqual(range(8, 20));
  });

  test("stops at the first young event: what stays has no gaps, also where the clock was set back", async () => {
    await using stores = await openPatient();
    await landed(stores, 20, 20n);
    await stores.mysql.write("UPDATE events SET landed_at = landed_at + ? WHERE id = 6", [2 * HOUR_MS]);
    expect(await prune(stores, 20n)).toBe(5);
    expect(await idsIn(stores)).toEqual(range(6, 20));
  });

  test("of everything leaves a log that goes on where it was, for writers and who follows", async () => {
    await using stores = await openPatient();
    await landed(stores, 20, 20n);
    expect(await prune(stores, 20n)).toBe(20);
    expect(await newestEventId(stores.mysql)).toBe(0n);
    const ended = new AbortController();
    const followed: LandedEvent[] = [];
    const following = followEvents({
      mysql: stores.mysql,
      from: 20n,
      signal: ended.signal,
      pollMs: 10,
      onBatch: (events) => {
        followed.push(...events);
        ended.abort();
      },
    });
    expect(await insertEvents(stores.mysql, [event({ articleId: 5n }), event({ articleId: 5n })])).toEqual([
      true,
      false,
    ]);
    await following;
    expect(followed).toHaveLength(1);
    expect(followed[0]?.id).toBeGreaterThan(20n);
  });

  test("lets others write all the while", async () => {
    await using stores = await openPatient();
    await landed(stores, 5_000, 1_000_000n);
    const bound = await newestEventId(stores.mysql);
    const pruning = prune(stores, bound);
    for (let index = 0; index < 20; index += 1) {
      expect(await insertEvents(stores.mysql, [event({ userId: 9n, articleId: BigInt(index) })])).toEqual([true]);
    }
    expect(await pruning).toBe(5_000);
    expect(await stores.landed()).toHaveLength(20);
  });

  test("ends when it is told to", async () => {
    await using stores = await openPatient();
    await landed(stores, 5, 5n);
    const aborted = AbortSignal.abort(new Error("stopped"));
    await expect(pruneEvents({ mysql: stores.mysql, keptMs: HOUR_MS, upTo: 5n, signal: aborted })).rejects.toThrow(
      "stopped",
    );
    expect(await stores.landed()).toHaveLength(5);
  });
});
