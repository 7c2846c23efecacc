/** Thrown when the executor's queue is full; the scheduler checks `capacity` first, so only direct callers see it. */
export class QueueFullError extends Error {
  override readonly name = "QueueFullError";
}
