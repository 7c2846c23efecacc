import { asFailure, ifOutage } from "@headline/mysql";
import { retryUntil } from "@headline/service/lifecycle";
import { type Log, rateLimitedLog } from "@headline/service/log";

interface Deps {
  readonly channels: { load(): Promise<void> };
  readonly pages: { refresh(): Promise<void>; start(): void };
  readonly jobStore: { migrate(): Promise<void> };
  readonly hotLists: { start(): Promise<void>; refresh(): Promise<void> };
  readonly log: Log;
}

export interface Start extends AsyncDisposable {
  /** Whether everything that a gateway reads at its start has been read in MySQL. */
  readonly isWhole: boolean;
}

/**
 * Reads what a gateway needs of MySQL before it serves. When MySQL does not answer, what is in Redis has to do: this resolves
 * all the same, and goes on trying until MySQL has answered once.
 */
export async function startWithOrWithoutMysql(deps: Deps): Promise<Start> {
  const { channels, pages, jobStore, hotLists, log } = deps;
  const startedAt = performance.now();
  const stopped = new AbortController();
  const onFailure = rateLimitedLog(log, "MySQL does not answer; serves what Redis and the recommender have", {
    everyMs: 1_000,
  });

  let isWhole = false;
  try {
    await readMysql();
    isWhole = true;
  } catch (error) {
    ifOutage(onFailure)(error); // what is no outage, a table that is missing for one, ends the start
  }
  pages.start();
  await hotLists.start();
  const whole = isWhole ? Promise.resolve() : becomeWhole().catch(() => undefined); // the shutdown came first
  return {
    get isWhole() {
      return isWhole;
    },
    [Symbol.asyncDispose]: async () => {
      stopped.abort();
      await whole;
    },
  };

  /** The job store last: its calls wait longer for a MySQL that is silent than the others. */
  async function readMysql(): Promise<void> {
    const read = await Promise.allSettled([channels.load(), pages.refresh()]);
    for (const each of read) if (each.status === "rejected") throw each.reason;
    await jobStore.migrate().catch((error: unknown) => {
      throw asFailure(error);
    });
  }

  async function becomeWhole(): Promise<void> {
    await retryUntil(readMysql, { signal: stopped.signal, onFailure });
    isWhole = true;
    log.info({ after_ms: Math.round(performance.now() - startedAt) }, "MySQL answers; the gateway is whole");
    await hotLists.refresh();
  }
}
