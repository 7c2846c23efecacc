import { randomUUID } from "node:crypto";
import { type Clock, type Logger, systemClock } from "@headline/scheduler";
import {
  checkKnown,
  defaultLogger,
  type OptionNames,
  patientConnection,
  persistentConnection,
  portableZone,
  promptConnection,
  type RedisTarget,
  safeLogger,
} from "@headline/scheduler/kit";
import {
  type ApplyOptions,
  checkApplyOptions,
  checkedTaskId,
  etaOf,
  expiryOf,
  linkTimesOf,
  type Signature,
} from "./apply-options.js";
import { AsyncResult } from "./async-result.js";
import { type BeatEntry, type BeatScheduler, keepBeat } from "./beat.js";
import { BoundTask } from "./bound-task.js";
import { Broker } from "./broker.js";
import {
  checkDefinition,
  intervalOf,
  type RegisteredTask,
  type Task,
  type TaskArguments,
  type TaskDefinition,
} from "./definition.js";
import type { ChainLink, RetryOverride, TaskMessage } from "./message.js";
import { ResultBackend } from "./result-backend.js";
import { sendable } from "./sendable.js";
import { signature } from "./signature.js";
import { TaskRevokedError } from "./task-errors.js";
import { TaskWorker, type TaskWorkerOptions } from "./task-worker.js";

const OPTIONS: OptionNames<TaskAppOptions> = {
  broker: true,
  backend: true,
  name: true,
  timezone: true,
  resultExpiresSeconds: true,
  defaultQueue: true,
  logger: true,
  clock: true,
  random: true,
};

export interface TaskAppOptions {
  /** The Redis that queues tasks: a URL, ioredis options, or a client whose options are used. It must not evict (noeviction). */
  readonly broker: RedisTarget;
  /** The Redis that keeps states and results; the broker by default. It must not evict either. */
  readonly backend?: RedisTarget;
  /** Tells the keys of several apps in one Redis apart. Default "tasks". */
  readonly name?: string;
  /** For beat schedules; the machine's own by default. */
  readonly timezone?: string;
  /** How long results are kept; null for ever. Default a day. */
  readonly resultExpiresSeconds?: number | null;
  /** Where tasks go that do not say. Default "default". */
  readonly defaultQueue?: string;
  readonly logger?: Logger;
  readonly clock?: Clock;
  readonly random?: () => number;
}

/** Set before `beat` is called, and changed by calling it again. */
export interface TaskAppConf {
  timezone: string | undefined;
  defaultQueue: string;
  beatSchedule: Record<string, BeatEntry>;
}

const CONF: OptionNames<TaskAppConf> = { timezone: true, defaultQueue: true, beatSchedule: true };

const DAY_SECONDS = 86_400;
const NEVER = new AbortController().signal;

/**
 * Tasks that are sent to workers and answer with a result, as Celery has them, over BullMQ.
 *
 * ```ts
 * await using app = new TaskApp({ broker: "redis://localhost" });
 * const add = app.task("add", (a: number, b: number) => a + b);
 * const result = await add.delay(40, 2);
 * await result.get({ timeoutMs: 5_000 }); // 42, once a worker (`app.worker().start()`, anywhere) has done it
 * ```
 *
 * Nothing connects before it is needed, and the process ends once the app is closed.
 */
export class TaskApp implements AsyncDisposable {
  readonly name: string;
  readonly conf: TaskAppConf;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly results: ResultBackend;
  readonly #options: TaskAppOptions;
  readonly #broker: Broker;
  readonly #tasks = new Map<string, RegisteredTask>();
  readonly #workers = new Set<TaskWorker>();
  #isClosed = false;

  constructor(options: TaskAppOptions) {
    checkKnown<TaskAppOptions>(options, OPTIONS, "TaskApp");
    if (options.timezone !== undefined) portableZone(options.timezone);
    this.#options = options;
    this.name = options.name ?? "tasks";
    this.clock = options.clock ?? systemClock();
    this.random = options.random ?? Math.random;
    this.logger = safeLogger(options.logger ?? defaultLogger);
    this.conf = checkedConf({
      timezone: options.timezone,
      defaultQueue: options.defaultQueue ?? "default",
      beatSchedule: {},
    });
    this.results = this.openResults("prompt");
    this.#broker = this.openBroker("prompt");
  }

