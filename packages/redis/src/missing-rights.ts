import type { Redis } from "./client.js";

/** Command with arguments like those of the code, since keys and channels have to match the patterns of an ACL. */
export type NeededCommand = readonly [name: string, ...args: string[]];

/**
 * Returns Redis's refusals of commands that this client will need ("NOPERM … 'evalsha' command"). Nothing is run: rights are checked
 * as a command enters a transaction, and this one is discarded. Empty where rights cannot be checked: Redis is away, or the user may
 * not open transactions.
 */
export async function missingRights(redis: Redis, commands: readonly NeededCommand[]): Promise<readonly string[]> {
  try {
    if ((await redis.pipeline().call("multi").call("discard").exec())?.some(([error]) => error !== null)) return [];
    const pipeline = redis.pipeline().call("multi");
    for (const [name, ...args] of commands) pipeline.call(name, ...args);
    const answers = (await pipeline.call("discard").exec()) ?? [];
    return answers
      .slice(1, -1)
      .flatMap(([error], index) =>
        error?.message.startsWith("NOPERM") ? [`${commands[index]?.[0]}: ${error.message}`] : [],
      );
  } catch {
    return []; // away: its users meet that themselves
  }
}

interface Reported {
  readonly redis: Redis;
  /** Environment variable of the address. */
  readonly variable: string;
  readonly commands: readonly NeededCommand[];
  readonly log: { error(fields: object, message: string): void };
}

/** Logs the rights that the user of an address lacks; features that need them run as if Redis were away. */
export async function reportMissingRights({ redis, variable, commands, log }: Reported): Promise<void> {
  const missing = await missingRights(redis, commands);
  if (missing.length > 0) log.error({ variable, missing }, `the Redis user of ${variable} lacks rights`);
}

/** Commands of a `VersionedCache` with that name. */
export function cacheCommands(name: string): readonly NeededCommand[] {
  const key = `${name}:{0}`;
  const written: NeededCommand = ["set", key, "", "px", "1"];
  return [["get", key], ["time"], written, ["getrange", key, "0", "16"], ...scriptCommands(key)];
}

/** Commands of scripts on a key. */
export function scriptCommands(key: string): readonly NeededCommand[] {
  return [
    ["evalsha", "0", "1", key],
    ["eval", "return 0", "1", key],
  ];
}
