/** The executor's queue was full; the scheduler asks `capacity` first, so only a direct caller sees it. */
export class QueueFullError extends Error {
  override readonly name = "QueueFullError";
}