  /** Registers a task; every worker that is to run it does the same, under the same name. */
  task<Args extends TaskArguments, R>(
    name: string,
    definition: TaskDefinition & { readonly bind: true },
    body: (self: BoundTask, ...args: Args) => R,
  ): Task<Args, Awaited<R>>;
  task<Args extends TaskArguments, R>(
    name: string,
    definition: TaskDefinition & { readonly bind?: false },
    body: (this: BoundTask, ...args: Args) => R,
  ): Task<Args, Awaited<R>>;
  task<Args extends TaskArguments, R>(
    name: string,
    body: (this: BoundTask, ...args: Args) => R,
    definition?: TaskDefinition & { readonly bind?: false },
  ): Task<Args, Awaited<R>>;
  task(name: string, one: TaskDefinition | TaskBody, other: TaskDefinition | TaskBody = {}): Task {
    const [body, definition] = typeof one === "function" ? [one, other as TaskDefinition] : [other as TaskBody, one];
    if (name === "") throw new TypeError("name: a task's name must not be empty");
    if (typeof body !== "function") throw new TypeError(`task ${name}: its body must be a function`);
    checkDefinition(name, definition);
    if (definition.rateLimit !== undefined) intervalOf(definition.rateLimit); // refuse it here, not at the worker
    const run: RegisteredTask["body"] = (self, args) =>
      definition.bind === true ? body.call(self, self, ...args) : body.apply(self, [...args]);
    this.#tasks.set(name, { name, definition, body: run });
    return this.#callable(name, definition, run);
  }

  /** The task of that name, when it is registered here. */
  registered(name: string): RegisteredTask | undefined {
    return this.#tasks.get(name);
  }

  /** Sends a task that need not be registered here. */
  async sendTask<Result = unknown>(name: string, options: ApplyOptions = {}): Promise<AsyncResult<Result>> {
    const message = this.message(name, options);
    await this.#publish(message);
    return new AsyncResult<Result>(message.id, this);
  }

  /** Sends the first of several that follow one another; answers the results in their order. */
  async sendChain(links: readonly Signature[]): Promise<AsyncResult[]> {
    const [first, ...rest] = links.map(({ task, args, options }) => this.message(task, { ...options, args }));
    if (first === undefined) throw new TypeError("chain: needs one task at least");
    const next = rest.map((message, at) => linkOf(message, links[at + 1]!.options));
    await this.#publish(rest.length === 0 ? first : { ...first, next });
    const results: AsyncResult[] = [];
    for (const { id } of [first, ...rest]) results.push(new AsyncResult(id, this, results.at(-1)));
    return results;
  }

  /** The result of a task that was sent by whomever, by its id. */
  AsyncResult<Result = unknown>(id: string): AsyncResult<Result> {
    return new AsyncResult<Result>(id, this);
  }

