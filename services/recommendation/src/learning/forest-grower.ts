import { Worker } from "node:worker_threads";
import { type ForestNodes, growForest, type Training } from "@headline/ranking";

interface Waiting {
  readonly resolve: (forest: ForestNodes) => void;
  readonly training: Training;
}

/** From sources, the worker's own imports are TypeScript as well. */
const IS_SOURCE = import.meta.url.endsWith(".ts");
const WORKER = new URL(`./forest-worker${IS_SOURCE ? ".ts" : ".js"}`, import.meta.url);
const EXEC_ARGV = IS_SOURCE ? ["--import", "tsx", "--conditions=source"] : [];

/** Grows forests in a thread of its own. Should that thread die, it grows what was asked for here. */
export class ForestGrower implements AsyncDisposable {
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #count = 0;

  constructor(private readonly onError: (error: unknown) => void) {}

  grow(training: Training): Promise<ForestNodes> {
    return new Promise((resolve) => {
      const id = this.#count++;
      this.#waiting.set(id, { resolve, training });
      this.#running().postMessage({ id, training });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#waiting.clear();
    await this.#worker?.terminate();
  }

  #running(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(WORKER, { execArgv: EXEC_ARGV });
    worker.unref();
    worker.on("message", ({ id, forest }: { id: number; forest: ForestNodes }) => {
      this.#waiting.get(id)?.resolve(forest);
      this.#waiting.delete(id);
    });
    worker.on("error", (error) => this.#growHere(error));
    this.#worker = worker;
    return worker;
  }

  /** Whoever waits gets the same forest as ever, if later: growing draws its random numbers from the training's seed. */
  #growHere(error: unknown): void {
    this.onError(error);
    this.#worker = undefined;
    for (const [id, { resolve, training }] of this.#waiting) {
      this.#waiting.delete(id);
      resolve(growForest(training.set, training.options));
    }
  }
}
