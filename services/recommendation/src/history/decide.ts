import { type Batch, SKEW_MS } from "./batch.js";

/** Meaning of a request's time_stamp. */
export type Decision =
  | { readonly kind: "refresh" }
  /** A new batch behind the oldest. */
  | { readonly kind: "continue" }
  | { readonly kind: "replay"; readonly batch: Batch }
  | { readonly kind: "history"; readonly batch: Batch | undefined };

/**
 * Reads a time_stamp against a channel's batches, oldest first.
 *
 * The same time_stamp as the refresh that made a batch is a retry, so it comes before everything else: a refresh is
 * idempotent by it. A stamp is a place in a walk back, wherever this server's clock stands; no stamp is another batch's
 * time_stamp (History.nextStamp). A time_stamp further ahead than SKEW_MS says nothing but "now", so it is a retry only as
 * long as a retry would come; a clock that is always that far ahead must not see one batch for ever. The moment just below
 * the oldest batch continues the feed there.
 */
export function decide(batches: readonly Batch[], timeStamp: number, nowMs: number): Decision {
  if (timeStamp === 0) return { kind: "refresh" };
  const newest = batches.at(-1);
  if (newest === undefined) return { kind: "refresh" };

  if (timeStamp === cursorBelow(batches)) return { kind: "continue" };
  const farAhead = timeStamp > nowMs + SKEW_MS;
  const known = findLast(batches, (batch) => batch.timeStamp === timeStamp || batch.stamp === timeStamp);
  if (known !== undefined) {
    const isStamp = known.stamp === timeStamp;
    if (isStamp || !farAhead || nowMs - known.stamp <= SKEW_MS) return { kind: "replay", batch: known };
  }
  if (farAhead || timeStamp > newest.stamp || timeStamp >= nowMs - SKEW_MS) return { kind: "refresh" };
  return { kind: "history", batch: findLast(batches, (batch) => batch.stamp <= timeStamp) };
}

/** Next cursor of a walk back from `batch`: the stamp of the batch before it, and behind the oldest the moment that continues the feed. */
export function placeBefore(batches: readonly Batch[], batch: Batch): number {
  return findLast(batches, ({ stamp }) => stamp < batch.stamp)?.stamp ?? cursorBelow(batches);
}

/**
 * The moment that asks for a new batch behind the oldest of `batches`, and becomes its stamp: the latest before the oldest
 * stamp that made no batch. One moment and no range, because a client whose clock is slow asks with a moment close by.
 */
export function cursorBelow(batches: readonly Batch[]): number {
  let cursor = (batches[0]?.stamp ?? 1) - 1;
  while (cursor > 0 && batches.some(({ timeStamp }) => timeStamp === cursor)) cursor -= 1;
  return cursor;
}

/** From the newest end, where almost every answer is. */
function findLast(batches: readonly Batch[], matches: (batch: Batch) => boolean): Batch | undefined {
  for (let index = batches.length - 1; index >= 0; index -= 1) {
    const batch = batches[index] as Batch;
    if (matches(batch)) return batch;
  }
  return undefined;
}
