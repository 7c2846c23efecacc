import type { Redis } from "@headline/redis";
import type { Change } from "./change.js";

export const WAKE_CHANNEL = "changes";

/** Tells followers at once, after the commit. Best effort: whoever misses it reads the changes from MySQL within a second. */
export async function wakeFollowers(redis: Redis, ...changes: readonly Change[]): Promise<void> {
  await Promise.all(
    changes.map(({ topic, subjectId, version }) => redis.publish(WAKE_CHANNEL, `${topic} ${subjectId} ${version}`)),
  );
}

/** The change in a wake message, or undefined for what is not one. */
export function parseWake(message: string): Change | undefined {
  const match = /^(\S{1,32}) (-?\d{1,19}) (\d{1,16})$/.exec(message);
  if (match === null) return undefined;
  const [, topic = "", subjectId = "", version = ""] = match;
  return { topic, subjectId: BigInt(subjectId), version: Number(version) };
}
