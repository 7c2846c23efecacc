import type { Clock, Logger } from "@headline/scheduler";
import type { RedisTarget } from "@headline/scheduler/kit";
import type { TaskDefinition } from "../core/definition.js";
import type { TaskRoutes } from "../core/task-queue.js";
import type { TaskRegistry } from "../core/task-registry.js";
import type { TaskWorker, TaskWorkerOptions } from "../core/task-worker.js";
import type { Wire } from "../core/wire.js";
import { Connections } from "./connections.js";
import { TaskSender } from "./sender.js";
import { BullTaskWorker } from "./task-worker.js";

interface BullWireOptions {
  readonly broker: RedisTarget;
  readonly backend: RedisTarget;
  /** Begins every key of the app. */
  readonly prefix: string;
  readonly resultExpiresSeconds: number | null;
  readonly tasks: TaskRegistry;
  readonly conf: { readonly defaultQueue: string; readonly taskRoutes: TaskRoutes };
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

/** Wire of BullMQ: queues, locks and delays are its own; results are hashes in Redis. */
export class BullWire extends TaskSender implements Wire {
  readonly #connections: Connections;

  constructor(private readonly parts: BullWireOptions) {
    const connections = new Connections(parts);
    super({ ...parts, connections });
    this.#connections = connections;
  }

  checkDefinition(name: string, { deadLetterQueue }: TaskDefinition): void {
    if (deadLetterQueue !== undefined)
      throw new TypeError(`task "${name}": deadLetterQueue: needs protocol "celery"; BullMQ keeps failed jobs itself`);
  }

  worker(options: TaskWorkerOptions, onClosed: () => void): TaskWorker {
    return new BullTaskWorker({ ...this.parts, connections: this.#connections }, options, onClosed);
  }
}
