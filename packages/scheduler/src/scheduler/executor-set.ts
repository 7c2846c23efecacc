import { JobSpecError } from "../core/errors.js";
import type { Executor, ExecutorContext } from "../core/executor.js";
import { closeQuietly } from "./close-quietly.js";

/** Executors of a scheduler by alias. */
export class ExecutorSet {
  readonly #executors = new Map<string, Executor>();
  readonly #started = new Set<Executor>();

  constructor(
    private readonly context: Omit<ExecutorContext, "alias">,
    private readonly onCapacity: () => void,
  ) {}

  has(alias: string): boolean {
    return this.#executors.has(alias);
  }

  get(alias: string): Executor | undefined {
    return this.#executors.get(alias);
  }

  entries(): Iterable<[string, Executor]> {
    return this.#executors.entries();
  }

  /** Adds an executor; with `start`, only when it starts. */
  async add(alias: string, executor: Executor, { start }: { start: boolean }): Promise<void> {
    if (this.has(alias)) throw new JobSpecError("alias", `there is an executor "${alias}" already`);
    if (start) await this.#start(alias, executor);
    this.set(alias, executor);
  }

  set(alias: string, executor: Executor): void {
    this.#executors.set(alias, executor);
  }

  async remove(alias: string, { wait }: { wait: boolean }): Promise<void> {
    const executor = this.get(alias);
    if (executor === undefined) throw new JobSpecError("alias", `there is no executor "${alias}"`);
    this.#executors.delete(alias);
    this.#started.delete(executor);
    await executor.shutdown({ wait });
  }

  async start(): Promise<void> {
    for (const [alias, executor] of this.#executors) await this.#start(alias, executor);
  }

  /** Shuts down the executors that were started. */
  async shutdown({ wait }: { wait: boolean }): Promise<void> {
    const started = [...this.#started];
    this.#started.clear();
    const { logger } = this.context;
    await Promise.all(started.map((executor) => closeQuietly(logger, () => executor.shutdown({ wait }))));
  }

  /** Starts an executor; one that fails to start is shut down, because it may have opened connections. */
  async #start(alias: string, executor: Executor): Promise<void> {
    try {
      await executor.start({ ...this.context, alias });
    } catch (error) {
      await closeQuietly(this.context.logger, () => executor.shutdown({ wait: false }));
      throw error;
    }
    this.#started.add(executor);
    executor.onCapacity = this.onCapacity;
  }
}
