import type { JobStore } from "../core/job-store.js";
import { Scheduler } from "../scheduler/scheduler.js";
import "../fluent/every-trigger.js"; // so that jobs of every() can be read
import { registerCrontab } from "../crontab/apply-crontab.js";
import { storeKind, openStore as stores } from "../stores/open-store.js";
import { ServerUrlError } from "../stores/server-url.js";
import { addressOf, type StoreKind } from "../stores/store-address.js";
import { type StoreChoice, UsageError } from "./arguments.js";

/** Opens the store of a URL. */
export async function openStore({ store: url, ns: namespace }: StoreChoice): Promise<JobStore> {
  if (url === undefined)
    throw new UsageError(
      "--store: which store? sqlite:FILE, mysql://…, postgres://… or redis://…, here or in SCHED_STORE",
    );
  const kind = storeKind(url);
  if (kind === undefined)
    throw new UsageError("--store: the URL must begin with sqlite:, mysql://, postgres://, redis:// or rediss://");
  checkUrl(kind, url);
  return stores[kind]({ url, namespace });
}

/** Checks an address; the error repeats no part of it, which may hold a password. */
function checkUrl(kind: StoreKind, url: string): void {
  try {
    addressOf[kind](url);
  } catch (error) {
    if (!(error instanceof ServerUrlError)) throw error;
    throw new UsageError(`--store: the URL ${error.message}`);
  }
}

/** Calls `use` with a scheduler that reads and changes the store and runs nothing. */
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
