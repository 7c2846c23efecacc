import type { Clock } from "../core/clock.js";

interface Timer {
  readonly dueAt: number;
  readonly order: number;
  readonly callback: () => void;
  dead: boolean;
}

/**
 * A clock that moves only when it is told to. Timers fire in the order of their moments, then of their making, and
 * everything they set going (promises included) is let settle before the next one fires.
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

  /** The wall clock alone jumps, as when somebody sets it; timers keep their pace. */
  step(byMs: number): void {
    this.#nowMs += byMs;
  }

  /** Fires every timer up to `byMs` from now and stops there. */
  async advance(byMs: number): Promise<void> {
    await this.runUntil(this.#elapsedMs + byMs);
  }

  /** The same, to a moment of the monotonic clock. */
  async runUntil(elapsedMs: number): Promise<void> {
    await settled();
    for (let timer = this.#next(elapsedMs); timer !== undefined; timer = this.#next(elapsedMs)) {
      this.jumpTo(timer.dueAt);
      timer.callback();
      await settled();
    }
    this.jumpTo(elapsedMs);
  }

  /** Moves on without firing anything: what is due fires with the next `advance` or `runUntil`. */
  jumpTo(elapsedMs: number): void {
    this.#moveTo(Math.max(elapsedMs, this.#elapsedMs));
  }

  /** When the next timer is due, on the monotonic clock. */
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

/** After every promise that could settle has: a macrotask comes behind all microtasks, however many they make. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
