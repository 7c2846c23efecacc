import { JobSpecError } from "../core/errors.js";
import type { JobStore } from "../core/job-store.js";
import { StoreWorker } from "../worker/store-worker.js";
import type { WorkerHost } from "../worker/worker-host.js";
import { closeQuietly } from "./close-quietly.js";

/** Stores of a scheduler by alias, with the worker of each started one. */
export class StoreSet {
  readonly #stores = new Map<string, JobStore>();
  readonly #started = new Set<JobStore>();
  readonly #workers = new Map<string, StoreWorker>();

  constructor(private readonly host: WorkerHost) {}

  get all(): ReadonlyMap<string, JobStore> {
    return this.#stores;
  }

  /** Returns the given alias, or all of them without one. */
  aliases(alias?: string): string[] {
    return alias === undefined ? [...this.#stores.keys()] : [alias];
  }

  get(alias: string): JobStore {
    const store = this.#stores.get(alias);
    if (store === undefined) throw new JobSpecError("store", `there is no job store "${alias}"`);
    return store;
  }

  worker(alias: string): StoreWorker | undefined {
    return this.#workers.get(alias);
  }

  /** Adds a store; with `start` it is started, and its worker with it. */
  async add(alias: string, store: JobStore, { start }: { start: boolean }): Promise<void> {
    if (this.#stores.has(alias)) throw new JobSpecError("alias", `there is a job store "${alias}" already`);
    this.set(alias, store);
    if (!start) return;
    try {
      await this.#start(store);
    } catch (error) {
      this.#stores.delete(alias);
      throw error;
    }
    this.#startWorker(alias, store);
  }

  set(alias: string, store: JobStore): void {
    this.#stores.set(alias, store);
  }

  async remove(alias: string, { waitMs, close }: { waitMs: number; close: boolean }): Promise<void> {
    const store = this.get(alias);
    await this.#workers.get(alias)?.stop(waitMs);
    this.#workers.delete(alias);
    this.#stores.delete(alias);
    this.#started.delete(store);
    if (close) await store.close();
  }

  async start(): Promise<void> {
    for (const store of this.#stores.values()) await this.#start(store);
  }

  startWorkers(): void {
    for (const [alias, store] of this.#stores) this.#startWorker(alias, store);
  }

  wake(alias?: string): void {
    if (alias !== undefined) this.#workers.get(alias)?.wake();
    else for (const worker of this.#workers.values()) worker.wake();
  }

  /** Looks for due jobs and released runs that waited for an executor. */
  executorAdded(): void {
    this.wake();
    for (const worker of this.#workers.values()) worker.expectReleased();
  }

  /** Waits up to `waitMs` for running tasks and aborts the rest. */
  async stopWorkers(waitMs: number): Promise<void> {
    await Promise.all(Array.from(this.#workers.values(), (worker) => worker.stop(waitMs)));
    this.#workers.clear();
  }

  /** Closes the stores that were started. */
  async close(): Promise<void> {
    const started = [...this.#started];
    this.#started.clear();
    for (const store of started) await closeQuietly(this.host.logger, () => store.close());
  }

  /** Starts a store; one that fails to start is closed, because it may have opened connections. */
  async #start(store: JobStore): Promise<void> {
    try {
      await store.migrate();
      await store.start();
    } catch (error) {
      await closeQuietly(this.host.logger, () => store.close());
      throw error;
    }
    this.#started.add(store);
  }

  #startWorker(alias: string, store: JobStore): void {
    const worker = new StoreWorker(alias, store, this.host);
    this.#workers.set(alias, worker);
    worker.start();
  }
}
