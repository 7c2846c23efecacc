import type { Clock } from "@headline/scheduler";
import { closeBull, loadBullmq, type RedisConnectionOptions, redisFailure, thrownLine } from "@headline/scheduler/kit";
import type { Queue } from "bullmq";
import { BrokerUnavailableError } from "../core/task-errors.js";
import type { TaskMessage } from "./message.js";

interface OpenQueue {
  readonly queue: Queue<TaskMessage>;
  readonly refused: Promise<never>;
}

export interface BrokerOptions {
  readonly connection: RedisConnectionOptions;
  readonly prefix: string;
  /** Age of failed jobs in BullMQ's list, seconds. */
  readonly keepFailedSeconds: number;
  readonly clock: Clock;
}

/** Queues of an app in BullMQ, each opened at its first use. */
export class Broker {
  readonly #queues = new Map<string, OpenQueue>();

  constructor(private readonly options: BrokerOptions) {}

  /** Names of the queues in use. */
  get names(): readonly string[] {
    return [...this.#queues.keys()];
  }

  /**
   * Adds a task to its queue, delayed by `delayMs`. A task with a known id is left as it is. BullMQ keeps delayed tasks in a
   * sorted set without a visibility timeout: however long they wait, each is delivered once.
   */
  async add(message: TaskMessage, delayMs: number): Promise<void> {
    try {
      await this.#use(message.queue, (queue) =>
        queue.add(message.task, message, {
          jobId: message.id,
          attempts: 1,
          priority: message.priority,
          ...(delayMs > 0 ? { delay: Math.ceil(delayMs) } : {}),
          removeOnComplete: true, // the backend keeps results
          removeOnFail: { age: this.options.keepFailedSeconds, count: 1_000 },
        }),
      );
    } catch (error) {
      const { kind, text } = redisFailure(error);
      const reason = kind === "reach" ? thrownLine(error) : text;
      throw new BrokerUnavailableError(`task ${message.task} (${message.id}) was not taken: ${reason}`, {
        cause: error,
      });
    }
  }

  /** Removes a task from its queue and returns it; undefined when it is not there or runs. */
  async remove(queue: string, id: string): Promise<TaskMessage | undefined> {
    return this.#use(queue, async (bull) => {
      const job = await bull.getJob(id);
      if (job === undefined || (await bull.remove(id)) !== 1) return undefined;
      return job.data;
    });
  }

  /** Makes a delayed task due now, if it is there. */
  async promote(queue: string, id: string): Promise<void> {
    await this.#use(queue, async (bull) => {
      const job = await bull.getJob(id);
      if (job !== undefined && (await job.isDelayed())) await job.promote();
    });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#queues.values()].map(({ queue }) => closeBull(queue, this.options.clock)));
    this.#queues.clear();
  }

  /** Uses a queue; a refusal of Redis ends the call, for which BullMQ would wait without end. */
  async #use<T>(name: string, act: (queue: Queue<TaskMessage>) => Promise<T>): Promise<T> {
    const { queue, refused } = this.#open(name);
    try {
      return await Promise.race([act(queue), refused]);
    } catch (error) {
      if (isRefusal(error)) this.#forget(name);
      throw error;
    }
  }

  /** Closes a queue whose first command was refused: BullMQ keeps refusing on that connection, also after the right is granted. */
  #forget(name: string): void {
    const open = this.#queues.get(name);
    this.#queues.delete(name);
    if (open !== undefined) void closeBull(open.queue, this.options.clock).catch(() => {}); // never opened
  }

  #open(name: string): OpenQueue {
    let open = this.#queues.get(name);
    if (open === undefined) {
      const bullmq = loadBullmq("TaskApp");
      const queue = new bullmq.Queue<TaskMessage>(name, {
        connection: this.options.connection,
        prefix: this.options.prefix,
      });
      open = { queue, refused: refusalOf(queue) };
      this.#queues.set(name, open);
    }
    return open;
  }
}

/** Rejects with the first refusal of Redis; other errors reject the calls that they fail. */
function refusalOf(queue: Queue<TaskMessage>): Promise<never> {
  const refused = new Promise<never>((_, reject) => {
    queue.on("error", (error) => {
      if (isRefusal(error)) reject(error);
    });
  });
  refused.catch(() => {}); // between calls
  return refused;
}

function isRefusal(error: unknown): boolean {
  return redisFailure(error).kind !== "reach";
}
