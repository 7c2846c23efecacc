import { JobSpecError } from "../core/errors.js";
import type { JobStore } from "../core/job-store.js";
import { StoreSession } from "../worker/store-worker.js";
import type { SessionHost } from "../worker/worker-host.js";
import { closeQuietly } from "./close-quietly.js";

/** A scheduler's stores by alias, which of them have been started, and the session with each. */
export class StoreSet {
  readonly #stores = new Map<string, JobStore>();
  readonly #started = new Set<JobStore>();
  readonly #sessions = new Map<string, StoreSession>();

  constructor(private readonly host: SessionHost) {}

  get all(): ReadonlyMap<string, JobStore> {
    return this.#stores;
  }

  /** The alias when one is named, otherwise all of them. */
  aliases(alias?: string): string[] {
    return alias === undefined ? [...this.#stores.keys()] : [alias];
  }

  get(alias: string): JobStore {
    const store = this.#stores.get(alias);
    if (store === undefined) throw new JobSpecError("store", `there is no job store "${alias}"`);
    return store;
  }

  session(alias: string): StoreSession | undefined {
    return this.#sessions.get(alias);
  }

  /** Takes it in; with `start`, it is started and worked with at once. */
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
    this.#openSession(alias, store);
  }

  set(alias: string, store: JobStore): void {
    this.#stores.set(alias, store);
  }

  async remove(alias: string, { waitMs, close }: { waitMs: number; close: boolean }): Promise<void> {
    const store = this.get(alias);
    await this.#sessions.get(alias)?.stop(waitMs);
    this.#sessions.delete(alias);
    this.#stores.delete(alias);
    this.#started.delete(store);
    if (close) await store.close();
  }

  async start(): Promise<void> {
    for (const store of this.#stores.values()) await this.#start(store);
  }

  openSessions(): void {
    for (const [alias, store] of this.#stores) this.#openSession(alias, store);
  }

  wake(alias?: string): void {
    if (alias !== undefined) this.#sessions.get(alias)?.wake();
    else for (const session of this.#sessions.values()) session.wake();
  }

  /** Due jobs and offered runs may have waited for it. */
  executorAdded(): void {
    this.wake();
    for (const session of this.#sessions.values()) session.offered();
  }

  /** Lets what runs finish for up to `waitMs` and aborts the rest. */
  async endSessions(waitMs: number): Promise<void> {
    await Promise.all(Array.from(this.#sessions.values(), (session) => session.stop(waitMs)));
    this.#sessions.clear();
  }

  /** Closes those that were started. */
  async close(): Promise<void> {
    const started = [...this.#started];
    this.#started.clear();
    for (const store of started) await closeQuietly(this.host.logger, () => store.close());
  }

  /** One that cannot be started is closed: it may have opened something. */
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

  #openSession(alias: string, store: JobStore): void {
    const session = new StoreSession(alias, store, this.host);
    this.#sessions.set(alias, session);
    session.start();
  }
}
