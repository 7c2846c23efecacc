import { createHash } from "node:crypto";
import type { Result } from "ioredis";
import type { Redis } from "./client.js";

/** Argument of a script. */
export type Argument = string | number | Buffer;

/** Commands that ioredis has and does not declare. */
declare module "ioredis" {
  interface RedisCommander<Context> {
    evalBuffer(lua: string, numberOfKeys: number, ...keysAndArguments: Argument[]): Result<unknown, Context>;
    evalshaBuffer(sha: string, numberOfKeys: number, ...keysAndArguments: Argument[]): Result<unknown, Context>;
  }
}

/** Runs a Lua script on a client, with its keys and arguments. */
export type Script<Args extends readonly Argument[], Reply> = (
  redis: Redis,
  keys: string | readonly string[],
  ...args: Args
) => Promise<Reply>;

interface Options {
  /** Whether strings in the reply come as text or as bytes. Default: text. */
  readonly reply?: "text" | "bytes";
}

/**
 * Makes a function of a Lua script. It is sent by its hash, and in full when Redis does not know it. It defines no command on the
 * client, which would fail other callers on one that pipelines by itself (ioredis #1931).
 *
 * @example
 * const incrementTo = script<[limit: number], number>("return math.min(redis.call('INCR', KEYS[1]), ARGV[1])");
 * const count = await incrementTo(redis, "counter", 10);
 */
export function script<Args extends readonly Argument[], Reply>(
  lua: string,
  { reply = "text" }: Options = {},
): Script<Args, Reply> {
  const sha = createHash("sha1").update(lua).digest("hex");
  return async (redis, keys, ...args) => {
    const [byHash, inFull] =
      reply === "text" ? (["evalsha", "eval"] as const) : (["evalshaBuffer", "evalBuffer"] as const);
    const all = typeof keys === "string" ? [keys] : keys;
    try {
      return (await redis[byHash](sha, all.length, ...all, ...args)) as Reply;
    } catch (error) {
      if (!isUnknownScript(error)) throw error;
      return (await redis[inFull](lua, all.length, ...all, ...args)) as Reply;
    }
  };
}

/** Whether Redis does not know a script by its hash, and nothing was run. */
export function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("NOSCRIPT");
}
