/** The error of an execution of which only the outcome cannot be read. */
export const UNREADABLE_OUTCOME = "the outcome cannot be read";

/** Returns the error of a run whose job cannot be read. */
export function unreadable(reason: string): string {
  return `the job cannot be read, and is paused: ${reason}`;
}
