import { setImmediate } from "node:timers/promises";
import { openProxy, type ThrowawayRedis, throwawayRedis } from "@headline/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from "@jest/globals";
import fc from "fast-check";
import { openRedis, type Redis, waitForRedis } from "./client.js";
import { type CacheSource, type Versioned, VersionedCache } from "./versioned-cache.js";

let server: ThrowawayRedis;
let redis: Redis;

beforeAll(async () => {
  server = await throwawayRedis();
  redis = openRedis(server.url, { commandTimeoutMs: 10_000 });
  await waitForRedis(redis, 30_000);
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});
beforeEach(async () => {
  await redis.flushall();
});

/** Rows as a database has them, and how often it was asked. */
function table() {
  const rows = new Map<bigint, { version: number; value: string | undefined }>();
  const asked: bigint[][] = [];
  let failure: Error | undefined;
  let held = Promise.resolve();
  let release: () => void = () => undefined;
  const source: CacheSource<string> = async (ids) => {
    asked.push([...ids]);
    if (failure !== undefined) throw failure;
    const answer = new Map(ids.flatMap((id) => (rows.has(id) ? [[id, rows.get(id) as Versioned<string>]] : [])));
    await held;
    return answer;
  };
  return {
    rows,
    asked,
    source,
    write: (id: bigint, version: number, value: string | undefined) => void rows.set(id, { version, value }),
    fail: (error: Error | undefined) => {
      failure = error;
    },
    /** Holds replies back until `release()`. */
    hold: () => {
      held = new Promise((resolve) => {
        release = resolve;
      });
    },
    release: () => {
      release();
      held = Promise.resolve();
    },
  };
}

function cacheOf(
  source: CacheSource<string>,
  client = redis,
  more: { localMax?: number; onUnreadable?: (error: unknown) => void } = {},
) {
  return new VersionedCache<string>({
    name: "row",
    redis: client,
    source,
    encode: (value) => Buffer.from(value),
    decode: (bytes) => bytes.toString(),
    localMax: 100,
    ...more,
  });
}

/** Resolves when what was sent to Redis without being waited for has arrived: its answers come in order, and a script it did not know is sent twice. */
async function settled(): Promise<void> {
  for (let again = 0; again < 2; again += 1) {
    await setImmediate();
    await redis.ping();
  }
}

