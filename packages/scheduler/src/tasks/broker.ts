import type { Queue } from "bullmq";
import type { Clock } from "../core/clock.js";
import { thrownLine } from "../core/describe-thrown.js";
import { closeBull } from "../executors/close-bull.js";
import { loadBullmq } from "../executors/load-bullmq.js";
import type { RedisConnectionOptions } from "../executors/redis-target.js";
import { isNotPermitted } from "../redis-reply.js";
import type { TaskMessage } from "./message.js";
import { BrokerUnavailableError } from "./task-errors.js";

/** The queues of an app, opened as they are first used. */
export class Broker {
  readonly #queues = new Map<string, Queue<TaskMessage>>();

  constructor(
    private readonly connection: RedisConnectionOptions,
    private readonly prefix: string,
    private readonly keepFailedSeconds: number,
    private readonly clock: Clock,
  ) {}

  /** The names of the queues that were used. */
  get names(): readonly string[] {
    return [...this.#queues.keys()];
  }

  /**
   * Puts a task into its queue, for later when `delayMs` says so. A task whose id is there already is left as it is.
   * BullMQ keeps delayed tasks in a set of their own, without any visibility timeout: however long they wait, each is
   * handed out once.
   */
  async add(message: TaskMessage, delayMs: number): Promise<void> {
    try {
      await this.#queue(message.queue).add(message.task, message, {
        jobId: message.id,
        attempts: 1,
        priority: message.priority,
        ...(delayMs > 0 ? { delay: Math.ceil(delayMs) } : {}),
        removeOnComplete: true, // results are the backend's
        removeOnFail: { age: this.keepFailedSeconds, count: 1_000 },
      });
    } catch (error) {
      if (isNotPermitted(error)) this.#forget(message.queue);
      throw new BrokerUnavailableError(`task ${message.task} (${message.id}) was not taken: ${thrownLine(error)}`, {
        cause: error,
      });
    }
  }

  /** Takes a task out of its queue; undefined when it is not there or is running. */
  async remove(queue: string, id: string): Promise<TaskMessage | undefined> {
    const job = await this.#queue(queue).getJob(id);
    if (job === undefined || (await this.#queue(queue).remove(id)) !== 1) return undefined;
    return job.data;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#queues.values()].map((queue) => closeBull(queue, this.clock)));
    this.#queues.clear();
  }

  /** A connection of BullMQ's whose first command was refused stays refused; rights that are granted later need a new one. */
  #forget(name: string): void {
    const queue = this.#queues.get(name);
    this.#queues.delete(name);
    if (queue !== undefined) void closeBull(queue, this.clock).catch(() => {}); // it never was open
  }

  #queue(name: string): Queue<TaskMessage> {
    let queue = this.#queues.get(name);
    if (queue === undefined) {
      const bullmq = loadBullmq("TaskApp");
      queue = new bullmq.Queue<TaskMessage>(name, { connection: this.connection, prefix: this.prefix });
      queue.on("error", () => {}); // the calls that fail say so
      this.#queues.set(name, queue);
    }
    return queue;
  }
}
