import type { Random } from "../../triggers/trigger.js";
import type { Clock } from "../clock.js";
import type { Events } from "../events.js";
import type { Executor, Logger } from "../executor.js";
import type { TaskFunction } from "../task.js";

/** What a session uses of its scheduler. */
export interface SessionHost {
  readonly id: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly verbose: boolean;
  readonly timezone: string;
  readonly events: Events;
  /** Of shared stores. */
  readonly leaseMs: number;
  readonly pollMs: number;
  readonly node: () => { host: string; pid: number; startedAt: number; state: "running" | "paused" | "stopping" };
  readonly paused: () => boolean;
  readonly executor: (alias: string) => Executor | undefined;
  readonly executors: () => Iterable<Executor>;
  readonly task: (name: string) => TaskFunction | undefined;
  readonly taskNames: () => readonly string[];
  readonly newId: () => string;
}
