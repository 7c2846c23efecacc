import { createHash } from "node:crypto";
import type { Redis } from "ioredis";

const hashes = new Map<string, string>();

/**
 * Runs a script by its hash, and with its text when the server does not know it (a restart, SCRIPT FLUSH). Never
 * through `defineCommand`: on a client that pipelines by itself that can hang other callers (ioredis #1931).
 */
export async function runScript(redis: Redis, script: string, key: string, args: readonly (string | number)[]): Promise<unknown> {
  let hash = hashes.get(script);
  if (hash === undefined) {
    hash = createHash("sha1").update(script).digest("hex");
    hashes.set(script, hash);
  }
  try {
    return await redis.evalsha(hash, 1, key, ...args);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith("NOSCRIPT")) throw error;
    return redis.eval(script, 1, key, ...args);
  }
}
