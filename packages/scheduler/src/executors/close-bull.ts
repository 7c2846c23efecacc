import type { Queue, QueueEvents, Worker } from "bullmq";
import type { Clock } from "../core/clock.js";
import type { RunningSet } from "./running-set.js";

/** How long BullMQ may take to say goodbye to a Redis that may be away or silent. */
const GOODBYE_MS = 2_000;

/** A connection of BullMQ's, whose own closing waits for the goodbye to be answered, and cannot be hurried. */
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

/** What a worker keeps running and gives no other way to stop. */
interface WorkerInternals {
  readonly lockManager: { close(): Promise<void> };
  readonly stalledCheckStopper?: () => void;
}

interface Leave {
  readonly running: RunningSet;
  /** How long what runs may take. */
  readonly withinMs: number;
  readonly clock: Clock;
}

/** Takes no more jobs and waits for those under way, but not for a Redis that is away once nothing runs any more. */
export async function closeBullWorker(worker: Worker, { running, withinMs, clock }: Leave): Promise<void> {
  const closing = settling(worker.close());
  const endsAt = clock.monotonic() + withinMs;
  do {
    // A job that was on its way when the worker was told to close begins after a moment without any: hence the loop.
    await Promise.race([closing.settled, running.idle({ withinMs: endsAt - clock.monotonic(), clock })]);
    if (await closing.within(GOODBYE_MS, clock)) return;
  } while (running.size > 0 && clock.monotonic() < endsAt);
  await hangUp(worker);
  const internals = worker as unknown as WorkerInternals;
  await internals.lockManager.close();
  internals.stalledCheckStopper?.();
}

/** Closes what keeps nothing running, also when Redis is away. */
export async function closeBull(bull: Queue | QueueEvents, clock: Clock): Promise<void> {
  if (!(await settling(bull.close()).within(GOODBYE_MS, clock))) await hangUp(bull);
}

async function hangUp(bull: Queue | QueueEvents | Worker): Promise<void> {
  const { backend } = bull as unknown as Connected;
  backend.blockingConnection?._client?.disconnect();
  backend.connection?._client?.disconnect();
  await backend.close(true).catch(() => {}); // of what never was open
}

/** A closing that may never end, or fail: of a connection whose first command was refused it leaves the socket open. */
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
