import { randomUUID } from "node:crypto";
import { availableParallelism, hostname } from "node:os";
import type { Clock, Logger, ShutdownOptions } from "@headline/scheduler";
import { checkKnown, checkNumbers, deferred, type OptionNames, SHUTDOWN, thrownLine } from "@headline/scheduler/kit";
import { intervalOf } from "../core/definition.js";
import { settledWithin } from "../core/settled-within.js";
import { NotRegisteredError, TaskRevokedError } from "../core/task-errors.js";
import type { TaskRegistry } from "../core/task-registry.js";
import type { TaskWorker, TaskWorkerOptions } from "../core/task-worker.js";
import type { CallPublisher } from "./call-publisher.js";
import { CONTROL_EXCHANGE, type Command, ControlPanel, REPLY_EXCHANGE } from "./control-panel.js";
import { EventSender } from "./event-sender.js";
import { toWireFailure } from "./failure.js";
import { LamportClock } from "./lamport-clock.js";
import { describeRequest, newRequest, type Request } from "./request.js";
import { RequestRunner, receivedFields, WorkerShutdown } from "./request-runner.js";
import type { CeleryResults } from "./results.js";
import { RevokedIds } from "./revoked-ids.js";
import { decodeCall, nameOf } from "./task-call.js";
import type { Consumer, Delivery, Subscription, Transport } from "./transport.js";
import { jsonMessage, jsonOf, repeatable, type WireMessage } from "./wire-message.js";

/** Parts of an app that its workers share. */
export interface CeleryWorkerParts {
  readonly transport: Transport;
  readonly results: CeleryResults;
  readonly publisher: CallPublisher;
  readonly tasks: TaskRegistry;
  readonly conf: { readonly defaultQueue: string };
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

type CeleryWorkerOptions = Omit<TaskWorkerOptions, "lockMs" | "terminatePollMs" | "unknownTaskMs">;

const OPTIONS: OptionNames<CeleryWorkerOptions> = {
  queues: true,
  concurrency: true,
  abortGraceMs: true,
  signals: true,
  name: true,
  prefetch: true,
  visibilityTimeoutMs: true,
  taskEvents: true,
};

const CONCURRENCY = 10;
/** Messages taken ahead for each place: with the one that runs, Celery's multiplier of four. */
const AHEAD = 3;
/** Calls that wait for their time in a worker, at most; further ones go back behind their queue. */
const WAITING_MAX = 10_000;
/** Pause after such a one, ms: a queue that holds nothing else is looked through slowly. */
const FULL_MS = 50;
const ABORT_GRACE_MS = 5_000;
const VISIBILITY_MS = 3_600_000;
const HELLO_MS = 1_000;
const GARBAGE_MAX = 200;
const FAREWELL_MS = 1_000;

/** Worker that takes its tasks from the queues of Celery. */
export class CeleryWorker implements TaskWorker {
  readonly id: string;
  readonly #parts: CeleryWorkerParts;
  readonly #options: CeleryWorkerOptions;
  readonly #onClosed: () => void;
  readonly #runner: RequestRunner;
  readonly #events: EventSender;
  readonly #panel: ControlPanel;
  readonly #lamport = new LamportClock();
  readonly #revoked = new RevokedIds();
  /** Calls that wait for their time, with their timers. */
  readonly #waiting = new Map<Request, Disposable>();
  /** Calls that wait for a place. */
  readonly #ready: Request[] = [];
  readonly #active = new Map<Request, Promise<void>>();
  /** Decisions on messages under way: they count into the prefetch, and a shutdown waits for them. */
  readonly #pending = new Set<Promise<void>>();
  readonly #closed = deferred();
  #consumer: Consumer | undefined;
  #control: Subscription | undefined;
  #processed = 0;
  #fullUntil = 0;
  #isStarted = false;
  #closing: Promise<void> | undefined;

