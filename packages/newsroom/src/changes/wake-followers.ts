import { channelOf, type Redis } from "@headline/redis";
import { isChangeTopic } from "../schema/index.js";
import type { Change } from "./change.js";

/** Redis keeps keys by database, but not channels: two installations on two databases of one Redis have each their own. */
export function wakeChannel(redis: Redis): string {
  return channelOf(redis, "changes");
}

/** Publishes committed changes to followers. Best effort: a follower that misses the message reads MySQL within a second. */
export async function wakeFollowers(redis: Redis, ...changes: readonly Change[]): Promise<void> {
  const channel = wakeChannel(redis);
  await Promise.all(
    changes.map(({ topic, subjectId, version }) => redis.publish(channel, `${topic} ${subjectId} ${version}`)),
  );
}

/** Parses a wake message; undefined for anything else, and for a topic that only a later version knows. */
export function parseWake(message: string): Change | undefined {
  const match = /^(\S{1,32}) (-?\d{1,19}) (\d{1,16})$/.exec(message);
  if (match === null) return undefined;
  const [, topic = "", subjectId = "", version = ""] = match;
  return isChangeTopic(topic) ? { topic, subjectId: BigInt(subjectId), version: Number(version) } : undefined;
}
