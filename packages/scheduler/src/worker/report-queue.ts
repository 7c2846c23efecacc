import type { Clock } from "../core/clock.js";
import { thrownMessage } from "../core/describe-thrown.js";
import type { JobStore, Report } from "../core/job-store.js";
import type { StoreBackoff } from "./store-backoff.js";

export interface ReportQueueConfig {
  /** Reports in one call. */
  readonly batch: number;
  /** Tries of one report alone before it counts as refused. */
  readonly triesAlone: number;
  /** Wait after the first of these tries; it grows by as much with each. */
  readonly pauseMs: number;
  /** Longest wait for an unreachable store at a shutdown. */
  readonly flushMs: number;
}

const DEFAULTS: ReportQueueConfig = { batch: 200, triesAlone: 5, pauseMs: 10, flushMs: 5_000 };

interface QueuedReport {
  readonly report: Report;
  readonly settle: (isRecorded: boolean) => void;
}

interface Flushed {
  readonly count: number;
  readonly resolve: () => void;
}

/** Reports to the store in batches: reports that come while one batch is written make up the next. */
export class ReportQueue {
  readonly #config: ReportQueueConfig;
  #queue: QueuedReport[] = [];
  #writing: Promise<void> | undefined;
  #hasGivenUp = false;
  #addedCount = 0;
  #settledCount = 0;
  #waiters: Flushed[] = [];

  constructor(
    private readonly store: JobStore,
    private readonly clock: Clock,
    private readonly backoff: StoreBackoff,
    config: Partial<ReportQueueConfig> = {},
  ) {
    this.#config = { ...DEFAULTS, ...config };
  }

  /** Queues a report; `settle` receives whether it was recorded, which is false when the lease had been lost. */
  add(report: Report, settle: (isRecorded: boolean) => void): void {
    this.#queue.push({ report, settle });
    this.#addedCount++;
    this.#writing ??= this.#writeAll();
  }

  /** Resolves when each report added so far has settled. */
  async settled(): Promise<void> {
    const count = this.#addedCount;
    if (this.#settledCount >= count) return;
    await new Promise<void>((resolve) => {
      this.#waiters.push({ count, resolve });
    });
  }

  /** Resolves when the queue is empty, or gives up when the store is unreachable for too long. */
  async flush(): Promise<void> {
    if (this.#writing === undefined) return;
    const deadline = this.clock.setTimer(this.store.shared ? this.#config.flushMs : 0, () => this.giveUp());
    await this.#writing;
    deadline[Symbol.dispose]();
  }

  /** Ends all retries. */
  giveUp(): void {
    this.#hasGivenUp = true;
  }

  async #writeAll(): Promise<void> {
    await Promise.resolve(); // runs that end in the same turn share a batch
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0, this.#config.batch);
      const recorded = await this.#write(batch.map(({ report }) => report));
      for (let at = 0; at < batch.length; at++) batch[at]!.settle(recorded[at] ?? false);
      this.#settledCount += batch.length;
      while (this.#waiters.length > 0 && this.#waiters[0]!.count <= this.#settledCount)
        this.#waiters.shift()!.resolve();
    }
    this.#writing = undefined;
  }

  /** Writes a batch, with retries until the store answers: its answer decides on leases that have ended meanwhile. */
  async #write(reports: readonly Report[]): Promise<readonly boolean[]> {
    for (let failures = 1; ; failures++) {
      try {
        const recorded = this.store.report(reports);
        return recorded instanceof Promise ? await recorded : recorded;
      } catch (error) {
        if (this.#hasGivenUp) return [];
        await this.backoff.sleep(this.backoff.nextDelayMs("report", error));
      }
      const recorded = failures > 1 ? await this.#writeOneByOne(reports) : undefined;
      if (recorded !== undefined) return recorded;
    }
  }

  /** Writes each report in a call of its own, so that a refused one does not block the others; undefined when the store is away. */
  async #writeOneByOne(reports: readonly Report[]): Promise<readonly boolean[] | undefined> {
    const recorded: boolean[] = [];
    for (const report of reports) {
      try {
        recorded.push(await this.#writeAlone(report));
      } catch {
        return undefined;
      }
    }
    return recorded;
  }

  /** Writes one report; a store that answers and still refuses it gets an error without the outcome. Throws when the store is away. */
  async #writeAlone(report: Report): Promise<boolean> {
    const { triesAlone, pauseMs } = this.#config;
    for (let tries = 1; ; tries++) {
      try {
        return (await this.store.report([report]))[0] ?? false;
      } catch (error) {
        await this.store.now();
        if (tries < triesAlone) await this.backoff.sleep(pauseMs * tries);
        else return (await this.store.report([withoutOutcome(report, error)]))[0] ?? false;
      }
    }
  }
}

function withoutOutcome(report: Report, refusal: unknown): Report {
  const state = report.state === "executed" ? "error" : report.state;
  const error = `the store refused the report of this run: ${thrownMessage(refusal)}`;
  return { ...report, state, result: null, error, stack: null };
}
