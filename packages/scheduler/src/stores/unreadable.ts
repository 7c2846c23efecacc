/** The error of a run whose job cannot be read. */
export function unreadable(reason: string): string {
  return `the job cannot be read, and is paused: ${reason}`;
}
