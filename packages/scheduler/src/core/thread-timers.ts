import { Worker } from "node:worker_threads";
import type { TimerSource } from "./clock.js";
import { LONGEST_TIMEOUT_MS } from "./clock.js";

/**
 * Creates timers that run in a thread of their own and arrive as messages: each is due at its moment, however many there
 * are and however busy this thread is. A waiting timer keeps the process alive, the thread does not.
 *
 * @example
 * ```ts
 * import { Scheduler, systemClock, threadTimers } from "@headline/scheduler";
 *
 * const timers = threadTimers();
 * const scheduler = new Scheduler({ clock: systemClock({ timers }) });
 * await scheduler.start();
 * await scheduler.shutdown();
 * await timers[Symbol.asyncDispose]();
 * ```
 */
export function threadTimers(): TimerSource & AsyncDisposable {
  return new ThreadTimers();
}

/** Source of the thread: a text starts in a few milliseconds, without a loader. */
const THREAD = `
  const { parentPort } = require("node:worker_threads");
  const timeouts = new Map();
  parentPort.on("message", ({ id, dueAt }) => {
    if (dueAt === undefined) {
      clearTimeout(timeouts.get(id));
      timeouts.delete(id);
      return;
    }
    const waitMs = dueAt - Number(process.hrtime.bigint()) / 1e6;
    const fire = () => {
      timeouts.delete(id);
      parentPort.postMessage(id);
    };
    timeouts.set(id, setTimeout(fire, Math.min(Math.max(0, Math.ceil(waitMs)), ${LONGEST_TIMEOUT_MS})));
  });`;

interface Waiting {
  readonly dueAt: number;
  readonly callback: () => void;
}

class ThreadTimers implements TimerSource, AsyncDisposable {
  readonly #waiting = new Map<number, Waiting>();
  #thread: Worker | undefined;
  #count = 0;

  setTimer(delayMs: number, callback: () => void): Disposable {
    const id = this.#count++;
    const dueAt = machineMs() + delayMs;
    this.#thread ??= this.#open();
    if (this.#waiting.size === 0) this.#thread.ref();
    this.#waiting.set(id, { dueAt, callback });
    this.#thread.postMessage({ id, dueAt });
    return {
      [Symbol.dispose]: () => {
        if (this.#take(id) !== undefined) this.#thread?.postMessage({ id });
      },
    };
  }

  /** Ends the thread; waiting timers never fire. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#waiting.clear();
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.terminate();
  }

  #open(): Worker {
    const thread = new Worker(THREAD, { eval: true, execArgv: [] });
    thread.on("message", (id: number) => this.#take(id)?.callback());
    thread.on("error", () => {}); // its exit follows
    thread.once("exit", () => {
      if (this.#thread === thread) this.#fallBack();
    });
    return thread;
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    if (this.#waiting.delete(id) && this.#waiting.size === 0) this.#thread?.unref();
    return waiting;
  }

  /** Moves the timers of a dead thread to this one; the next timer opens another one. */
  #fallBack(): void {
    this.#thread = undefined;
    for (const [id, { dueAt }] of this.#waiting) {
      setTimeout(
        () => this.#take(id)?.callback(),
        Math.min(Math.max(0, Math.ceil(dueAt - machineMs())), LONGEST_TIMEOUT_MS),
      );
    }
  }
}

/** Returns a clock that all threads share, unlike performance.now(), which starts with its thread. */
function machineMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
