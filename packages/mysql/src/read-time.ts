const TIME_MAX_MS = 8.64e15;

/** Date of a column of epoch ms; the nearest that a date can be for a number beyond, so that it costs no row its place. */
export function readTime(ms: string | number): Date {
  return new Date(Math.min(Math.max(Number(ms), -TIME_MAX_MS), TIME_MAX_MS));
}
