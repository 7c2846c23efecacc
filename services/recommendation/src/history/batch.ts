/** What one refresh served. Never changes once recorded. */
export interface Batch {
  /** Server-made: ms since the epoch, strictly increasing per reader. */
  readonly stamp: number;
  /** The time_stamp of the request that made it; the same one again means this batch. */
  readonly timeStamp: number;
  readonly channelId: number;
  /** Catalogue slots, in the order served. */
  readonly slots: Int32Array;
  /** Why each article was there, by the numbers of the wire's Reason. */
  readonly reasons: Uint8Array;
}

/** How far a client's clock may be off: within this, "newer than all I have" means now. */
export const SKEW_MS = 120_000;
