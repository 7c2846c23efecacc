import { createHash } from "node:crypto";
import type { Response } from "express";
import type { SchedulerEventName } from "../../core/events.js";
import type { DashboardScheduler } from "../dashboard-scheduler.js";
import { HttpProblem } from "../http/problem.js";

const CLIENTS_MAX = 50;
/** Events in a batch, at most: a busy scheduler emits thousands a second. */
const BATCH_MAX = 100;
const BATCH_MS = 200;
const POLL_MS = 2_000;
const HEARTBEAT_MS = 15_000;
/** Lifetime of a stream; the browser reconnects and is authorized again. */
const STREAM_MAX_MS = 10 * 60_000;
/** Unread bytes at which a slow client is dropped. */
const UNREAD_MAX = 256 * 1024;
/** Newest jobs and executions of a shared store that are compared, to detect changes by other processes. */
const WATCHED = 100;

const NAMES: readonly SchedulerEventName[] = [
  "job:added",
  "job:modified",
  "job:removed",
  "jobs:removed",
  "job:submitted",
  "job:started",
  "job:executed",
  "job:error",
  "job:missed",
  "job:maxInstances",
  "job:retry",
  "job:cancelled",
  "job:lost",
  "scheduler:paused",
  "scheduler:resumed",
  "store:added",
  "store:removed",
];

export interface LiveFeedOptions {
  readonly maxClients?: number | undefined;
  readonly pollMs?: number | undefined;
}

interface Client {
  readonly res: Response;
  readonly end: Disposable;
}

/**
 * Streams events to browsers: those of this process at once, and changes of shared stores, which are polled every two
 * seconds. Without an open stream it neither listens nor polls.
 */
export class LiveFeed implements Disposable {
  readonly #clients = new Set<Client>();
  readonly #listeners: readonly (readonly [SchedulerEventName, (event: object) => void])[];
  readonly #onShutdown = () => this.endAll();
  #batch: object[] = [];
  #dropped = 0;
  #flushing: Disposable | undefined;
  #polling: Disposable | undefined;
  #beating: Disposable | undefined;
  #closed = false;
  readonly #fingerprints = new Map<string, string>();

  constructor(
    private readonly scheduler: DashboardScheduler,
    private readonly options: LiveFeedOptions = {},
  ) {
    this.#listeners = NAMES.map((name) => [name, (event) => this.#add(name, event)]);
  }

  get clients(): number {
    return this.#clients.size;
  }

  /** Turns a response into a stream. Throws a 503 at the limit of streams. */
  open(res: Response): void {
    if (this.#closed || this.#clients.size >= (this.options.maxClients ?? CLIENTS_MAX)) {
      res.set("Retry-After", "10");
      throw new HttpProblem({ status: 503, code: "UNAVAILABLE", detail: "too many pages are being kept up to date" });
    }
    res
      .status(200)
      .set({ "Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no", Connection: "keep-alive" });
    res.flushHeaders();
    res.write("retry: 3000\n: welcome\n\n");
    const client: Client = { res, end: this.scheduler.clock.setTimer(STREAM_MAX_MS, () => res.end()) };
    if (this.#clients.size === 0) this.#startWatching();
    this.#clients.add(client);
    res.once("close", () => this.#forget(client));
    res.once("error", () => this.#forget(client));
  }

  /** Ends all streams; new ones may open. */
  endAll(): void {
    for (const { res } of this.#clients) res.end("event: end\ndata: {}\n\n");
  }

  /** Ends all streams and refuses new ones, so that a server can close. */
  [Symbol.dispose](): void {
    this.#closed = true;
    this.endAll();
  }

  #forget(client: Client): void {
    client.end[Symbol.dispose]();
    if (this.#clients.delete(client) && this.#clients.size === 0) this.#stopWatching();
  }

  #startWatching(): void {
    for (const [name, listener] of this.#listeners) this.scheduler.on(name, listener);
    this.scheduler.on("scheduler:shutdown", this.#onShutdown);
    this.#pollLater();
    this.#beatLater();
  }

  #stopWatching(): void {
    for (const [name, listener] of this.#listeners) this.scheduler.off(name, listener);
    this.scheduler.off("scheduler:shutdown", this.#onShutdown);
    for (const timer of [this.#polling, this.#beating, this.#flushing]) timer?.[Symbol.dispose]();
    this.#flushing = undefined;
    this.#batch = [];
    this.#dropped = 0;
    this.#fingerprints.clear();
  }

  #add(name: SchedulerEventName, event: object): void {
    if (this.#batch.length < BATCH_MAX) this.#batch.push({ name, ...wireEvent(event) });
    else this.#dropped++;
    this.#flushing ??= this.scheduler.clock.setTimer(BATCH_MS, () => this.#flush());
  }

  #flush(): void {
    this.#flushing = undefined;
    const lines = this.#batch.map((event) => message(kindOf(event), event));
    if (this.#dropped > 0) lines.push(message("more", { dropped: this.#dropped }));
    this.#batch = [];
    this.#dropped = 0;
    this.#send(lines.join(""));
  }

  #send(text: string): void {
    for (const client of this.#clients) {
      if (client.res.writableLength > UNREAD_MAX) client.res.destroy();
      else client.res.write(text);
    }
  }

  #beatLater(): void {
    this.#beating = this.scheduler.clock.setTimer(HEARTBEAT_MS, () => {
      this.#send(": beat\n\n");
      this.#beatLater();
    });
  }

  #pollLater(): void {
    this.#polling = this.scheduler.clock.setTimer(this.options.pollMs ?? POLL_MS, () => void this.#poll());
  }

  async #poll(): Promise<void> {
    for (const [alias, store] of this.scheduler.stores) {
      if (!store.shared || this.scheduler.state === "stopped") continue;
      const fingerprint = await this.#fingerprint(alias).catch(() => "unreadable"); // the page shows the error
      const before = this.#fingerprints.get(alias);
      this.#fingerprints.set(alias, fingerprint);
      if (before !== undefined && before !== fingerprint) this.#send(message("store", { store: alias }));
    }
    if (this.#clients.size > 0) this.#pollLater();
  }

  async #fingerprint(store: string): Promise<string> {
    const [jobs, { executions }, nodes] = await Promise.all([
      this.scheduler.getJobs({ store, limit: WATCHED }),
      this.scheduler.executions({ store, limit: WATCHED }),
      this.scheduler.nodes(store),
    ]);
    const seen = [
      jobs.map(({ id, record }) => [id, record.version, record.nextRunMs]),
      executions.map(({ id, state, attempt }) => [id, state, attempt]),
      nodes.map(({ id, state, running }) => [id, state, running]),
    ];
    return createHash("sha1").update(JSON.stringify(seen)).digest("base64");
  }
}

/** Event for browsers: job and execution, never the task's value. */
function wireEvent(event: object): object {
  const { jobId, store, executionId, scheduledAt, attempt, durationMs, retryAt, alias } = event as Record<
    string,
    unknown
  >;
  return { jobId, store, executionId, scheduledAt, attempt, durationMs, retryAt, alias };
}

function kindOf(event: object): string {
  const { name, executionId } = event as { name: string; executionId?: string };
  if (executionId !== undefined || name === "job:submitted" || name === "job:maxInstances") return "execution";
  return name.startsWith("job") ? "job" : "scheduler";
}

/** Formats an event; JSON escapes line breaks, so its data is one line. */
function message(kind: string, payload: object): string {
  return `event: ${kind}\ndata: ${JSON.stringify(payload)}\n\n`;
}
