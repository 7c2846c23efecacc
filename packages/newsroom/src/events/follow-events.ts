import type { Mysql } from "@headline/mysql";
import { poll } from "@headline/service/timing";
import { readEvents } from "./read-events.js";
import type { LandedEvent } from "./tracked-event.js";

interface Options {
  readonly mysql: Mysql;
  /** The id of the last event that is known already; 0n replays everything. */
  readonly from: bigint;
  /**
   * Called with one batch after the other, in the order of the ids; the next is read when it is done. What it cannot take
   * comes again. The last event's id is where to go on from after a restart.
   */
  readonly onBatch: (events: readonly LandedEvent[]) => void | Promise<void>;
  readonly signal: AbortSignal;
  readonly onError?: (error: unknown) => void;
  readonly pollMs?: number;
  readonly batchMax?: number;
}

const RETRY_MS = 500;

/** Replays the events after `from`, and then follows live until the signal comes; resolves then. */
export async function followEvents(options: Options): Promise<void> {
  const { mysql, onBatch, signal, onError = () => undefined, pollMs = 250, batchMax = 1_000 } = options;
  let after = options.from;
  await poll(readUpToNow, { everyMs: pollMs, retryMs: RETRY_MS, signal, onError, immediately: true });

  async function readUpToNow(): Promise<void> {
    let isMore = true;
    while (isMore && !signal.aborted) {
      const events = await readEvents(mysql, after, batchMax);
      if (events.length > 0 && !signal.aborted) await onBatch(events);
      after = events.at(-1)?.id ?? after;
      isMore = events.length === batchMax;
    }
  }
}
