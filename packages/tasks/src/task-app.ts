import { type Clock, type Logger, systemClock } from "@headline/scheduler";
import {
  checkKnown,
  checkNumbers,
  defaultLogger,
  type OptionNames,
  portableZone,
  type RedisTarget,
  safeLogger,
} from "@headline/scheduler/kit";
import { type BeatEntry, type BeatScheduler, declareBeat } from "./beat.js";
import { BullWire } from "./bull/bull-wire.js";
import { CeleryWire, isAmqp } from "./celery/celery-wire.js";
import type { ApplyOptions, Signature } from "./core/apply-options.js";
import { AsyncResult } from "./core/async-result.js";
import { BoundTask } from "./core/bound-task.js";
import { checkDefinition, intervalOf, type TaskDefinition } from "./core/definition.js";
import { mapTasks } from "./core/map-task.js";
import { signature } from "./core/signature.js";
import type { Task, TaskArguments } from "./core/task.js";
import type { TaskRoutes } from "./core/task-queue.js";
import type { RegisteredTask } from "./core/task-registry.js";
import type { TaskWorker, TaskWorkerOptions } from "./core/task-worker.js";
import type { Wire } from "./core/wire.js";

const OPTIONS: OptionNames<TaskAppOptions> = {
  broker: true,
  backend: true,
  protocol: true,
  queueType: true,
  maxPriority: true,
  name: true,
  timezone: true,
  resultExpiresSeconds: true,
  defaultQueue: true,
  logger: true,
  clock: true,
  random: true,
};

/** Options of an app. */
export interface TaskAppOptions {
  /**
   * Redis of the queues: a URL, ioredis options, or a client whose options are used. It must not evict (noeviction). Or the URL
   * of a RabbitMQ, `amqp://user:password@host:5672/vhost`, which needs `rabbitmq-client` and a `backend`.
   */
  readonly broker: RedisTarget;
  /** Redis of states and results; the broker by default. It must not evict either. */
  readonly backend?: RedisTarget;
  /**
   * Wire to the workers. "bullmq" (default with Redis): this package's own, over BullMQ. "celery": Celery's message protocol 2 and result
   * keys, which Python programs with Celery share.
   */
  readonly protocol?: "bullmq" | "celery";
  /** RabbitMQ: type of the queues that are declared. Default "classic", as Celery declares them. */
  readonly queueType?: "classic" | "quorum";
  /** RabbitMQ: highest priority of classic queues, at which Celery has to declare them as well; there a higher one comes first. */
  readonly maxPriority?: number;
  /** Prefix of all keys, which separates several apps in one Redis; Celery's keys have none. Default "tasks". */
  readonly name?: string;
  /** Time zone of beat schedules; that of the machine by default. */
  readonly timezone?: string;
  /** Lifetime of results; null keeps them for ever. Default a day. */
  readonly resultExpiresSeconds?: number | null;
  /** Queue of tasks and calls that name none. Default "default"; with Celery's protocol "celery", as there. */
  readonly defaultQueue?: string;
  readonly logger?: Logger;
  readonly clock?: Clock;
  readonly random?: () => number;
}

/** Settings of an app that may change; `beat` reads them at each call. */
export interface TaskAppConf {
  timezone: string | undefined;
  defaultQueue: string;
  beatSchedule: Record<string, BeatEntry>;
  /** Queues of tasks whose definition names none: `{ "mail.*": { queue: "mail" } }`. */
  taskRoutes: TaskRoutes;
}

const CONF: OptionNames<TaskAppConf> = { timezone: true, defaultQueue: true, beatSchedule: true, taskRoutes: true };

const DAY_SECONDS = 86_400;
const NEVER = new AbortController().signal;

/**
 * Registers tasks, sends calls to workers and returns their results, as Celery's app does, over BullMQ. Nothing connects
 * before it is needed, and the process ends once the app is closed.
 *
 * @example
 * ```ts
 * import { TaskApp } from "@headline/tasks";
 *
 * const app = new TaskApp({ broker: "redis://127.0.0.1:6379" });
 * const add = app.task("add", (a: number, b: number) => a + b);
 * await app.worker().start(); // here or in any other process
 * const result = await add.delay(40, 2);
 * console.log(await result.get({ timeoutMs: 5_000 })); // 42
 * await app.close();
 * ```
 */
