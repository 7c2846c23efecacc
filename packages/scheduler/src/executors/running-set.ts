import type { Clock } from "../core/clock.js";

/** Running tasks of a worker, each with the controller of its signal. */
export class RunningSet {
  readonly #controllers = new Set<AbortController>();
  readonly #waiting: (() => void)[] = [];

  get size(): number {
    return this.#controllers.size;
  }

  add(controller: AbortController): void {
    this.#controllers.add(controller);
  }

  delete(controller: AbortController): void {
    this.#controllers.delete(controller);
    if (this.#controllers.size === 0) for (const resolve of this.#waiting.splice(0)) resolve();
  }

  abortAll(reason: Error): void {
    for (const controller of this.#controllers) controller.abort(reason);
  }

  /** Resolves when no task runs, or after `withinMs`. */
  idle({ withinMs, clock }: { withinMs: number; clock: Clock }): Promise<void> {
    if (this.#controllers.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = clock.setTimer(withinMs, resolve);
      this.#waiting.push(() => {
        timer[Symbol.dispose]();
        resolve();
      });
    });
  }
}
