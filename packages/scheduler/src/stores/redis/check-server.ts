import type { RedisClient } from "./client.js";

/** Receives warnings about the server's settings. */
export interface ServerLogger {
  warn(message: string): void;
  info?(message: string): void;
}

const OLDEST = [6, 2] as const;

/** Refuses a Redis that is too old, and warns of settings that lose jobs. Where INFO is not allowed nothing is checked. */
export async function checkServer(client: RedisClient, logger: ServerLogger): Promise<void> {
  const info = await client.info().catch(() => "");
  const setting = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1];
  const version = setting("redis_version");
  if (version !== undefined && isOlder(version)) {
    throw new Error(`the Redis job store needs Redis ${OLDEST.join(".")} or newer, this is ${version}`);
  }
  const policy = setting("maxmemory_policy");
  if (policy !== undefined && policy !== "noeviction") {
    logger.warn(`Redis may evict jobs when its memory is full: maxmemory-policy is ${policy}, make it noeviction`);
  }
  if (setting("aof_enabled") === "0") {
    logger.info?.("Redis has no append-only file: a crash of it loses jobs and history (appendonly yes keeps them)");
  }
}

function isOlder(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
}