export class TaskApp implements AsyncDisposable {
  readonly name: string;
  readonly conf: TaskAppConf;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly #wire: Wire;
  readonly #tasks = new Map<string, RegisteredTask>();
  readonly #workers = new Set<TaskWorker>();
  #isClosed = false;

  constructor(options: TaskAppOptions) {
    checkKnown<TaskAppOptions>(options, OPTIONS, "TaskApp");
    const { broker, name = "tasks", timezone, queueType = "classic", maxPriority } = options;
    const { protocol = isAmqp(broker) ? "celery" : "bullmq" } = options;
    const backend = checkedBackend(options, protocol);
    checkNumbers<TaskAppOptions>(options, { maxPriority: "whole" });
    const { defaultQueue = protocol === "celery" ? "celery" : "default" } = options;
    if (protocol !== "bullmq" && protocol !== "celery")
      throw new TypeError(`protocol: must be "bullmq" or "celery", is ${JSON.stringify(protocol)}`);
    if (timezone !== undefined) portableZone(timezone);
    this.name = name;
    this.clock = options.clock ?? systemClock();
    this.random = options.random ?? Math.random;
    this.logger = safeLogger(options.logger ?? defaultLogger);
    this.conf = checkedConf({ timezone, defaultQueue, beatSchedule: {}, taskRoutes: {} });
    const { resultExpiresSeconds = DAY_SECONDS } = options;
    for (const task of mapTasks(this.#tasks)) this.#tasks.set(task.name, task);
    const { clock, random, logger, conf } = this;
    const parts = { broker, backend, resultExpiresSeconds, tasks: this.#tasks, clock, random, logger, conf };
    this.#wire =
      protocol === "celery"
        ? new CeleryWire({ ...parts, queues: { type: queueType, maxPriority } })
        : new BullWire({ ...parts, prefix: name });
  }

  /**
   * Registers a task; every worker that runs it registers it under the same name.
   *
   * @example
   * ```ts
   * import { TaskApp } from "@headline/tasks";
   *
   * const app = new TaskApp({ broker: "redis://127.0.0.1:6379" });
   * const download = app.task("download", { bind: true, acksLate: true, maxRetries: 5 }, async (self, url: string) => {
   *   const response = await fetch(url, { signal: self.signal });
   *   if (!response.ok) throw self.retry({ countdown: 60 });
   *   return response.text();
   * });
   * console.log(download.taskName); // download
   * ```
   */
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
  task(name: string, first: TaskDefinition | TaskBody, second: TaskDefinition | TaskBody = {}): Task {
    const [body, definition] =
      typeof first === "function" ? [first, second as TaskDefinition] : [second as TaskBody, first];
    if (name === "") throw new TypeError("name: a task's name must not be empty");
    if (typeof body !== "function") throw new TypeError(`task ${name}: its body must be a function`);
    checkDefinition(name, definition);
    if (definition.rateLimit !== undefined) intervalOf(definition.rateLimit); // refused here, not at the worker
    this.#wire.checkDefinition(name, definition);
    const run: RegisteredTask["body"] = (self, args) =>
      definition.bind === true ? body.call(self, self, ...args) : body.apply(self, [...args]);
    this.#tasks.set(name, { name, definition, body: run });
    return this.#callable(name, definition, run);
  }

  /** Sends a call of a task that need not be registered here. */
  async sendTask<Result = unknown>(name: string, options: ApplyOptions = {}): Promise<AsyncResult<Result>> {
    return this.AsyncResult<Result>(await this.#wire.send(name, options));
  }

  /** Sends the first of several calls that follow one another; returns the results in their order. */
  async sendChain(links: readonly Signature[]): Promise<AsyncResult[]> {
    const results: AsyncResult[] = [];
    for (const id of await this.#wire.sendChain(links)) results.push(new AsyncResult(id, this.#wire, results.at(-1)));
    return results;
  }

  /** Sends calls, the last of which to end sends the body with their results; returns the body's result. */
  async sendChord(header: readonly Signature[], body: Signature): Promise<AsyncResult> {
    return this.AsyncResult(await this.#wire.sendChord(header, body));
  }

  /** Returns the handle of a sent task by its id, whichever process sent it. */
  AsyncResult<Result = unknown>(id: string): AsyncResult<Result> {
    return new AsyncResult<Result>(id, this.#wire);
  }

  /** Makes a worker for this app's tasks; `start` or `run` starts it. */
  worker(options: TaskWorkerOptions = {}): TaskWorker {
    const worker = this.#wire.worker(options, () => this.#workers.delete(worker));
    this.#workers.add(worker);
    return worker;
  }

  /**
   * Declares `conf.beatSchedule` as jobs of a scheduler, with the ids `beat:<app>:<name>`; those of entries that are gone are
   * removed, once no live process declares them. An entry that has not changed keeps its timetable over restarts. Call it
   * again after a change. Two apps of one name are one app; two that are open in one scheduler are refused.
   *
   * @example
   * ```ts
   * import { Scheduler } from "@headline/scheduler";
   * import { TaskApp } from "@headline/tasks";
   *
   * const app = new TaskApp({ broker: "redis://127.0.0.1:6379" });
   * app.conf.beatSchedule = { digest: { task: "digest", schedule: { crontab: { hour: 7, minute: 30 } } } };
   * const scheduler = new Scheduler({ timezone: "UTC" });
   * await app.beat(scheduler);
   * console.log((await scheduler.getJobs()).map(({ id }) => id)); // [ 'beat:tasks:digest' ]
   * ```
   */
  beat(scheduler: BeatScheduler): Promise<void> {
    return declareBeat(this, scheduler);
  }

  /** Closes what the app has opened, its workers first: they finish what they run. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#workers].map((worker) => worker.close()));
    await this.#wire.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Whether `close` was called; the next call opens the app again. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  #callable(name: string, definition: TaskDefinition, run: RegisteredTask["body"]): Task {
    const apply = (options: ApplyOptions = {}) => this.sendTask(name, options);
    const here = async (...args: TaskArguments) => run(this.#boundDirectly(name, definition, args), args);
    return Object.defineProperties(here, {
      name: { value: name },
      taskName: { value: name },
      definition: { value: definition },
      applyAsync: { value: apply },
      delay: { value: (...args: TaskArguments) => apply({ args }) },
      s: { value: (...args: TaskArguments) => signature(name, args) },
      si: { value: (...args: TaskArguments) => signature(name, args).immutable() },
    }) as unknown as Task;
  }

  /** Makes the `self` of a body that is called as a function: without queue and retries. */
  #boundDirectly(task: string, definition: TaskDefinition, args: TaskArguments): BoundTask {
    const request = {
      ...{ id: null, task, args, kwargs: undefined, retries: 0, eta: null, expires: null, queue: null },
      redelivered: false,
      calledDirectly: true,
    };
    return new BoundTask(request, NEVER, { definition, override: {}, now: this.clock.now, random: this.random });
  }
}

/** Returns the Redis of the results, or throws when there is none for this broker. */
function checkedBackend({ broker, backend, queueType }: TaskAppOptions, protocol: string): RedisTarget {
  if (!isAmqp(broker)) return backend ?? broker;
  if (protocol !== "celery") throw new TypeError('protocol: over RabbitMQ it is "celery"; BullMQ needs Redis');
  if (backend === undefined || isAmqp(backend))
    throw new TypeError("backend: needs a Redis for the results beside RabbitMQ");
  if (queueType !== undefined && queueType !== "classic" && queueType !== "quorum")
    throw new TypeError(`queueType: must be "classic" or "quorum", is ${JSON.stringify(queueType)}`);
  return backend;
}

/** Refuses an unknown name where it is set. */
function checkedConf(conf: TaskAppConf): TaskAppConf {
  return new Proxy(conf, {
    set(target, name, value) {
      checkKnown<TaskAppConf>({ [name]: value }, CONF, "conf");
      return Reflect.set(target, name, value);
    },
  });
}

type TaskBody = (this: BoundTask, ...args: TaskArguments) => unknown;