  /** A worker for this app's tasks, not started yet. */
  worker(options: TaskWorkerOptions = {}): TaskWorker {
    const worker = new TaskWorker(this, options, () => this.#workers.delete(worker));
    this.#workers.add(worker);
    return worker;
  }

  /**
   * Makes jobs of `conf.beatSchedule` in a scheduler, with the ids `beat:<app>:<name>`; those of entries that are gone are
   * removed, once no live process declares them. An entry that has not changed keeps its timetable over restarts. Call it
   * again after a change. Two apps of one name are one app; two that are open in one scheduler are refused.
   */
  beat(scheduler: BeatScheduler): Promise<void> {
    return keepBeat(this, scheduler);
  }

  /** Closes what the app has opened, its workers first: they finish what they run. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#workers].map((worker) => worker.close()));
    await this.#broker.close();
    await this.results.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** It may be opened again by its next call. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  // ── for its parts ───────────────────────────────────────────────────────────────────────────────────────────────

  /** The message that a call makes. Throws a NotSendableError that names the argument. */
  message(task: string, options: ApplyOptions): TaskMessage {
    checkApplyOptions(options);
    const nowMs = this.clock.now();
    const { args = [], kwargs, queue = this.#tasks.get(task)?.definition.queue ?? this.conf.defaultQueue } = options;
    const retryPolicy = retryOverride(options);
    return {
      id: options.taskId === undefined ? randomUUID() : checkedTaskId(options.taskId),
      task,
      args: args.map((arg, at) => sendable(arg, `${task}: args[${at}]`)),
      ...(kwargs === undefined ? {} : { kwargs: sendable(kwargs, `${task}: kwargs`) }),
      queue: checkedQueue(queue),
      eta: etaOf(options, nowMs),
      expires: expiryOf(options, nowMs),
      priority: options.priority ?? 0,
      retries: 0,
      silences: 0,
      ...(retryPolicy === undefined ? {} : { retryPolicy }),
    };
  }

  /** Callers want to hear soon that Redis is away; workers wait until it is back. */
  openBroker(manner: "prompt" | "patient"): Broker {
    const { broker, resultExpiresSeconds } = this.#options;
    const connection = manner === "prompt" ? promptConnection(broker) : patientConnection(broker);
    return new Broker(connection, this.prefix, resultExpiresSeconds ?? DAY_SECONDS, this.clock);
  }

  openResults(manner: "prompt" | "patient"): ResultBackend {
    const { broker, backend = broker, resultExpiresSeconds = DAY_SECONDS } = this.#options;
    return new ResultBackend({
      connection: manner === "prompt" ? promptConnection(backend) : persistentConnection(backend),
      listening: patientConnection(backend),
      prefix: this.prefix,
      expiresSeconds: resultExpiresSeconds,
      clock: this.clock,
    });
  }

  get brokerTarget(): RedisTarget {
    return this.#options.broker;
  }

  get prefix(): string {
    return this.name;
  }

  /** Takes a revoked task out of its queue; should that fail, a worker comes to it, sees REVOKED and lets it be. */
  async unqueue(id: string, queue: string | undefined): Promise<void> {
    const used = new Set([...(queue === undefined ? [] : [queue]), this.conf.defaultQueue, ...this.#broker.names]);
    const removed = await Promise.all([...used].map((name) => this.#broker.remove(name, id).catch(() => undefined)));
    await Promise.all(removed.map((message) => message && this.results.leavePlace(message.task, id).catch(() => "")));
    const links = removed.flatMap((message) => message?.next ?? []);
    await Promise.all(
      links.map((link) => this.results.revoked(link.id, new TaskRevokedError(`task ${id} before it was revoked`))),
    );
  }

  async #publish(message: TaskMessage): Promise<void> {
    const delayMs = message.eta === null ? 0 : message.eta - this.clock.now();
    if (message.eta !== null && delayMs > 0) {
      await this.results.scheduled(message.id, { queue: message.queue, eta: message.eta, task: message.task });
    }
    await this.#broker.add(message, delayMs);
  }

  #callable(name: string, definition: TaskDefinition, run: RegisteredTask["body"]): Task {
    const apply = (options: ApplyOptions = {}) => this.sendTask(name, options);
    const here = async (...args: TaskArguments) => run(this.#directly(name, definition, args), args);
    return Object.defineProperties(here, {
      name: { value: name },
      taskName: { value: name },
      definition: { value: definition },
      applyAsync: { value: apply },
      delay: { value: (...args: TaskArguments) => apply({ args }) },
      s: { value: (...args: TaskArguments) => signature(name, args) },
    }) as unknown as Task;
  }

  /** The `self` of a body that is called as a function: no queue, no retries. */
  #directly(task: string, definition: TaskDefinition, args: TaskArguments): BoundTask {
    const request = {
      ...{ id: null, task, args, kwargs: undefined, retries: 0, eta: null, expires: null, queue: null },
      redelivered: false,
      calledDirectly: true,
    };
    return new BoundTask(request, NEVER, { definition, override: {}, now: this.clock.now, random: this.random });
  }
}

/** A name that is not known is refused where it is set. */
function checkedConf(conf: TaskAppConf): TaskAppConf {
  return new Proxy(conf, {
    set(target, name, value) {
      checkKnown<TaskAppConf>({ [name]: value }, CONF, "conf");
      return Reflect.set(target, name, value);
    },
  });
}

type TaskBody = (this: BoundTask, ...args: TaskArguments) => unknown;

function retryOverride({ retries, maxRetries = retries, retryBackoff }: ApplyOptions): RetryOverride | undefined {
  if (maxRetries === undefined && retryBackoff === undefined) return undefined;
  return {
    ...(maxRetries === undefined ? {} : { maxRetries }),
    ...(retryBackoff === undefined ? {} : { retryBackoff }),
    ...(retries === undefined ? {} : { retryAny: true as const }),
  };
}

function linkOf(
  { id, task, args, kwargs, queue, priority, retryPolicy }: TaskMessage,
  options: ApplyOptions,
): ChainLink {
  return {
    ...{ id, task, args, queue, priority },
    ...(kwargs === undefined ? {} : { kwargs }),
    ...(retryPolicy === undefined ? {} : { retryPolicy }),
    ...linkTimesOf(options),
  };
}

function checkedQueue(name: string): string {
  if (name === "" || name.includes(":")) throw new TypeError(`queue: must not be empty or contain ":", is "${name}"`);
  return name;
}
