import type { Mysql } from "@headline/mysql";
import { type Redis, VersionedCache } from "@headline/redis";
import { type Counts, counterNames, type StatisticsDefinition } from "./definition.js";
import { countsOf, readStatisticRows } from "./statistic-rows.js";

interface Options {
  readonly mysql: Mysql;
  readonly redis: Redis;
  /** Subjects cached in this process. */
  readonly localMax: number;
  /** Called with each subject whose cached counts have changed. */
  readonly onChange?: (id: bigint) => void;
  readonly onRedisError?: (error: unknown) => void;
  /** Receives the error of each value of Redis that cannot be read. */
  readonly onUnreadable?: (error: unknown) => void;
}

/** The counts by subject, read through Redis. Who has never been counted has all zeroes. */
export function openStatistics<Name extends string>(
  definition: StatisticsDefinition<Name>,
  { mysql, redis, localMax, onChange, onRedisError, onUnreadable }: Options,
): VersionedCache<Counts<Name>> {
  return new VersionedCache<Counts<Name>>({
    name: definition.name,
    redis,
    source: (ids) => readStatisticRows(mysql, definition, ids),
    encode: encodeCounts,
    decode: (bytes) => decodeCounts(definition, bytes),
    localMax,
    ...(onChange && { onChange }),
    ...(onRedisError && { onRedisError }),
    ...(onUnreadable && { onUnreadable }),
  });
}

export function encodeCounts(counts: Counts): Buffer {
  return Buffer.from(JSON.stringify(counts));
}

/** @throws TypeError for what is not one whole number for each counter, such as a value from before a counter was added. */
export function decodeCounts<Name extends string>(definition: StatisticsDefinition<Name>, bytes: Buffer): Counts<Name> {
  const parsed: unknown = JSON.parse(bytes.toString());
  if (typeof parsed !== "object" || parsed === null) throw new TypeError("counts are an object");
  const counts = parsed as Partial<Record<Name, unknown>>;
  for (const name of counterNames(definition)) {
    if (!Number.isSafeInteger(counts[name])) throw new TypeError(`${name} is not a count`);
  }
  return countsOf(definition, (name) => counts[name] as number);
}
