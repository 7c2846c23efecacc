import { createHash } from "node:crypto";
import type { RedisClient } from "./client.js";

export type Argument = string | number;

/** A Lua script, known to Redis by its hash. */
export class Script {
  readonly sha: string;
  constructor(readonly lua: string) {
    this.sha = createHash("sha1").update(lua).digest("hex");
  }
}

/** Runs scripts on the keys of one namespace. */
export interface Scripts {
  run(script: Script, args: readonly Argument[]): Promise<unknown>;
}

/**
 * Runs a script by its hash, and with its text when Redis does not know it (yet, or any more). Not by `defineCommand`, which
 * fails other callers on a client with automatic pipelines (ioredis #1931).
 */
export function scriptsOf(client: RedisClient, prefix: string): Scripts {
  return {
    async run({ sha, lua }, args) {
      try {
        return await client.evalsha(sha, 1, prefix, ...args);
      } catch (error) {
        if (!(error instanceof Error) || !error.message.startsWith("NOSCRIPT")) throw error;
        return await client.eval(lua, 1, prefix, ...args);
      }
    },
  };
}
