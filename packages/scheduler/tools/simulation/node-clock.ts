import type { Clock } from "../../src/core/clock.js";
import type { VirtualClock } from "../../src/simulation/virtual-clock.js";

/**
 * Clock of a process in a world. A paused process (SIGSTOP) fires its timers when it continues, a killed one never; its wall
 * clock may be wrong, its monotonic one is not.
 */
export class NodeClock implements Clock {
  #offsetMs = 0;
  #killed = false;
  #paused = false;
  #waiting: (() => void)[] = [];

  constructor(private readonly world: VirtualClock) {}

  now(): number {
    return this.world.now() + this.#offsetMs;
  }

  monotonic(): number {
    return this.world.monotonic();
  }

  setTimer(delayMs: number, callback: () => void): Disposable {
    let disposed = false;
    const timer = this.world.setTimer(delayMs, () => this.#deliver(() => disposed || callback()));
    return {
      [Symbol.dispose]: () => {
        disposed = true;
        timer[Symbol.dispose]();
      },
    };
  }

  step(byMs: number): void {
    this.#offsetMs += byMs;
  }

  kill(): void {
    this.#killed = true;
    this.#waiting = [];
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    for (const callback of this.#waiting.splice(0)) callback();
  }

  get isPaused(): boolean {
    return this.#paused;
  }

  get isKilled(): boolean {
    return this.#killed;
  }

  #deliver(callback: () => void): void {
    if (this.#killed) return;
    if (this.#paused) this.#waiting.push(callback);
    else callback();
  }
}
