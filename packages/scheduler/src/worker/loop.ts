import type { Clock } from "../core/clock.js";

/** A sleep that can be cut short: one timer, one waiter. A wake-up that comes while nobody sleeps ends the next sleep at once. */
export class Pacer {
  #woken = false;
  #wake: (() => void) | undefined;

  constructor(private readonly clock: Clock) {}

  wake(): void {
    this.#woken = true;
    this.#wake?.();
  }

  async sleep(ms: number): Promise<void> {
    if (!this.#woken) {
      await new Promise<void>((resolve) => {
        const timer = this.clock.setTimer(Math.max(0, ms), resolve);
        this.#wake = () => {
          timer[Symbol.dispose]();
          resolve();
        };
      });
      this.#wake = undefined;
    }
    this.#woken = false;
  }
}
