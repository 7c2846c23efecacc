import type { Redis } from "@headline/redis";
import type { Counts, StatisticsDefinition } from "./definition.js";
import { decodeCounts } from "./open-statistics.js";

/** A key's value in Redis. `bytes` is undefined for a value that is no string. */
export type CachedValue<Name extends string> =
  | { readonly kind: "nothing" }
  | { readonly kind: "unreadable"; readonly bytes: Buffer | undefined }
  | { readonly kind: "counts"; readonly bytes: Buffer; readonly version: number; readonly counts: Counts<Name> };

/**
 * The values of `keys`, in their order, in one pipeline.
 *
 * @throws when Redis does not answer all of them.
 */
export async function readCachedValues<Name extends string>(
  redis: Redis,
  definition: StatisticsDefinition<Name>,
  keys: readonly string[],
): Promise<CachedValue<Name>[]> {
  const answers = await Promise.allSettled(keys.map((key) => redis.getBuffer(key)));
  return answers.map((answer) => {
    if (answer.status === "fulfilled") return parseCachedValue(definition, answer.value);
    if (isWrongType(answer.reason)) return { kind: "unreadable", bytes: undefined };
    throw answer.reason;
  });
}

/** VersionedCache's format: `<version>+<counts>`, or `<version>?` for a mark that stands for no value. */
export function parseCachedValue<Name extends string>(
  definition: StatisticsDefinition<Name>,
  bytes: Buffer | null,
): CachedValue<Name> {
  if (bytes === null) return { kind: "nothing" };
  const [, digits, sign] = /^(\d{1,16})([+?])/.exec(bytes.toString("latin1", 0, 17)) ?? [];
  if (digits === undefined || !Number.isSafeInteger(Number(digits))) return { kind: "unreadable", bytes };
  if (sign === "?") return { kind: "nothing" };
  try {
    const counts = decodeCounts(definition, bytes.subarray(digits.length + 1));
    return { kind: "counts", bytes, version: Number(digits), counts };
  } catch {
    return { kind: "unreadable", bytes }; // why it cannot be read does not matter: it is replaced
  }
}

const FORGET = `
if redis.call('TYPE', KEYS[1]).ok == 'string' and redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`;

/** Deletes what was seen under the key, and nothing that has replaced it since. */
export async function deleteCachedValue(redis: Redis, key: string, bytes: Buffer | undefined): Promise<void> {
  await redis.eval(FORGET, 1, key, bytes ?? "");
}

function isWrongType(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("WRONGTYPE");
}
