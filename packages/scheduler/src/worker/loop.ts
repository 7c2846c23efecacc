import type { Clock } from "../core/clock.js";

/**
 * Repeats a duty: runs it, sleeps for the milliseconds it returned (0: not at all), and runs it again. Runs never overlap.
 * A wake-up during a run ends the next sleep at once.
 */
export class Loop {
  #isStopping = false;
  #isWoken = false;
  #endSleep: (() => void) | undefined;
  #running: Promise<void> | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly runOnce: () => number | Promise<number>,
  ) {}

  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** Starts the loop; its first run is `delayMs` from now. */
  start(delayMs = 0): void {
    this.#running ??= this.#run(delayMs);
  }

  wake(): void {
    this.#isWoken = true;
    this.#endSleep?.();
  }

  /** Resolves when the run under way has ended; there is no other. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.wake();
    await this.#running;
  }

  async #run(delayMs: number): Promise<void> {
    if (delayMs > 0) await this.#sleep(delayMs);
    while (!this.#isStopping) {
      const waitMs = await this.runOnce();
      if (waitMs > 0 && !this.#isStopping) await this.#sleep(waitMs);
    }
  }

  async #sleep(ms: number): Promise<void> {
    if (!this.#isWoken) {
      await new Promise<void>((resolve) => {
        const timer = this.clock.setTimer(ms, resolve);
        this.#endSleep = () => {
          timer[Symbol.dispose]();
          resolve();
        };
      });
      this.#endSleep = undefined;
    }
    this.#isWoken = false;
  }
}
