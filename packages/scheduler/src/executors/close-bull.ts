import type { Queue, QueueEvents, Worker } from "bullmq";
import type { Clock } from "../core/clock.js";
import type { RunningSet } from "./running-set.js";

/** Limit of a clean close, ms: Redis may be away or silent. */
const CLEAN_CLOSE_MS = 2_000;

/** Connection of BullMQ, whose own close waits for QUIT without a limit. */
interface Connection {
  readonly _client?: { disconnect(): void };
}

interface Connected {
  readonly backend: {
    readonly connection?: Connection;
    readonly blockingConnection?: Connection;
    close(force: boolean): Promise<void>;
  };
}

/** Timers of a worker that only its internals stop. */
interface WorkerInternals {
  readonly lockManager: { close(): Promise<void> };
  readonly stalledCheckStopper?: () => void;
}

interface CloseOptions {
  readonly running: RunningSet;
  /** Time for running jobs, ms. */
  readonly withinMs: number;
  readonly clock: Clock;
}

/** Takes no more jobs and waits for running ones; once none runs, it does not wait for a Redis that is away. */
export async function closeBullWorker(worker: Worker, { running, withinMs, clock }: CloseOptions): Promise<void> {
  const closing = settling(worker.close());
  const endsAt = clock.monotonic() + withinMs;
  do {
    // A job that was on its way when the close began starts after a moment without jobs: hence the loop.
    await Promise.race([closing.settled, running.idle({ withinMs: endsAt - clock.monotonic(), clock })]);
    if (await closing.within(CLEAN_CLOSE_MS, clock)) return;
  } while (running.size > 0 && clock.monotonic() < endsAt);
  await disconnect(worker);
  const internals = worker as unknown as WorkerInternals;
  await internals.lockManager.close();
  internals.stalledCheckStopper?.();
}

/** Closes a queue or its events, also while Redis is away. */
export async function closeBull(bull: Queue | QueueEvents, clock: Clock): Promise<void> {
  if (!(await settling(bull.close()).within(CLEAN_CLOSE_MS, clock))) await disconnect(bull);
}

async function disconnect(bull: Queue | QueueEvents | Worker): Promise<void> {
  const { backend } = bull as unknown as Connected;
  backend.blockingConnection?._client?.disconnect();
  backend.connection?._client?.disconnect();
  await backend.close(true).catch(() => {}); // never opened
}

/** Wraps a close that may hang or fail; after a refused first command it leaves the socket open. */
function settling(closing: Promise<void>) {
  const settled = closing.then(
    () => true,
    () => false,
  );
  return {
    settled,
    async within(ms: number, clock: Clock): Promise<boolean> {
      let timer: Disposable | undefined;
      const over = new Promise<false>((resolve) => {
        timer = clock.setTimer(ms, () => resolve(false));
      });
      const first = await Promise.race([settled, over]);
      timer?.[Symbol.dispose]();
      return first;
    },
  };
}
