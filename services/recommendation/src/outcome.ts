import type { Batch } from "./history/batch.js";
import { stampBefore } from "./history/decide.js";
import type { History } from "./history/history.js";

/** What a request comes to: a batch, new or served before, or that nothing is left. */
export interface Outcome {
  readonly mode: "refresh" | "replay" | "history" | "coalesced" | "exhausted";
  readonly batch: Batch | undefined;
  /** Where a walk back goes on; 0 where it ends. */
  readonly nextStamp: number;
  /** Whether `batch` is the newest of its channel: only its exposure can still be confirmed. */
  readonly newest: boolean;
}

/** A batch that stands in `history`, found by its stamp or its moment. */
export function stored(mode: "replay" | "history" | "coalesced", history: History, batch: Batch): Outcome {
  const batches = history.inChannel(batch.channelId);
  return {
    mode,
    batch,
    nextStamp: stampBefore(batches, batch),
    newest: batch === batches.at(-1) && mode !== "history",
  };
}

/** A new batch, made after the one with stamp `previous`. */
export function refreshed(batch: Batch, previous: number): Outcome {
  return { mode: "refresh", batch, nextStamp: previous, newest: true };
}

/** Older than everything kept: a walk back has come to its end. */
export const END_OF_HISTORY: Outcome = { mode: "history", batch: undefined, nextStamp: 0, newest: false };

/** Nothing is left to serve. The newest stamp lets the caller go on into history. */
export function exhausted(newest: number): Outcome {
  return { mode: "exhausted", batch: undefined, nextStamp: newest, newest: false };
}

/** The same batch, as the one who did not make it answers. */
export function coalesced(outcome: Outcome): Outcome {
  return outcome.mode === "refresh" ? { ...outcome, mode: "coalesced" } : outcome;
}
