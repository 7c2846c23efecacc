import { createHash } from "node:crypto";
import type { Clock } from "../core/clock.js";
import { thrownLine } from "../core/describe-thrown.js";
import { JobNotFoundError, JobSpecError } from "../core/errors.js";
import { type JobSpec, STORE_DEFAULT } from "../core/job-spec.js";
import type { JobStore, SchedulerNode } from "../core/job-store.js";
import { checkKnown, type OptionNames } from "../core/known-options.js";
import type { Logger } from "../core/logger.js";
import { liveNodes } from "../core/orphans.js";
import type { Job } from "./job.js";
import type { JobList, JobListQuery } from "./jobs.js";

/** Job of a declared set; the set is its tag. */
export type DeclaredSpec = Omit<JobSpec, "id" | "store" | "onConflict"> & { readonly id: string };

/** Options of `declareJobs`. */
export interface DeclareOptions {
  readonly store?: string;
  /** Ids of jobs that stay although they are not declared. */
  readonly alsoKeep?: readonly string[];
  /** False for a set that another process, or an operator, declares: its jobs may be removed while this process runs. Default true. */
  readonly lasting?: boolean;
}

const OPTIONS: OptionNames<DeclareOptions> = { store: true, alsoKeep: true, lasting: true };

/** Result of `declareJobs`: ids of jobs. */
export interface DeclaredJobs {
  readonly added: readonly string[];
  readonly kept: readonly string[];
  readonly removed: readonly string[];
  /** No longer declared here, but by another live scheduler; removed once none declares them. */
  readonly left: readonly string[];
}

/** Calls of a scheduler that declarations use. */
interface DeclarationHost {
  readonly id: string;
  readonly state: "stopped" | "running" | "paused" | "stopping";
  readonly clock: Clock;
  readonly logger: Pick<Logger, "warn">;
  readonly stores: ReadonlyMap<string, JobStore>;
  addJob(spec: JobSpec): Promise<unknown>;
  getJobs(query: JobListQuery): Promise<JobList>;
  removeJob(id: string, store?: string): Promise<void>;
  announce(store: string): Promise<void>;
}

interface Declared {
  readonly set: string;
  readonly store: string;
  readonly ids: ReadonlySet<string>;
}

/** Time until jobs that other schedulers declare are checked again. */
const SWEEP_MS = 2_000;
/** Ids of a set in a heartbeat; a longer set counts as declared as a whole. */
const IDS_MAX = 2_000;
const ALL = "*";

/** Sets of jobs that this scheduler declares; a job that left its set is removed once no live scheduler declares it. */
export class Declarations {
  readonly #sets = new Map<string, Declared>();
  #sweep: Disposable | undefined;

  constructor(private readonly scheduler: DeclarationHost) {}

  /** Sets for heartbeats, with a hash of each id. */
  get announced(): Record<string, readonly string[]> {
    const sets: Record<string, readonly string[]> = {};
    for (const { set, ids } of this.#sets.values()) {
      sets[set] = [...(sets[set] ?? []), ...(ids.size > IDS_MAX ? [ALL] : Array.from(ids, shortOf))];
    }
    return sets;
  }

