import { randomUUID } from "node:crypto";
import type { Clock, Json, Logger } from "@headline/scheduler";
import { type RedisTarget, thrownLine } from "@headline/scheduler/kit";
import {
  type ApplyOptions,
  checkApplyOptions,
  checkedTaskId,
  etaOf,
  expiryOf,
  linksOf,
  type Signature,
} from "../core/apply-options.js";
import type { TaskDefinition } from "../core/definition.js";
import { sendable } from "../core/sendable.js";
import { BrokerUnavailableError } from "../core/task-errors.js";
import { queueOfTask, type TaskRoutes } from "../core/task-queue.js";
import type { TaskRegistry } from "../core/task-registry.js";
import type { TaskState } from "../core/task-state.js";
import type { TaskWorker, TaskWorkerOptions } from "../core/task-worker.js";
import type { Wire } from "../core/wire.js";
import { AmqpTransport, type QueueKind } from "./amqp-transport.js";
import { CallPublisher } from "./call-publisher.js";
import { CeleryWorker } from "./celery-worker.js";
import { CONTROL_EXCHANGE } from "./control-panel.js";
import { toIsoTime } from "./iso-time.js";
import { RedisTransport } from "./redis-transport.js";
import { CeleryResults } from "./results.js";
import type { WireSignature } from "./task-call.js";
import type { Transport } from "./transport.js";
import { jsonMessage } from "./wire-message.js";

interface CeleryWireOptions {
  /** Redis, or the URL of a RabbitMQ. */
  readonly broker: RedisTarget;
  /** Options of RabbitMQ's queues. */
  readonly queues: QueueKind;
  readonly backend: RedisTarget;
  readonly resultExpiresSeconds: number | null;
  readonly tasks: TaskRegistry;
  readonly conf: { readonly defaultQueue: string; readonly taskRoutes: TaskRoutes };
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

type Manner = "prompt" | "patient";

/** Wire of Celery: message protocol 2, its results and its control commands, shared with Python programs. */
export class CeleryWire implements Wire {
  readonly results: CeleryResults;
  readonly #transport: Transport;
  readonly #publisher: CallPublisher;

  constructor(private readonly options: CeleryWireOptions) {
    this.results = this.#openResults("prompt");
    this.#transport = this.#openTransport("prompt");
    this.#publisher = this.#openPublisher(this.#transport, this.results);
  }

  async send(task: string, options: ApplyOptions): Promise<string> {
    const signature = this.#freeze(task, options);
    await this.#apply(signature);
    return idOf(signature);
  }

