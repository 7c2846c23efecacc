import { Worker } from "node:worker_threads";
import type { TimerSource } from "./clock.js";
import { LONGEST_TIMEOUT_MS } from "./clock.js";

/**
 * Timers that are kept in a thread of their own and come as messages: however many there are, and however this thread
 * stumbles, each becomes due at its moment. A timer that waits keeps the process alive, the thread does not.
 * `new Scheduler({ clock: systemClock({ timers: threadTimers() }) })`
 */
export function threadTimers(): TimerSource & AsyncDisposable {
  return new ThreadTimers();
}

/** A text, not a module: it starts in a few milliseconds, without a loader. */
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

  /** Ends the thread; timers that wait never fire. */
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

  /** The thread has died with what it kept: this one keeps it instead, and the next timer opens another thread. */
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

/** A clock that all threads share; performance.now() starts with its thread. */
function machineMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
