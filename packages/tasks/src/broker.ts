import type { Clock } from "@headline/scheduler";
import { closeBull, loadBullmq, type RedisConnectionOptions, redisFailure, thrownLine } from "@headline/scheduler/kit";
import type { Queue } from "bullmq";
import type { TaskMessage } from "./message.js";
import { BrokerUnavailableError } from "./task-errors.js";

interface OpenQueue {
  readonly queue: Queue<TaskMessage>;
  readonly refused: Promise<never>;
}

/** The queues of an app, opened as they are first used. */
export class Broker {
  readonly #queues = new Map<string, OpenQueue>();

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
      await this.#use(message.queue, (queue) =>
        queue.add(message.task, message, {
          jobId: message.id,
          attempts: 1,
          priority: message.priority,
          ...(delayMs > 0 ? { delay: Math.ceil(delayMs) } : {}),
          removeOnComplete: true, // results are the backend's
          removeOnFail: { age: this.keepFailedSeconds, count: 1_000 },
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

  /** Takes a task out of its queue; undefined when it is not there or is running. */
  async remove(queue: string, id: string): Promise<TaskMessage | undefined> {
    return this.#use(queue, async (bull) => {
      const job = await bull.getJob(id);
      if (job === undefined || (await bull.remove(id)) !== 1) return undefined;
      return job.data;
    });
  }

  /** Lets a delayed task begin now, if it is there. */
  async promote(queue: string, id: string): Promise<void> {
    await this.#use(queue, async (bull) => {
      const job = await bull.getJob(id);
      if (job !== undefined && (await job.isDelayed())) await job.promote();
    });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#queues.values()].map(({ queue }) => closeBull(queue, this.clock)));
    this.#queues.clear();
  }

  /** BullMQ waits for ever for a connection that Redis refuses: the refusal ends the call. */
  async #use<T>(name: string, act: (queue: Queue<TaskMessage>) => Promise<T>): Promise<T> {
    const { queue, refused } = this.#open(name);
    try {
      return await Promise.race([act(queue), refused]);
    } catch (error) {
      if (isRefusal(error)) this.#forget(name);
      throw error;
    }
  }

  /** A connection of BullMQ's whose first command was refused stays refused; rights that are granted later need a new one. */
  #forget(name: string): void {
    const open = this.#queues.get(name);
    this.#queues.delete(name);
    if (open !== undefined) void closeBull(open.queue, this.clock).catch(() => {}); // it never was open
  }

  #open(name: string): OpenQueue {
    let open = this.#queues.get(name);
    if (open === undefined) {
      const bullmq = loadBullmq("TaskApp");
      const queue = new bullmq.Queue<TaskMessage>(name, { connection: this.connection, prefix: this.prefix });
      open = { queue, refused: refusalOf(queue) };
      this.#queues.set(name, open);
    }
    return open;
  }
}

/** Rejects with the first error of the queue that waiting does not heal; other errors are those of the calls that fail. */
function refusalOf(queue: Queue<TaskMessage>): Promise<never> {
  const refused = new Promise<never>((_, reject) => {
    queue.on("error", (error) => {
      if (isRefusal(error)) reject(error);
    });
  });
  refused.catch(() => {}); // while no call is under way
  return refused;
}

function isRefusal(error: unknown): boolean {
  return redisFailure(error).kind !== "reach";
}
