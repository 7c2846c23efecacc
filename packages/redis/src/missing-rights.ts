import type { Redis } from "./client.js";

/** A command with arguments like those of the code: the keys and channels have to match the patterns of an ACL. */
export type NeededCommand = readonly [name: string, ...args: string[]];

/**
 * The refusals of Redis to commands that this client will need, each in its own words ("NOPERM … 'evalsha' command"). Nothing is run:
 * rights are checked as a command enters a transaction, and this one is discarded. Empty where that cannot be asked: Redis is away, or the
 * user may not open transactions.
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
    return []; // away: whoever uses it meets that by themselves
  }
}

interface Reported {
  readonly redis: Redis;
  /** Where the address stands. */
  readonly variable: string;
  readonly commands: readonly NeededCommand[];
  readonly log: { error(fields: object, message: string): void };
}

/** Says once, by name, which rights the user of an address lacks: what needs them goes on as if Redis were away. */
export async function reportMissingRights({ redis, variable, commands, log }: Reported): Promise<void> {
  const missing = await missingRights(redis, commands);
  if (missing.length > 0) log.error({ variable, missing }, `the Redis user of ${variable} lacks rights`);
}

/** The commands of a `VersionedCache` with that name. */
export function cacheCommands(name: string): readonly NeededCommand[] {
  const key = `${name}:{0}`;
  const written: NeededCommand = ["set", key, "", "px", "1"];
  return [["get", key], ["time"], written, ["getrange", key, "0", "16"], ...scriptCommands(key)];
}

/** The commands of scripts on a key, which are sent by their hash and in full when Redis does not know them. */
export function scriptCommands(key: string): readonly NeededCommand[] {
  return [
    ["evalsha", "0", "1", key],
    ["eval", "return 0", "1", key],
  ];
}
