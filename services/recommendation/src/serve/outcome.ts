import type { WithoutName } from "@headline/recommender";
import type { Batch } from "../history/batch.js";
import { cursorBelow, placeBefore } from "../history/decide.js";
import type { History } from "../history/history.js";

/** Result of a request: a batch, new or served before, or none because nothing is left. */
export interface Outcome {
  readonly mode: "refresh" | "continued" | "replay" | "history" | "coalesced" | "exhausted";
  readonly batch: Batch | undefined;
  /** Next cursor of a walk back; 0 where it ends. */
  readonly nextStamp: number;
  /** Whether the exposure of `batch` can still be confirmed: the newest of its channel, or a continued one just made. */
  readonly confirmable: boolean;
  /** Whether a walk back has come past the article in a newer batch. */
  readonly standsAbove?: (slot: number) => boolean;
  /** Facts about the reader that were not known when it was chosen. */
  readonly without?: readonly WithoutName[];
}

/** A batch that this request makes. */
export type NewBatch = Outcome & { readonly batch: Batch };

/** A batch that stands in `history`, found by its stamp or its moment. */
export function stored(mode: "replay" | "history" | "coalesced", history: History, batch: Batch): Outcome {
  const batches = history.inChannel(batch.channelId);
  const isJustContinued = batch.continuedAt === history.version;
  return {
    mode: isJustContinued ? "continued" : mode,
    batch,
    nextStamp: placeBefore(batches, batch),
    confirmable: isJustContinued || (batch === batches.at(-1) && mode !== "history"),
    standsAbove: within(batches.filter(({ stamp }) => stamp > batch.stamp)),
  };
}

/** Whether an article stands in one of `batches`. */
function within(batches: readonly Batch[]): (slot: number) => boolean {
  const slots = new Set<number>();
  for (const batch of batches) for (const slot of batch.slots) slots.add(slot);
  return (slot) => slots.has(slot);
}

/** A new batch on top of those of its channel, the newest of them with stamp `previous`. */
export function refreshed(batch: Batch, previous: number): NewBatch {
  const nextStamp = previous > 0 ? previous : cursorBelow([batch]);
  return { mode: "refresh", batch, nextStamp, confirmable: true };
}

/** A new batch behind the oldest of its channel. */
export function continued(batch: Batch, batches: readonly Batch[]): NewBatch {
  return { mode: "continued", batch, nextStamp: cursorBelow([batch, ...batches]), confirmable: true };
}

/** Older than everything kept: a walk back has come to its end. */
export const END_OF_HISTORY: Outcome = { mode: "history", batch: undefined, nextStamp: 0, confirmable: false };

/** Nothing is left to serve. From the newest stamp a refresh goes on into history; behind the oldest batch 0 is the end. */
export function exhausted(nextStamp: number): Outcome {
  return { mode: "exhausted", batch: undefined, nextStamp, confirmable: false };
}

/** The same batch for a request that did not make it. */
export function coalesced(outcome: Outcome): Outcome {
  return outcome.mode === "refresh" ? { ...outcome, mode: "coalesced" } : outcome;
}
