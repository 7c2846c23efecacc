import { thrownMessage } from "../core/describe-thrown.js";
import type { Executor } from "../core/executor.js";
import type { JobDefaults } from "../core/job-policy.js";
import type { JobStore } from "../core/job-store.js";
import { checkKnown, type OptionNames } from "../core/known-options.js";
import type { SchedulerOptions } from "../core/scheduler-options.js";
import { OVERLAPS } from "../core/task.js";
import { portableZone } from "../time/portable-zone.js";
import { zone } from "../time/zone.js";
import { amount, type Check, fields, mapOf, oneOf, orNull, text, whole } from "./check.js";
import { ConfigError } from "./config-error.js";
import { executorOpener } from "./executor-opener.js";
import type { ConfigAdditions, Opener } from "./opener.js";
import { nested } from "./prefixed-keys.js";
import { storeOpener } from "./store-opener.js";

const ADDITIONS: OptionNames<ConfigAdditions> = {
  clock: true,
  random: true,
  logger: true,
  unref: true,
  stores: true,
  executors: true,
};

/** Reads a scheduler's options from JSON, and checks everything before it opens anything. Throws a ConfigError. */
export async function openConfig(json: unknown, additions: ConfigAdditions): Promise<SchedulerOptions> {
  checkKnown<ConfigAdditions>(additions, ADDITIONS, "fromConfig");
  const { stores, executors, ...plain } = config(nested(json), "");
  return {
    ...additions,
    ...plain,
    stores: { ...additions.stores, ...(await opened("stores", stores, additions)) },
    executors: { ...additions.executors, ...(await opened("executors", executors, additions)) },
  };
}

const jobDefaults = fields<Required<JobDefaults>>({
  executor: text,
  coalesce: oneOf<boolean | "latest" | "earliest">(true, false, "latest", "earliest"),
  maxInstances: whole(1),
  overlap: oneOf(...OVERLAPS),
  misfireGraceTime: orNull(amount),
  timeoutMs: orNull(whole(1)),
  retries: orNull(
    fields<Required<NonNullable<JobDefaults["retries"]>>, "max">(
      { max: whole(1), delayMs: amount, backoff: oneOf("fixed", "exponential"), maxDelayMs: amount },
      "max",
    ),
  ),
  ack: oneOf("early", "late"),
  maxDeliveries: whole(1),
});

const timezone: Check<string> = (value, path) => {
  const name = text(value, path);
  try {
    zone(name);
  } catch {
    throw new ConfigError(path, `there is no time zone "${name}"`);
  }
  try {
    return portableZone(name);
  } catch (error) {
    throw new ConfigError(path, (error as Error).message.replace(/^timezone: /, ""), { cause: error });
  }
};

const config = fields({
  timezone,
  jobDefaults,
  stores: mapOf<Opener<JobStore>>(storeOpener),
  executors: mapOf<Opener<Executor>>(executorOpener),
  leaseMs: whole(1),
  pollMs: whole(1),
  historyDays: amount,
});

async function opened<T>(
  section: "stores" | "executors",
  openers: Readonly<Record<string, Opener<T>>> = {},
  additions: ConfigAdditions,
): Promise<Record<string, T>> {
  const all: [string, T][] = [];
  for (const [alias, open] of Object.entries(openers)) {
    const path = `${section}.${alias}`;
    if (additions[section]?.[alias] !== undefined)
      throw new ConfigError(path, "is given beside the configuration as well");
    try {
      all.push([alias, await open(additions)]);
    } catch (error) {
      throw new ConfigError(path, thrownMessage(error), { cause: error });
    }
  }
  return Object.fromEntries(all);
}
