import type { Clock } from "../core/clock.js";

interface Timer {
  readonly dueAt: number;
  readonly order: number;
  readonly callback: () => void;
  dead: boolean;
}

/**
 * Clock of tests, which moves by `advance` alone. Timers fire in the order of their moments, then of their creation; the
 * promises that a timer starts settle before the next one fires.
 *
 * @example
 * ```ts
 * import { cron, Scheduler } from "@headline/scheduler";
 * import { VirtualClock } from "@headline/scheduler/simulation";
 *
 * const clock = new VirtualClock(Date.UTC(2030, 0, 7, 8));
 * const scheduler = new Scheduler({ clock, timezone: "UTC" });
 * const runs: string[] = [];
 * await scheduler.start();
 * await scheduler.addJob({ func: () => runs.push(new Date(clock.now()).toISOString()), trigger: cron({ hour: 9 }) });
 * await clock.advance(48 * 3_600_000);
 * console.log(runs); // [ '2030-01-07T09:00:00.000Z', '2030-01-08T09:00:00.000Z' ]
 * await scheduler.shutdown();
 * ```
 */
export class VirtualClock implements Clock {
  #nowMs: number;
  #elapsedMs = 0;
  #order = 0;
  #timers: Timer[] = [];

  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonic(): number {
    return this.#elapsedMs;
  }

  setTimer(delayMs: number, callback: () => void): Disposable {
    const timer: Timer = { dueAt: this.#elapsedMs + Math.max(0, delayMs), order: this.#order++, callback, dead: false };
    this.#insert(timer);
    return {
      [Symbol.dispose]: () => {
        timer.dead = true;
      },
    };
  }

  /** Sets the wall clock alone; timers follow the monotonic one. */
  step(byMs: number): void {
    this.#nowMs += byMs;
  }

  /** Advances by `byMs`, firing every timer that becomes due. */
  async advance(byMs: number): Promise<void> {
    await this.runUntil(this.#elapsedMs + byMs);
  }

  /** Advances to a moment of the monotonic clock, as `advance` does. */
  async runUntil(elapsedMs: number): Promise<void> {
    await settled();
    for (let timer = this.#next(elapsedMs); timer !== undefined; timer = this.#next(elapsedMs)) {
      this.jumpTo(timer.dueAt);
      timer.callback();
      await settled();
    }
    this.jumpTo(elapsedMs);
  }

  /** Moves without firing timers: due ones fire with the next `advance` or `runUntil`. */
  jumpTo(elapsedMs: number): void {
    this.#moveTo(Math.max(elapsedMs, this.#elapsedMs));
  }

  /** Returns the moment of the next timer, on the monotonic clock. */
  nextTimerAt(): number | undefined {
    this.#dropDead();
    return this.#timers[0]?.dueAt;
  }

  #moveTo(elapsedMs: number): void {
    this.#nowMs += elapsedMs - this.#elapsedMs;
    this.#elapsedMs = elapsedMs;
  }

  #next(untilMs: number): Timer | undefined {
    this.#dropDead();
    const first = this.#timers[0];
    if (first === undefined || first.dueAt > untilMs) return undefined;
    return this.#timers.shift();
  }

  #dropDead(): void {
    while (this.#timers[0]?.dead === true) this.#timers.shift();
  }

  #insert(timer: Timer): void {
    let low = 0;
    let high = this.#timers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#timers[middle]!;
      if (other.dueAt < timer.dueAt || (other.dueAt === timer.dueAt && other.order < timer.order)) low = middle + 1;
      else high = middle;
    }
    this.#timers.splice(low, 0, timer);
  }
}

/** Resolves after all promises that can settle: a macrotask runs behind all microtasks. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