describe("a versioned cache", () => {
  test("asks the source once for everything that is missing, and Redis tells the next process", async () => {
    const { write, source, asked } = table();
    write(1n, 1, "one");
    write(2n, 1, "二");
    const found = await cacheOf(source).getMany([1n, 2n, 3n]);
    expect(found).toEqual(
      new Map([
        [1n, "one"],
        [2n, "二"],
      ]),
    );
    expect(asked).toEqual([[1n, 2n, 3n]]);
    await settled();
    expect(await cacheOf(source).getMany([1n, 2n, 3n])).toEqual(found);
    expect(asked).toHaveLength(1); // that 3 is absent is remembered as well
  });

  test("shares one load among all who ask meanwhile", async () => {
    const { write, source, asked } = table();
    write(1n, 1, "one");
    write(2n, 1, "two");
    const cache = cacheOf(source);
    const asks = Array.from({ length: 100 }, (_, index) => cache.getMany(index % 2 === 0 ? [1n] : [1n, 2n]));
    expect((await Promise.all(asks)).every((found) => found.get(1n) === "one")).toBe(true);
    expect(asked).toEqual([[1n], [2n]]);
  });

  test("answers from memory without waiting, until something newer is known to exist", async () => {
    const { write, source } = table();
    write(1n, 1, "old");
    const cache = cacheOf(source);
    expect(cache.peek(1n)).toBeUndefined();
    await cache.get(1n);
    expect(cache.peek(1n)).toBe("old");
    cache.markStaleHere(1n, 1);
    expect(cache.peek(1n)).toBe("old"); // not older than that
    write(1n, 2, "new");
    await cache.markStale(1n, 2);
    expect(cache.peek(1n)).toBeUndefined();
    expect(cache.lastKnown(1n)).toBe("old");
    expect(await cache.get(1n)).toBe("new");
  });

  test("does not believe Redis what is older than what it knows to exist", async () => {
    const { write, source } = table();
    write(1n, 1, "old");
    await cacheOf(source).get(1n);
    await settled();
    write(1n, 2, "new");
    const cache = cacheOf(source);
    cache.markStaleHere(1n, 2); // Redis was never told
    expect(await cache.get(1n)).toBe("new");
    await settled();
    expect(await cacheOf(source).get(1n)).toBe("new");
  });

  test("a stored version of the future is read as missing and written over, whatever its time to live", async () => {
    const { source, write, asked } = table();
    write(1n, 5, "true");
    for (const version of ["99999999999999", String(Date.now() + 3_600_000)])
      for (const rest of ["+wrong", "-", "?"]) {
        await redis.set("row:{1}", version + rest);
        const unreadable: unknown[] = [];
        const cache = cacheOf(source, redis, { onUnreadable: (error) => unreadable.push(error) });
        expect([version + rest, await cache.get(1n)]).toEqual([version + rest, "true"]);
        expect(unreadable).toHaveLength(1);
        await settled();
        expect(await redis.get("row:{1}")).toBe("5+true");
      }
    expect(asked).toHaveLength(6);
    expect(await cacheOf(source).get(1n)).toBe("true");
    expect(asked).toHaveLength(6);
  });

  test("versions of a database whose clock was hours ahead still keep the newer value", async () => {
    const { source } = table();
    const ahead = Date.now() + 7_200_000;
    const cache = cacheOf(source);
    await cache.offer(1n, { version: ahead + 1, value: "newer" });
    await cacheOf(source).offer(1n, { version: ahead, value: "older" });
    expect(await redis.get("row:{1}")).toBe(`${ahead + 1}+newer`);
  });

  test("a version too new keeps what is loaded out for a minute, not for ever", async () => {
    const source = table();
    source.write(1n, 1, "right");
    const cache = cacheOf(source.source);
    cache.markStaleHere(1n, 8_000_000_000_000_000);
    await cache.getMany([1n]);
    expect(cache.peek(1n)).toBeUndefined();
    const later = Date.now() + 61_000;
    const clock = jest.spyOn(Date, "now").mockImplementation(() => later);
    try {
      expect((await cache.getMany([1n])).get(1n)).toBe("right");
      expect(cache.peek(1n)).toBe("right");
    } finally {
      clock.mockRestore();
    }
  });

  test("a slow load that began before an edit is not shared after it, and undoes nothing", async () => {
    const { write, source, hold, release } = table();
    write(1n, 1, "old");
    const [slow, fast] = [cacheOf(source), cacheOf(source)];
    hold();
    const before = slow.get(1n);
    await settled();
    write(1n, 2, "new");
    await fast.markStale(1n, 2);
    slow.markStaleHere(1n, 2);
    const after = slow.get(1n);
    await settled();
    release();
    expect(await before).toBe("old");
    expect(await after).toBe("new");
    expect([slow.peek(1n), await fast.get(1n)]).toEqual(["new", "new"]);
    await settled();
    expect(await cacheOf(source).get(1n)).toBe("new");
  });

  test("a value that is offered counts at once, here and elsewhere, unless something newer is there", async () => {
    const { source, asked } = table();
    const cache = cacheOf(source);
    await cache.offer(1n, { version: 5, value: "five" });
    await cache.offer(1n, { version: 4, value: "four" });
    expect(cache.peek(1n)).toBe("five");
    expect(await cacheOf(source).get(1n)).toBe("five");
    expect(asked).toEqual([]);
  });

  test("when the source fails, what was known is better than nothing; nothing known is the failure", async () => {
    const { write, source, fail } = table();
    write(1n, 1, "old");
    const cache = cacheOf(source);
    await cache.get(1n);
    await cache.markStale(1n, 2);
    fail(new Error("the source is away"));
    expect(await cache.getMany([1n])).toEqual(new Map([[1n, "old"]]));
    await expect(cache.getMany([1n, 2n])).rejects.toThrow("the source is away");
    expect(cache.lastKnown(1n)).toBe("old");
    await expect(cache.getMany([2n])).rejects.toThrow("the source is away");
    fail(undefined);
    write(1n, 2, "new");
    expect(await cache.get(1n)).toBe("new");
  });

  test("without Redis it goes on with memory and source, within the time of one command", async () => {
    await using proxy = await openProxy({ target: server.target });
    const errors: unknown[] = [];
    const client = openRedis(`redis://127.0.0.1:${proxy.port}`, {
      commandTimeoutMs: 100,
      onError: (error) => errors.push(error),
    });
    await waitForRedis(client, 30_000);
    const { write, source } = table();
    write(1n, 1, "one");
    const cache = cacheOf(source, client);
    proxy.blackhole();
    expect(await cache.get(1n)).toBe("one"); // from the source, while Redis keeps silent
    await expect(cache.offer(2n, { version: 1, value: "two" })).rejects.toThrow();
    expect(cache.peek(2n)).toBe("two");
    await expect(cache.markStale(2n, 2)).rejects.toThrow();
    expect(cache.peek(2n)).toBeUndefined();
    client.disconnect();
  });

  test("what stands in Redis under a key and is no entry is read from the source instead", async () => {
    const { write, source } = table();
    write(1n, 1, "one");
    for (const nonsense of ["", "?", "x", "12", "+", "-", "1", "99999999999999999999+x"]) {
      await redis.set("row:{1}", nonsense);
      expect([nonsense, await cacheOf(source).get(1n)]).toEqual([nonsense, "one"]);
      await settled();
    }
    await redis.del("row:{1}");
    await redis.lpush("row:{1}", "a list");
    expect(await cacheOf(source).get(1n)).toBe("one");
  });
});

/** A step of one of two processes, or of the writer, who tells both or only one and Redis. */
const step = fc.oneof(
  fc.record({ kind: fc.constant("read" as const), by: fc.nat(1), id: fc.bigInt({ min: 1n, max: 3n }) }),
  fc.record({
    kind: fc.constant("write" as const),
    deletes: fc.boolean(),
    by: fc.nat(1),
    id: fc.bigInt({ min: 1n, max: 3n }),
    offers: fc.boolean(),
  }),
  fc.record({ kind: fc.constant("evict" as const) }),
  fc.record({ kind: fc.constant("restart" as const), by: fc.nat(1) }),
);

test("against a model: whoever is told of every change never reads anything older than the last one", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      await redis.flushall();
      const { rows, write, source } = table();
      const caches = [cacheOf(source, redis, { localMax: 2 }), cacheOf(source)];
      let version = 0;
      for (const each of steps) {
        if (each.kind === "evict") await redis.flushall();
        else if (each.kind === "restart") caches[each.by] = cacheOf(source);
        else if (each.kind === "read") {
          const expected = rows.get(each.id)?.value;
          expect(await caches[each.by]?.get(each.id)).toBe(expected);
        } else {
          version += 1;
          const value = each.deletes ? undefined : `v${version}`;
          write(each.id, version, value);
          const [writer, other] = [caches[each.by], caches[1 - each.by]];
          if (each.offers) await writer?.offer(each.id, { version, value });
          else await writer?.markStale(each.id, version);
          other?.markStaleHere(each.id, version);
        }
      }
    }),
    { numRuns: 150 },
  );
});
