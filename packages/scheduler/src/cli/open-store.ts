import type { JobStore } from "../core/job-store.js";
import { Scheduler } from "../core/scheduler.js";
import "../fluent/every-trigger.js"; // so that jobs of every() can be read
import { registerCrontab } from "../crontab/apply-crontab.js";
import { storeKind, openStore as stores } from "../stores/open-store.js";
import { UsageError } from "./usage.js";

export interface StoreChoice {
  readonly store?: string | undefined;
  readonly ns: string;
}

/** The store of that URL. */
export async function openStore({ store: url, ns: namespace }: StoreChoice): Promise<JobStore> {
  if (url === undefined) throw new UsageError("--store: which store? mysql://… or redis://…, here or in SCHED_STORE");
  const kind = storeKind(url);
  if (kind === undefined) throw new UsageError("--store: the URL must begin with mysql://, redis:// or rediss://");
  return stores[kind]({ url, namespace });
}

/** A scheduler that reads and changes the store and runs nothing, for one call. */
export async function withClient<T>(
  choice: StoreChoice,
  timezone: string | undefined,
  use: (scheduler: Scheduler) => Promise<T>,
): Promise<T> {
  const store = await openStore(choice);
  const scheduler = new Scheduler({
    stores: { default: store },
    logger: { debug() {}, info() {}, warn: toStderr, error: toStderr },
    ...(timezone === undefined ? {} : { timezone }),
  });
  registerCrontab(scheduler);
  await scheduler.start({ paused: true });
  try {
    return await use(scheduler);
  } finally {
    await scheduler.shutdown({ wait: false });
  }
}

function toStderr(message: string): void {
  process.stderr.write(`sched: ${message}\n`);
}