  async declare(set: string, specs: readonly DeclaredSpec[], options: DeclareOptions): Promise<DeclaredJobs> {
    checkKnown<DeclareOptions>(options, OPTIONS, "declareJobs");
    const { store = STORE_DEFAULT, alsoKeep = [], lasting = true } = options;
    const ids = new Set([...specs.map(({ id }) => id), ...alsoKeep]);
    const twice = specs.find(({ id }, at) => specs.findIndex((spec) => spec.id === id) !== at);
    if (twice !== undefined) throw new JobSpecError("id", `"${twice.id}" is declared twice in "${set}"`);
    const declared = { set, store, ids };
    if (lasting) await this.#announce(declared);
    const before = new Set((await this.#jobsOf(declared)).map(({ id }) => id));
    for (const spec of specs) {
      await this.scheduler.addJob({
        ...spec,
        tags: [...new Set([set, ...(spec.tags ?? [])])],
        store,
        onConflict: "keep",
      });
    }
    const [added, kept] = [false, true].map((was) => specs.map(({ id }) => id).filter((id) => before.has(id) === was));
    return { added: added!, kept: kept!, ...(await this.#removeOthers(declared)) };
  }

  /** Announces all sets, before pending jobs are stored. */
  async announceAll(): Promise<void> {
    for (const store of new Set(Array.from(this.#sets.values(), ({ store }) => store))) {
      await this.scheduler.announce(store);
    }
  }

  /** Removes jobs that earlier processes left, once the stores are open. */
  started(): void {
    if (this.#sets.size > 0) void this.#sweepNow();
  }

  stop(): void {
    this.#sweep?.[Symbol.dispose]();
    this.#sweep = undefined;
  }

  /** Announces a set, which other schedulers must know before its jobs are stored. */
  async #announce(declared: Declared): Promise<void> {
    this.#sets.set(JSON.stringify([declared.store, declared.set]), declared);
    await this.scheduler.announce(declared.store);
  }

  get #isOpen(): boolean {
    return this.scheduler.state === "running" || this.scheduler.state === "paused";
  }

  async #removeOthers(declared: Declared): Promise<Pick<DeclaredJobs, "removed" | "left">> {
    const others = (await this.#jobsOf(declared)).map(({ id }) => id).filter((id) => !declared.ids.has(id));
    if (others.length === 0) return { removed: [], left: [] };
    const isDeclared = await this.#elsewhere(declared);
    const [left, removed] = [true, false].map((is) => others.filter((id) => isDeclared(id) === is)) as [
      string[],
      string[],
    ];
    for (const id of removed) await this.#remove(id, declared);
    if (left.length > 0) this.#sweepSoon();
    return { removed, left };
  }

  async #elsewhere({ set, store }: Declared): Promise<(id: string) => boolean> {
    const { id: self, stores, state } = this.scheduler;
    const nodes: readonly SchedulerNode[] = state === "stopped" ? [] : await stores.get(store)!.nodes();
    const live = nodes.length === 0 ? [] : liveNodes(nodes, await stores.get(store)!.now());
    const declared = new Set(live.filter(({ id }) => id !== self).flatMap(({ declares }) => declares?.[set] ?? []));
    return (id) => declared.has(ALL) || declared.has(shortOf(id));
  }

  async #jobsOf({ set, store }: Declared): Promise<Job[]> {
    const all: Job[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.scheduler.getJobs({ store, tag: set, ...(cursor === undefined ? {} : { cursor }) });
      for (const job of page) all.push(job);
      cursor = page.cursor;
    } while (cursor !== undefined);
    return all;
  }

  /** Removes a job, which another process may have removed before. */
  async #remove(id: string, { store }: Declared): Promise<void> {
    try {
      await this.scheduler.removeJob(id, store);
    } catch (error) {
      if (!(error instanceof JobNotFoundError)) throw error;
    }
  }

  #sweepSoon(): void {
    if (this.#sweep !== undefined || !this.#isOpen) return;
    this.#sweep = this.scheduler.clock.setTimer(SWEEP_MS, () => {
      this.#sweep = undefined;
      void this.#sweepNow();
    });
  }

  async #sweepNow(): Promise<void> {
    try {
      for (const declared of this.#sets.values()) await this.#removeOthers(declared);
    } catch (error) {
      if (this.scheduler.state !== "running") return;
      this.scheduler.logger.warn(`Jobs that are declared no more could not be removed: ${thrownLine(error)}`);
      this.#sweepSoon();
    }
  }
}

/** Returns the hash of an id in heartbeats. */
function shortOf(id: string): string {
  return createHash("sha256").update(id).digest("base64url").slice(0, 8);
}
