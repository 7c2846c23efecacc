import { Worker } from "node:worker_threads";
import { type ForestNodes, growForest, type Training } from "@headline/ranking";

interface Waiting {
  readonly resolve: (forest: ForestNodes) => void;
  readonly training: Training;
}

const IS_SOURCE = import.meta.url.endsWith(".ts");
const WORKER = new URL(`./forest-worker${IS_SOURCE ? ".ts" : ".js"}`, import.meta.url);
/** A thread does not inherit what lets this one read TypeScript. */
const FROM_SOURCE = `import("tsx/esm/api").then(({ register }) => (register(), import(${JSON.stringify(WORKER.href)})))`;
const SOURCE_ARGV = ["--conditions=headline-source"];

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
    const worker = IS_SOURCE
      ? new Worker(FROM_SOURCE, { eval: true, execArgv: SOURCE_ARGV })
      : new Worker(WORKER, { execArgv: [] });
    worker.unref();
    worker.on("message", ({ id, forest }: { id: number; forest: ForestNodes }) => {
      this.#waiting.get(id)?.resolve(forest);
      this.#waiting.delete(id);
    });
    worker.on("error", (error) => this.#growHere(error));
    this.#worker = worker;
    return worker;
  }

  /** Callers get the same forest as ever, if later: growing draws its random numbers from the training's seed. */
  #growHere(error: unknown): void {
    this.onError(error);
    this.#worker = undefined;
    for (const [id, { resolve, training }] of this.#waiting) {
      this.#waiting.delete(id);
      resolve(growForest(training.set, training.options));
    }
  }
}
