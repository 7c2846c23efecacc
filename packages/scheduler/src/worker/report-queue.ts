import type { Clock } from "../core/clock.js";
import { thrownMessage } from "../core/describe-thrown.js";
import type { JobStore, Report } from "../core/job-store.js";
import type { StoreTrouble } from "./store-backoff.js";

interface Waiting {
  readonly report: Report;
  readonly settle: (recorded: boolean) => void;
}

/** How many reports go together. */
const BATCH = 200;
/** Number of times a report is tried alone before it counts as refused. */
const TRIES_ALONE = 5;
const PAUSE_MS = 10;
/** What a store that is away may cost at the end. */
const FLUSH_MS = 5_000;

/** Reports to the store, in groups: whatever comes while one group is being written makes the next. */
export class ReportQueue {
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #givenUp = false;
  #added = 0;
  #settled = 0;
  #written: { readonly count: number; readonly resolve: () => void }[] = [];

  constructor(
    private readonly store: JobStore,
    private readonly clock: Clock,
    private readonly trouble: StoreTrouble,
  ) {}

  /** `settle` hears whether it was recorded: false when the lease had gone to another. */
  add(report: Report, settle: (recorded: boolean) => void): void {
    this.#waiting.push({ report, settle });
    this.#added++;
    this.#writing ??= this.#write();
  }

  /** Resolves when each report that was added until now has settled. */
  async written(): Promise<void> {
    const count = this.#added;
    if (this.#settled >= count) return;
    await new Promise<void>((resolve) => {
      this.#written.push({ count, resolve });
    });
  }

  /** Resolves when all is written down, or when the store has been away for too long. */
  async flush(): Promise<void> {
    if (this.#writing === undefined) return;
    const deadline = this.clock.setTimer(this.store.shared ? FLUSH_MS : 0, () => this.giveUp());
    await this.#writing;
    deadline[Symbol.dispose]();
  }

  /** What fails from now on is not tried again. */
  giveUp(): void {
    this.#givenUp = true;
  }

  async #write(): Promise<void> {
    await Promise.resolve(); // what ends in the same turn goes together
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, BATCH);
      const answers = await this.#recorded(group.map(({ report }) => report));
      for (let at = 0; at < group.length; at++) group[at]!.settle(answers[at] ?? false);
      this.#settled += group.length;
      while (this.#written.length > 0 && this.#written[0]!.count <= this.#settled) this.#written.shift()!.resolve();
    }
    this.#writing = undefined;
  }

  /** Tried until the store answers; leases are over by then if it was away for long, and it will say so. */
  async #recorded(reports: readonly Report[]): Promise<readonly boolean[]> {
    for (let failures = 1; ; failures++) {
      try {
        const answer = this.store.report(reports);
        return answer instanceof Promise ? await answer : answer;
      } catch (error) {
        if (this.#givenUp) return [];
        await this.trouble.pause(this.trouble.failed("report", error));
      }
      const answers = failures > 1 ? await this.#eachAlone(reports) : undefined;
      if (answers !== undefined) return answers;
    }
  }

  /** A report that the store refuses must not hold up the others; undefined when the store is away. */
  async #eachAlone(reports: readonly Report[]): Promise<readonly boolean[] | undefined> {
    const answers: boolean[] = [];
    for (const report of reports) {
      try {
        answers.push(await this.#alone(report));
      } catch {
        return undefined;
      }
    }
    return answers;
  }

  /** One that is refused again and again by a store that answers is an error without its outcome. Throws when the store is away. */
  async #alone(report: Report): Promise<boolean> {
    for (let tries = 1; ; tries++) {
      try {
        return (await this.store.report([report]))[0] ?? false;
      } catch (error) {
        await this.store.now();
        if (tries < TRIES_ALONE) await this.trouble.pause(PAUSE_MS * tries);
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