  constructor(parts: CeleryWorkerParts, options: CeleryWorkerOptions, onClosed: () => void) {
    checkKnown<CeleryWorkerOptions>(options, OPTIONS, "a worker of Celery's protocol");
    checkNumbers<CeleryWorkerOptions>(options, {
      concurrency: "whole",
      abortGraceMs: "size",
      prefetch: "amount",
      visibilityTimeoutMs: "whole",
    });
    const { clock, random, logger, transport, results, publisher } = parts;
    const { name = `node-${process.pid}-${randomUUID().slice(0, 8)}`, taskEvents = false } = options;
    this.id = `${name}@${hostname()}`;
    this.#parts = parts;
    this.#options = options;
    this.#onClosed = onClosed;
    const counts = () => ({ active: this.#active.size, processed: this.#processed });
    const lamport = this.#lamport;
    this.#events = new EventSender({ transport, hostname: this.id, lamport, clock, counts }, taskEvents);
    const { abortGraceMs = ABORT_GRACE_MS } = options;
    this.#runner = new RequestRunner({ publisher, results, events: this.#events, abortGraceMs, clock, random, logger });
    this.#panel = new ControlPanel({ hostname: this.id, commands: this.#commands(), transport, lamport, logger });
  }

  async start(): Promise<this> {
    if (this.#isStarted || this.#closing !== undefined) throw new Error("a worker is started once");
    this.#isStarted = true;
    const { transport, conf } = this.#parts;
    const { queues = [conf.defaultQueue], visibilityTimeoutMs = VISIBILITY_MS } = this.#options;
    await this.#greetOthers();
    if (this.#closing !== undefined) return this;
    const onControl = (message: WireMessage) => void this.#panel.handle(message);
    this.#control = await transport.subscribe(CONTROL_EXCHANGE, `${this.id}.${CONTROL_EXCHANGE}`, onControl);
    if (this.#closing !== undefined) return this;
    this.#consumer = transport.consume({
      queues,
      visibilityTimeoutMs,
      capacity: () => this.#capacity(),
      prefetch: this.#prefetch,
      onDelivery: (delivery) => this.#track(this.#receive(delivery)),
      onGarbage: (raw, queue) => this.#parts.logger.error(garbageText(raw, queue)),
    });
    this.#events.start();
    if (this.#options.signals === true) this.#closeOnSignals();
    return this;
  }

  async run(): Promise<void> {
    await this.start();
    await this.#closed.promise;
  }

  async close(options: ShutdownOptions = {}): Promise<void> {
    checkKnown<ShutdownOptions>(options, SHUTDOWN, "close");
    const { wait = true, timeoutMs = 30_000 } = options;
    if (!wait) this.#abortAll();
    this.#closing ??= this.#close(timeoutMs);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // ── taking ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Messages that may be taken now: those that wait for a place are bounded. */
  #capacity(): number {
    if (this.#closing !== undefined || this.#parts.clock.now() < this.#fullUntil) return 0;
    return this.#prefetch - this.#active.size - this.#ready.length - this.#pending.size;
  }

  get #prefetch(): number {
    const { concurrency = CONCURRENCY, prefetch = AHEAD * concurrency } = this.#options;
    return concurrency + prefetch;
  }

  /** Decides on a message as Celery does: what it cannot run is logged and dropped, of unknown tasks with a result. */
  async #receive(delivery: Delivery): Promise<void> {
    const { message } = delivery;
    const name = nameOf(message);
    if (name === undefined) return this.#drop(delivery, "is no task of protocol 2");
    const task = this.#parts.tasks.get(name.task);
    if (task === undefined) return this.#refuseUnknown(delivery, name);
    try {
      await this.#admit(newRequest(decodeCall(message), task, delivery));
    } catch (error) {
      await this.#drop(delivery, `${name.task} (${name.id}) is refused: ${thrownLine(error)}`);
    }
  }

  async #admit(request: Request): Promise<void> {
    if (this.#closing !== undefined) return request.delivery.requeue();
    if (await this.#endedBefore(request)) return;
    if (await this.#isAdopted(request)) return;
    this.#events.task("received", request.call.id, receivedFields(request));
    const { eta } = request.call;
    if (eta !== null && eta > this.#parts.clock.now()) await this.#wait(request, eta);
    else await this.#makeReady(request);
  }

  /**
   * Whether the call runs here already: its connection was lost, and the message has come again. The run goes on, and
   * acknowledges the new message at its end, or now when it has acknowledged the old one.
   */
  async #isAdopted({ call, delivery }: Request): Promise<boolean> {
    if (!delivery.redelivered) return false;
    const running = [...this.#active.keys()].find(
      (each) => each.call.id === call.id && each.call.retries === call.retries,
    );
    if (running === undefined) return false;
    running.delivery = delivery;
    if (running.isAcknowledged) await delivery.ack();
    return true;
  }

  async #refuseUnknown(delivery: Delivery, { task, id }: { task: string; id: string }): Promise<void> {
    const { logger, results } = this.#parts;
    logger.error(`Received an unregistered task "${task}" (${id}): it is dropped, and its result is NotRegistered`);
    const { failure, traceback } = toWireFailure(new NotRegisteredError(task));
    await results.store(id, { state: "FAILURE", result: failure, traceback });
    await delivery.ack();
    this.#events.task("failed", id, { exception: `NotRegistered('${task}')` });
  }

  async #drop({ queue, message, ack }: Delivery, reason: string): Promise<void> {
    const { contentType, body } = message;
    this.#parts.logger.error(
      `A message in queue ${queue} ${reason}; it is dropped (${String(contentType).slice(0, 80)}, ${body.length} bytes)`,
    );
    await ack();
  }

  /** Whether the call was revoked or has expired before it could begin; then it has ended. */
  async #endedBefore(request: Request): Promise<boolean> {
    const { id, expires } = request.call;
    const isExpired = expires !== null && expires < this.#parts.clock.now();
    if (isExpired) this.#revoked.add(id);
    if (!this.#revoked.has(id)) return false;
    const reason = new TaskRevokedError(isExpired ? "expired" : "revoked");
    await this.#runner.revoke(request, reason, { isExpired });
    return true;
  }

  // ── waiting ─────────────────────────────────────────────────────────────────────────────────────────────────────

  async #wait(request: Request, until: number): Promise<void> {
    const { queue, message } = request.delivery;
    if (await this.#parts.transport.publishLater(queue, repeatable(message), until - this.#parts.clock.now())) {
      await request.delivery.ack();
      return;
    }
    if (this.#waiting.size < WAITING_MAX) return this.#setTimer(request, until);
    this.#fullUntil = this.#parts.clock.now() + FULL_MS;
    this.#parts.clock.setTimer(FULL_MS, () => this.#consumer?.wake());
    await request.delivery.postpone();
  }

  #setTimer(request: Request, until: number): void {
    const { clock } = this.#parts;
    const due = () => {
      if (!this.#waiting.delete(request)) return;
      if (clock.now() < until) this.#setTimer(request, until);
      else this.#track(this.#makeReady(request));
    };
    this.#waiting.set(request, clock.setTimer(until - clock.now(), due));
  }

  /** Queues a call for a place, after its turn under a rate limit. */
  async #makeReady(request: Request): Promise<void> {
    const { clock, results } = this.#parts;
    const { rateLimit } = request.task.definition;
    if (rateLimit !== undefined && !request.hasTurn) {
      request.hasTurn = true;
      const waitMs = await results.takeTurn(request.call.task, intervalOf(rateLimit));
      if (waitMs > 0) return this.#setTimer(request, clock.now() + waitMs);
    }
    this.#ready.push(request);
    this.#fill();
  }

  // ── running ─────────────────────────────────────────────────────────────────────────────────────────────────────

  #fill(): void {
    const { concurrency = CONCURRENCY } = this.#options;
    while (this.#active.size < concurrency && this.#closing === undefined) {
      const request = this.#ready.shift();
      if (request === undefined) return;
      if (request.delivery.isLost()) continue; // it comes again
      this.#active.set(request, this.#run(request));
    }
  }

