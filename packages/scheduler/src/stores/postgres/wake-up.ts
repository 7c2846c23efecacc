import { randomUUID } from "node:crypto";
import type { Logger } from "../../core/logger.js";
import { msOrNull } from "../sql/values.js";
import { watchNextRun } from "../sql/watch-next-run.js";
import { type Connections, inTime } from "./connections.js";
import { ReadOnlyServer } from "./failure.js";
import { cut, type PostgresClient } from "./pool.js";
import type { Sessions } from "./session.js";
import type { Tables } from "./tables.js";
import { toColumn } from "./text.js";

/** A listening connection sends nothing, so nothing would time out on a half-open link: it asks for a sign of life. */
const PING_EVERY_MS = 1_000;
const PONG_WITHIN_MS = 1_000;
/** Time in which a notification of this store's own must come back over the listening connection. */
const HEARD_WITHIN_MS = 3_000;
/** Time until the next attempt to listen, doubling. */
const AGAIN_MIN_MS = 50;
const AGAIN_MAX_MS = 1_000;
/** Time until LISTEN is tried again where notifications do not arrive. */
const UNHEARD_MS = 60_000;
/**
 * Wake-ups between the schedulers of a store by LISTEN and NOTIFY, over one connection of the pool. Behind a pooler that
 * gives each transaction another session a notification never arrives: then a poll takes its place.
 */
export class WakeUp {
  readonly #listeners = new Set<() => void>();
  #stop: AbortController | undefined;
  #stopPolling: (() => void) | undefined;
  #isLogged = false;
  #notifying: Promise<void> | undefined;
  #isNotifyWanted = false;

  constructor(
    private readonly connections: Connections,
    private readonly sessions: Sessions,
    private readonly tables: Tables,
    private readonly logger: Pick<Logger, "warn">,
  ) {}

  subscribe(onWake: () => void): () => void {
    const listener = () => onWake(); // the same callback may be given twice
    this.#listeners.add(listener);
    if (this.#stop === undefined) {
      this.#stop = new AbortController();
      void this.#listenAgain(this.#stop.signal);
    }
    return () => {
      if (this.#listeners.delete(listener) && this.#listeners.size === 0) this.close();
    };
  }

  close(): void {
    this.#listeners.clear();
    this.#stop?.abort();
    this.#stop = undefined;
    this.#poll(false);
  }

  /** Publishes a wake-up without waiting: the change is committed in any case. Those that come meanwhile are one. */
  notify(): void {
    this.#isNotifyWanted = true;
    this.#notifying ??= this.#publish().finally(() => {
      this.#notifying = undefined;
    });
  }

  async #publish(): Promise<void> {
    while (this.#isNotifyWanted) {
      this.#isNotifyWanted = false;
      await this.#send(this.tables.ns).catch(() => {}); // the others poll within a second
    }
  }

  async #send(payload: string): Promise<void> {
    await this.sessions.each((session) => session.rows("SELECT pg_notify($1, $2)", [this.tables.channel, payload]));
  }

  async #listenAgain(signal: AbortSignal): Promise<void> {
    let againMs = AGAIN_MIN_MS;
    while (!signal.aborted) {
      const hasListened = await this.#listen(signal).catch(() => undefined); // the store's own calls fail as well
      againMs = hasListened === true ? AGAIN_MIN_MS : Math.min(againMs * 2, AGAIN_MAX_MS);
      await pause(hasListened === false ? UNHEARD_MS : againMs * (0.75 + Math.random() / 4), signal);
    }
  }

  /** Listens until the connection fails; returns false when no notification arrives on it. */
  async #listen(signal: AbortSignal): Promise<boolean> {
    const client = await this.connections.lease();
    const { channel, ns } = this.tables;
    const end = new AbortController();
    const proof = randomUUID();
    const heard = deferred();
    client.on("end", () => end.abort());
    client.on("error", () => end.abort());
    client.on("notification", ({ channel: from, payload }) => {
      if (from !== channel) return;
      if (payload === proof) heard.resolve();
      else if (payload === toColumn(ns)) this.#wake();
    });
    try {
      await inTime(client, PONG_WITHIN_MS, { text: `LISTEN ${channel}` });
      if (!(await this.#isHeard(heard.promise, proof, signal))) {
        if (!signal.aborted) this.#unheard();
        await inTime(client, PONG_WITHIN_MS, { text: `UNLISTEN ${channel}` });
        return false;
      }
      this.#poll(false);
      this.#wake(); // notifications may have been missed until now
      while (!signal.aborted && !end.signal.aborted) {
        await ping(client);
        await pause(PING_EVERY_MS, AbortSignal.any([signal, end.signal]));
      }
      return true;
    } finally {
      cut(client);
    }
  }

  async #isHeard(heard: Promise<void>, proof: string, signal: AbortSignal): Promise<boolean> {
    await this.#send(proof);
    const waiting = new AbortController();
    const tooLate = pause(HEARD_WITHIN_MS, AbortSignal.any([signal, waiting.signal]));
    const isHeard = await Promise.race([heard.then(() => true), tooLate.then(() => false)]);
    waiting.abort();
    return isHeard;
  }

  #unheard(): void {
    if (!this.#isLogged)
      this.logger.warn(
        "PostgreSQL's notifications do not arrive (a pooler of transactions is in between?): jobs are found by polling instead of LISTEN",
      );
    this.#isLogged = true;
    this.#poll(true);
  }

  #poll(isOn: boolean): void {
    if (!isOn) {
      this.#stopPolling?.();
      this.#stopPolling = undefined;
    } else
      this.#stopPolling ??= watchNextRun(
        () => this.#earliest(),
        () => this.#wake(),
      );
  }

  async #earliest() {
    const { ns, jobs, instances } = this.tables;
    const [row] = await this.sessions.each((session) =>
      session.rows(
        `SELECT (SELECT min(next_run_ms) FROM ${jobs} WHERE ns = $1) AS run_ms,
           (SELECT min(lease_until) FROM ${instances} WHERE ns = $1) AS lease_ms`,
        [ns],
      ),
    );
    return { runMs: msOrNull(row!["run_ms"]), leaseMs: msOrNull(row!["lease_ms"]) };
  }

  #wake(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** Throws when the connection is dead, or its server read-only: then notifications go elsewhere. */
async function ping(client: PostgresClient): Promise<void> {
  const { rows } = await inTime(client, PONG_WITHIN_MS, {
    text: "SELECT current_setting('transaction_read_only') AS read_only",
  });
  if (rows[0]?.["read_only"] !== "off") throw new ReadOnlyServer("PostgreSQL is read-only");
}

/** Resolves after the time, or when the signal comes; it keeps no process alive. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    timer.unref();
    signal.addEventListener("abort", end);
  });
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
