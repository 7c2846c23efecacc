import { type Batch, SKEW_MS } from "./batch.js";

/** What a request's time_stamp asks for. */
export type Decision =
  | { readonly kind: "refresh" }
  | { readonly kind: "replay"; readonly batch: Batch }
  | { readonly kind: "history"; readonly batch: Batch | undefined };

/**
 * Reads a time_stamp against a channel's batches, oldest first.
 *
 * The same time_stamp as the refresh that made a batch is a retry, so it comes before everything else: a refresh is
 * idempotent by it. A stamp is a place in a walk back, wherever this server's clock stands; no stamp is another batch's
 * time_stamp (History.nextStamp). A time_stamp further ahead than SKEW_MS says nothing but "now", so it is a retry only as
 * long as a retry would come; a clock that is always that far ahead must not see one batch for ever.
 */
export function decide(batches: readonly Batch[], timeStamp: number, nowMs: number): Decision {
  if (timeStamp === 0) return { kind: "refresh" };
  const newest = batches.at(-1);
  if (newest === undefined) return { kind: "refresh" };

  const farAhead = timeStamp > nowMs + SKEW_MS;
  const known = findLast(batches, (batch) => batch.timeStamp === timeStamp || batch.stamp === timeStamp);
  if (known !== undefined) {
    const isStamp = known.stamp === timeStamp;
    if (isStamp || !farAhead || nowMs - known.stamp <= SKEW_MS) return { kind: "replay", batch: known };
  }
  if (farAhead || timeStamp > newest.stamp || timeStamp >= nowMs - SKEW_MS) return { kind: "refresh" };
  return { kind: "history", batch: findLast(batches, (batch) => batch.stamp <= timeStamp) };
}

/** The stamp of the batch before `batch`, where a walk back goes on; 0 when there is none. */
export function stampBefore(batches: readonly Batch[], batch: Batch): number {
  return findLast(batches, ({ stamp }) => stamp < batch.stamp)?.stamp ?? 0;
}

/** From the newest end, where almost every answer is. */
function findLast(batches: readonly Batch[], matches: (batch: Batch) => boolean): Batch | undefined {
  for (let index = batches.length - 1; index >= 0; index -= 1) {
    const batch = batches[index] as Batch;
    if (matches(batch)) return batch;
  }
  return undefined;
}