  async sendChain(links: readonly Signature[]): Promise<readonly string[]> {
    if (links.length === 0) throw new TypeError("chain: needs one task at least");
    const tasks = links.map((link) => this.#frozen(link));
    await this.#apply(composed("chain", { tasks }));
    return tasks.map(idOf);
  }

  async sendChord(header: readonly Signature[], body: Signature): Promise<string> {
    if (header.length === 0) throw new TypeError("chord: its header needs one task at least");
    const tasks = header.map((member) => this.#frozen(member));
    const last = this.#frozen(body);
    await this.#apply(composed("chord", { header: composed("group", { tasks }), body: last }));
    return idOf(last);
  }

  /** Asks all workers to revoke a call; the first of them that receives it, or has it, ends it as REVOKED. */
  async revoke(id: string, terminate: boolean): Promise<TaskState> {
    const args = { task_id: id, terminate, signal: "SIGTERM" };
    const command = { method: "revoke", arguments: args, destination: null, pattern: null, matcher: null };
    await this.#transport.broadcast(CONTROL_EXCHANGE, "", jsonMessage(command, { clock: 1, expires: 0 }));
    return this.results.state(id);
  }

  checkDefinition(name: string, { overlap }: TaskDefinition): void {
    if (overlap !== undefined)
      throw new TypeError(`task "${name}": overlap: Celery's protocol has no such rule; use protocol "bullmq" for it`);
  }

  worker(options: TaskWorkerOptions, onClosed: () => void): TaskWorker {
    const [transport, results] = [this.#openTransport("patient"), this.#openResults("patient")];
    const publisher = this.#openPublisher(transport, results);
    return new CeleryWorker({ ...this.options, transport, results, publisher }, options, onClosed);
  }

  async close(): Promise<void> {
    await this.#transport.close();
    await this.results.close();
  }

  async #apply(signature: WireSignature): Promise<void> {
    try {
      await this.#publisher.apply(signature);
    } catch (error) {
      throw new BrokerUnavailableError(`task ${signature.task} was not taken: ${thrownLine(error)}`, { cause: error });
    }
  }

  #frozen({ task, args, options, isImmutable }: Signature): WireSignature {
    return this.#freeze(task, { ...options, args }, isImmutable);
  }

  /** Signature of a call, with its id. */
  #freeze(task: string, options: ApplyOptions, immutable = false): WireSignature {
    checkApplyOptions(options);
    refuseRetryOptions(options);
    const { tasks, conf } = this.options;
    const { args = [], kwargs, priority, taskId } = options;
    const { queue = queueOfTask(task, kwargs, { tasks, conf }) } = options;
    const [link, linkError] = [linksOf(options.link), linksOf(options.linkError)];
    return {
      task,
      args: args.map((arg, at) => sendable(arg, `${task}: args[${at}]`)),
      kwargs: kwargs === undefined ? {} : (sendable(kwargs, `${task}: kwargs`) as Record<string, Json>),
      options: {
        task_id: taskId === undefined ? randomUUID() : checkedTaskId(taskId),
        queue,
        ...(priority === undefined ? {} : { priority }),
        ...(link.length === 0 ? {} : { link: link.map((each) => this.#frozen(each)) }),
        ...(linkError.length === 0 ? {} : { link_error: linkError.map((each) => this.#frozen(each)) }),
        ...this.#timesOf(options),
      },
      subtask_type: null,
      immutable,
    };
  }

  /** Times of a call: durations stay durations, which count from when it is sent, as a link of a chain too. */
  #timesOf(options: ApplyOptions): Readonly<Record<string, string | number>> {
    const { countdown, eta, expires } = options;
    const nowMs = this.options.clock.now();
    const [startsAt, endsAt] = [etaOf(options, nowMs), expiryOf(options, nowMs)];
    return {
      ...(eta === undefined || startsAt === null ? {} : { eta: toIsoTime(startsAt) }),
      ...(countdown === undefined || eta !== undefined ? {} : { countdown }),
      ...(typeof expires === "number" ? { expires } : {}),
      ...(typeof expires === "object" && endsAt !== null ? { expires: toIsoTime(endsAt) } : {}),
    };
  }

  #openTransport(manner: Manner): Transport {
    const { broker, queues, clock, logger } = this.options;
    if (isAmqp(broker)) return new AmqpTransport({ url: broker, manner, queues, clock, logger });
    return new RedisTransport({ target: broker, manner, clock, logger });
  }

  #openResults(manner: Manner): CeleryResults {
    const { backend, resultExpiresSeconds, clock } = this.options;
    return new CeleryResults({ target: backend, manner, expiresSeconds: resultExpiresSeconds, clock });
  }

  #openPublisher(transport: Transport, results: CeleryResults): CallPublisher {
    const { tasks, conf, clock } = this.options;
    const queueOf = (task: string) => queueOfTask(task, undefined, { tasks, conf });
    return new CallPublisher({ transport, results, queueOf, clock });
  }
}

/** Whether a broker is a RabbitMQ, by its URL. */
export function isAmqp(broker: RedisTarget): broker is string {
  return typeof broker === "string" && /^amqps?:\/\//.test(broker);
}

const RETRY_OPTIONS = ["retries", "maxRetries", "retryBackoff"] as const;

function refuseRetryOptions(options: ApplyOptions): void {
  for (const name of RETRY_OPTIONS)
    if (options[name] !== undefined)
      throw new TypeError(`${name}: a message of Celery cannot carry it; set it in the definition of the task`);
}

function composed(kind: "chain" | "group" | "chord", kwargs: Readonly<Record<string, unknown>>): WireSignature {
  return { task: `celery.${kind}`, args: [], kwargs, options: {}, subtask_type: kind, immutable: false };
}

function idOf({ options }: WireSignature): string {
  return String(options?.["task_id"]);
}