  async #run(request: Request): Promise<void> {
    try {
      if (!(await this.#endedBefore(request))) await this.#runner.run(request);
    } catch (error) {
      const { id, task } = request.call;
      this.#parts.logger.error(`Task ${task} (${id}) could not be brought to its end: ${thrownLine(error)}`);
    } finally {
      this.#processed++;
      this.#active.delete(request);
      this.#fill();
      this.#consumer?.wake();
    }
  }

  #track(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => this.#parts.logger.error(`A message could not be handled: ${thrownLine(error)}`))
      .finally(() => {
        this.#pending.delete(tracked);
        this.#consumer?.wake();
      });
    this.#pending.add(tracked);
  }

  // ── ending ──────────────────────────────────────────────────────────────────────────────────────────────────────

  async #close(timeoutMs: number): Promise<void> {
    const { clock, transport, results } = this.#parts;
    const { abortGraceMs = ABORT_GRACE_MS } = this.#options;
    const overdue = clock.setTimer(timeoutMs, () => this.#abortAll());
    try {
      await settledWithin(this.#finish(), timeoutMs + abortGraceMs, clock);
      if (this.#consumer !== undefined) await settledWithin(this.#events.stop(), FAREWELL_MS, clock);
    } finally {
      overdue[Symbol.dispose]();
      await this.#control?.close();
      await this.#consumer?.close();
      await transport.close();
      await results.close();
      this.#closed.resolve();
      this.#onClosed();
    }
  }

  /** Takes no more, gives back what has not begun, and waits for what runs. */
  async #finish(): Promise<void> {
    await this.#consumer?.stop();
    await Promise.all(this.#pending);
    await this.#giveBack();
    await Promise.all(this.#active.values());
  }

  /** Gives back what has not begun. */
  async #giveBack(): Promise<void> {
    const requests = [...this.#waiting.keys(), ...this.#ready.splice(0)];
    for (const timer of this.#waiting.values()) timer[Symbol.dispose]();
    this.#waiting.clear();
    await Promise.all(requests.map(({ delivery }) => delivery.requeue()));
  }

  #abortAll(): void {
    for (const { controller } of this.#active.keys()) controller.abort(new WorkerShutdown());
  }

  #closeOnSignals(): void {
    let signals = 0;
    const close = () => void this.close({ wait: signals++ === 0, timeoutMs: Number.POSITIVE_INFINITY });
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.on(signal, close);
      void this.#closed.promise.then(() => process.off(signal, close));
    }
  }

  // ── control ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Asks the other workers for the ids that were revoked before this one began. */
  async #greetOthers(): Promise<void> {
    const { transport, clock, logger } = this.#parts;
    const [key, ticket] = [randomUUID(), randomUUID()];
    const over = deferred();
    let [replies, expected] = [0, Number.POSITIVE_INFINITY];
    const onReply = (message: WireMessage) => {
      this.#learn(message);
      if (++replies >= expected) over.resolve();
    };
    try {
      const subscription = await transport.replies(REPLY_EXCHANGE, key, onReply);
      const command = {
        ...{ method: "hello", arguments: { from_node: this.id, revoked: this.#revoked }, ticket },
        ...{ destination: null, pattern: null, matcher: null },
        reply_to: { exchange: REPLY_EXCHANGE, routing_key: key },
      };
      const hello = jsonMessage(command, { clock: this.#lamport.forward(), expires: 0 });
      expected = (await transport.broadcast(CONTROL_EXCHANGE, "", hello)) ?? expected;
      const timer = clock.setTimer(HELLO_MS, over.resolve);
      if (replies < expected) await over.promise;
      timer[Symbol.dispose]();
      await subscription.close();
    } catch (error) {
      logger.warn(`Worker ${this.id} could not ask the others for revoked tasks: ${thrownLine(error)}`);
    }
  }

  /** Takes over what another worker knows; what cannot be read is left. */
  #learn(message: WireMessage): void {
    try {
      for (const reply of Object.values(jsonOf(message) as object)) {
        this.#revoked.merge((reply as { revoked?: unknown } | null)?.revoked);
        this.#lamport.adjust((reply as { clock?: unknown } | null)?.clock);
      }
    } catch (error) {
      this.#parts.logger.debug(`Worker ${this.id} could not read a reply: ${thrownLine(error)}`);
    }
  }

  #commands(): ReadonlyMap<string, Command> {
    const { tasks, logger } = this.#parts;
    const shown = (requests: Iterable<Request>) => [...requests].map((request) => describeRequest(request, this.id));
    return new Map<string, Command>([
      ["ping", () => ({ ok: "pong" })],
      ["active", () => shown(this.#active.keys())],
      ["reserved", () => shown(this.#ready)],
      ["scheduled", () => this.#scheduled()],
      ["registered", () => [...tasks.keys()].filter((name) => !name.startsWith("celery.")).sort()],
      ["revoked", () => this.#revoked.list],
      ["active_queues", () => this.#queues()],
      ["query_task", ({ ids }) => this.#query(ids)],
      ["stats", () => this.#stats()],
      ["clock", () => ({ clock: this.#lamport.value })],
      ["hello", ({ from_node: from, revoked }) => this.#hello(from, revoked)],
      ["revoke", ({ task_id: ids, terminate }) => this.#revoke(ids, terminate === true)],
      ["terminate", ({ task_id: ids }) => this.#revoke(ids, true)],
      ["enable_events", () => this.#setTaskEvents(true)],
      ["disable_events", () => this.#setTaskEvents(false)],
      ["heartbeat", () => this.#events.heartbeat()],
      ["shutdown", () => void this.close().catch((error: unknown) => logger.error(thrownLine(error)))],
    ]);
  }

  #scheduled(): readonly unknown[] {
    return [...this.#waiting.keys()].map((request) => ({
      eta: request.call.eta === null ? null : new Date(request.call.eta).toISOString(),
      priority: 6,
      request: describeRequest(request, this.id),
    }));
  }

  #queues(): readonly unknown[] {
    const { queues = [this.#parts.conf.defaultQueue] } = this.#options;
    return queues.map((name) => ({ name, exchange: { name, type: "direct" }, routing_key: name, durable: true }));
  }

  #query(ids: unknown): Readonly<Record<string, unknown>> {
    const wanted = new Set<unknown>(Array.isArray(ids) ? ids : [ids]);
    const places = { active: this.#active.keys(), reserved: [...this.#ready, ...this.#waiting.keys()] };
    const found = Object.entries(places).flatMap(([place, requests]) =>
      [...requests]
        .filter(({ call }) => wanted.has(call.id))
        .map((request) => [request.call.id, [place, describeRequest(request, this.id)]]),
    );
    return Object.fromEntries(found) as Record<string, unknown>;
  }

  #stats(): Readonly<Record<string, unknown>> {
    const { concurrency = CONCURRENCY } = this.#options;
    return {
      total: { all: this.#processed },
      pid: process.pid,
      clock: String(this.#lamport.value),
      uptime: Math.round(process.uptime()),
      pool: { "max-concurrency": concurrency, processes: [process.pid] },
      prefetch_count: this.#prefetch,
      rusage: { maxrss: process.resourceUsage().maxRSS, cpus: availableParallelism() },
    };
  }

  #hello(from: unknown, revoked: unknown): unknown {
    if (from === this.id) return undefined;
    this.#revoked.merge(revoked);
    return { revoked: this.#revoked, clock: this.#lamport.forward() };
  }

  #revoke(ids: unknown, terminate: boolean): unknown {
    const list = (Array.isArray(ids) ? ids : [ids]).filter((id): id is string => typeof id === "string");
    for (const id of list) this.#revoked.add(id);
    this.#endRevoked(new Set(list));
    if (!terminate) return { ok: `tasks ${list.join(", ")} flagged as revoked` };
    const running = [...this.#active.keys()].filter(({ call }) => list.includes(call.id));
    for (const { controller } of running) controller.abort(new TaskRevokedError("terminated"));
    if (running.length === 0) return { ok: "terminate: tasks unknown" };
    return { ok: `terminate: ${running.map(({ call }) => call.id).join(", ")}` };
  }

  /** Ends revoked calls that wait here; others end where they are received. */
  #endRevoked(ids: ReadonlySet<string>): void {
    for (const [request, timer] of this.#waiting) {
      if (!ids.has(request.call.id)) continue;
      timer[Symbol.dispose]();
      this.#waiting.delete(request);
      this.#track(this.#endedBefore(request).then(() => {}));
    }
  }

  #setTaskEvents(taskEvents: boolean): unknown {
    const done = this.#events.taskEvents === taskEvents ? "already " : "";
    this.#events.taskEvents = taskEvents;
    return { ok: `task events ${done}${taskEvents ? "enabled" : "disabled"}` };
  }
}

function garbageText(raw: string, queue: string): string {
  return `What is in queue ${queue} is no message of Celery; it is dropped: ${raw.slice(0, GARBAGE_MAX)}`;
}
