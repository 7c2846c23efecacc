import type { SchedulerOptions } from "../core/scheduler-options.js";

/** Options that a configuration file cannot hold. Stores and executors given here are added to those it names. */
export type ConfigAdditions = Pick<SchedulerOptions, "clock" | "random" | "logger" | "unref" | "stores" | "executors">;

/** Factory of the store or executor of an alias; nothing connects before the scheduler starts. */
export type Opener<T> = (additions: ConfigAdditions) => Promise<T>;
