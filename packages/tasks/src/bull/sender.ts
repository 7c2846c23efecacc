import { randomUUID } from "node:crypto";
import type { Clock } from "@headline/scheduler";
import {
  type ApplyOptions,
  checkApplyOptions,
  checkedTaskId,
  etaOf,
  expiryOf,
  linksOf,
  linkTimesOf,
  type Signature,
} from "../core/apply-options.js";
import type { RetryOverride } from "../core/bound-task.js";
import { sendable } from "../core/sendable.js";
import { TaskRevokedError } from "../core/task-errors.js";
import { queueOfTask, type TaskRoutes } from "../core/task-queue.js";
import type { TaskRegistry } from "../core/task-registry.js";
import type { TaskState } from "../core/task-state.js";
import type { Broker } from "./broker.js";
import type { Connections } from "./connections.js";
import type { ChainLink, TaskMessage } from "./message.js";
import type { ResultBackend } from "./result-backend.js";

interface SenderOptions {
  readonly connections: Connections;
  /** Tasks with a queue of their own; a task that is sent need not be among them. */
  readonly tasks: TaskRegistry;
  readonly conf: { readonly defaultQueue: string; readonly taskRoutes: TaskRoutes };
  readonly clock: Clock;
}

/** Sends calls to their queues and takes revoked ones back. */
export class TaskSender implements AsyncDisposable {
  readonly results: ResultBackend;
  readonly #broker: Broker;

  constructor(private readonly options: SenderOptions) {
    this.results = options.connections.openResults("prompt");
    this.#broker = options.connections.openBroker("prompt");
  }

  /** Sends a call; returns its id. Throws a NotSendableError that names the argument, or a BrokerUnavailableError. */
  async send(task: string, options: ApplyOptions): Promise<string> {
    const message = this.#message(task, options);
    await this.#publish(message);
    return message.id;
  }

  /** Sends the first link of a chain, with the others in its message; returns all ids in order. */
  async sendChain(links: readonly Signature[]): Promise<readonly string[]> {
    const [first, ...rest] = links.map(({ task, args, options }) => this.#message(task, { ...options, args }));
    if (first === undefined) throw new TypeError("chain: needs one task at least");
    const next = rest.map((message, at) => linkOf(message, links[at + 1]!));
    await this.#publish(rest.length === 0 ? first : { ...first, next });
    return [first, ...rest].map(({ id }) => id);
  }

  /** Sends the calls of a chord's header, each with the body in its message. */
  async sendChord(header: readonly Signature[], body: Signature): Promise<string> {
    if (header.length === 0) throw new TypeError("chord: its header needs one task at least");
    const last = this.#message(body.task, { ...body.options, args: body.args });
    const part = { id: randomUUID(), size: header.length, body: linkOf(last, body) };
    const messages = header.map(({ task, args, options }, index) => {
      return { ...this.#message(task, { ...options, args }), chord: { ...part, index } };
    });
    await Promise.all(messages.map((message) => this.#publish(message)));
    return last.id;
  }

  /** Revokes a call; before its start it leaves its queue. */
  async revoke(id: string, terminate: boolean): Promise<TaskState> {
    const reason = new TaskRevokedError(terminate ? "terminated" : "revoked");
    const { state, queue } = await this.results.revoke(id, terminate, reason);
    if (state === "REVOKED") await this.#unqueue(id, queue);
    return state;
  }

  /** Removes a revoked call from its queue, and revokes the links behind it. Without Redis a worker finds it REVOKED and skips it. */
  async #unqueue(id: string, queue: string | undefined): Promise<void> {
    const { defaultQueue } = this.options.conf;
    const queues = new Set([...(queue === undefined ? [] : [queue]), defaultQueue, ...this.#broker.names]);
    const removed = await Promise.all([...queues].map((name) => this.#broker.remove(name, id).catch(() => undefined)));
    await Promise.all(removed.map((message) => message && this.results.releaseLease(message.task, id).catch(() => "")));
    const links = removed.flatMap((message) => [
      ...(message?.next ?? []),
      ...(message?.chord ? [message.chord.body] : []),
    ]);
    const reason = new TaskRevokedError(`task ${id} before it was revoked`);
    await Promise.all(links.map((link) => this.results.revoked(link.id, reason)));
  }

  async close(): Promise<void> {
    await this.#broker.close();
    await this.results.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #message(task: string, options: ApplyOptions): TaskMessage {
    checkApplyOptions(options);
    const { tasks, conf, clock } = this.options;
    const nowMs = clock.now();
    const { args = [], kwargs, queue = queueOfTask(task, kwargs, { tasks, conf }) } = options;
    const retryPolicy = retryOverride(options);
    const [links, errorLinks] = [this.#links(options.link), this.#links(options.linkError)];
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
      ...(links.length === 0 ? {} : { links }),
      ...(errorLinks.length === 0 ? {} : { errorLinks }),
    };
  }

  #links(link: ApplyOptions["link"]): readonly ChainLink[] {
    return linksOf(link).map((each) => linkOf(this.#message(each.task, { ...each.options, args: each.args }), each));
  }

  async #publish(message: TaskMessage): Promise<void> {
    const { id, queue, task, eta } = message;
    const delayMs = eta === null ? 0 : eta - this.options.clock.now();
    if (eta !== null && delayMs > 0) await this.results.scheduled(id, { queue, eta, task });
    await this.#broker.add(message, delayMs);
  }
}

function retryOverride({ retries, maxRetries = retries, retryBackoff }: ApplyOptions): RetryOverride | undefined {
  if (maxRetries === undefined && retryBackoff === undefined) return undefined;
  return {
    ...(maxRetries === undefined ? {} : { maxRetries }),
    ...(retryBackoff === undefined ? {} : { retryBackoff }),
    ...(retries === undefined ? {} : { retryAny: true as const }),
  };
}

function linkOf(
  { id, task, args, kwargs, queue, priority, retryPolicy, links, errorLinks }: TaskMessage,
  { options, isImmutable }: Signature,
): ChainLink {
  return {
    ...{ id, task, args, queue, priority },
    ...(kwargs === undefined ? {} : { kwargs }),
    ...(retryPolicy === undefined ? {} : { retryPolicy }),
    ...(links === undefined ? {} : { links }),
    ...(errorLinks === undefined ? {} : { errorLinks }),
    ...(isImmutable ? { immutable: true as const } : {}),
    ...linkTimesOf(options),
  };
}

function checkedQueue(name: string): string {
  if (name === "" || name.includes(":")) throw new TypeError(`queue: must not be empty or contain ":", is "${name}"`);
  return name;
}
