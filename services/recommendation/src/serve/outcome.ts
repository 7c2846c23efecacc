import type { WithoutName } from "@headline/recommender";
import type { Batch } from "../history/batch.js";
import { cursorBelow, placeBefore } from "../history/decide.js";
import type { History } from "../history/history.js";

/** Result of a request: a batch, new or served before, or none because nothing is left. */
export interface Outcome {
  readonly mode: "refresh" | "continued" | "replay" | "history" | "coalesced" | "exhausted";
  readonly batch: Batch | undefined;
  /** Cursor of the next older page; 0 at the end. */
  readonly nextStamp: number;
  /** True when the exposure of `batch` can be confirmed: the newest of its channel, or a continued one just made. */
  readonly confirmable: boolean;
  /** True for an article of a newer batch, which the reader has already passed. */
  readonly isInNewerBatch?: (slot: number) => boolean;
  /** Facts about the reader that were missing when it was chosen. */
  readonly without?: readonly WithoutName[];
}

/** Outcome with a new batch. */
export type NewBatch = Outcome & { readonly batch: Batch };

/** Outcome of a batch that is in `history`. */
export function stored(mode: "replay" | "history" | "coalesced", history: History, batch: Batch): Outcome {
  const batches = history.inChannel(batch.channelId);
  const isJustContinued = batch.continuedAt === history.version;
  return {
    mode: isJustContinued ? "continued" : mode,
    batch,
    nextStamp: placeBefore(batches, batch),
    confirmable: isJustContinued || (batch === batches.at(-1) && mode !== "history"),
    isInNewerBatch: containedIn(batches.filter(({ stamp }) => stamp > batch.stamp)),
  };
}

/** Returns a predicate: true for an article of one of the batches. */
function containedIn(batches: readonly Batch[]): (slot: number) => boolean {
  const slots = new Set<number>();
  for (const batch of batches) for (const slot of batch.slots) slots.add(slot);
  return (slot) => slots.has(slot);
}

/** Outcome of a new batch that is the newest of its channel; `previous` is the stamp of the one before, 0 without. */
export function refreshed(batch: Batch, previous: number): NewBatch {
  const nextStamp = previous > 0 ? previous : cursorBelow([batch]);
  return { mode: "refresh", batch, nextStamp, confirmable: true };
}

/** Outcome of a new batch behind the oldest of its channel. */
export function continued(batch: Batch, batches: readonly Batch[]): NewBatch {
  return { mode: "continued", batch, nextStamp: cursorBelow([batch, ...batches]), confirmable: true };
}

/** Outcome of a time_stamp older than every batch that is kept. */
export const END_OF_HISTORY: Outcome = { mode: "history", batch: undefined, nextStamp: 0, confirmable: false };

/** Outcome without an article left to serve; `nextStamp` leads into history, 0 is the end. */
export function exhausted(nextStamp: number): Outcome {
  return { mode: "exhausted", batch: undefined, nextStamp, confirmable: false };
}

/** Outcome of a request that shares the batch of another. */
export function coalesced(outcome: Outcome): Outcome {
  return outcome.mode === "refresh" ? { ...outcome, mode: "coalesced" } : outcome;
}
