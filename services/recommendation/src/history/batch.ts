/** Articles that one refresh served. Never changes once recorded. */
export interface Batch {
  /** Server-made: ms since the epoch. Rises strictly over a reader's refreshes; a continued batch has one below its channel's oldest. */
  readonly stamp: number;
  /** The moment a continued batch was made; any other batch was made at its stamp. */
  readonly continuedAt?: number;
  /** The time_stamp of the request that made it; the same one again means this batch. */
  readonly timeStamp: number;
  readonly channelId: number;
  /** Catalogue slots, in the order served. */
  readonly slots: Int32Array;
  /** Why each article was there, by the numbers of the wire's Reason. */
  readonly reasons: Uint8Array;
  /** Memory it takes, roughly, where that is known. */
  readonly bytes?: number;
}

/** The moment a batch was made; rises strictly over all of a reader's batches. */
export function madeAt({ stamp, continuedAt }: Batch): number {
  return continuedAt ?? stamp;
}

/** Tolerance for clients' clocks: within it, a time_stamp newer than every batch means now. */
export const SKEW_MS = 120_000;
