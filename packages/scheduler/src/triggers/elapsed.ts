/** A length of time in parts that are added up. */
export interface Elapsed {
  readonly weeks?: number;
  readonly days?: number;
  readonly hours?: number;
  readonly minutes?: number;
  readonly seconds?: number;
  readonly milliseconds?: number;
}

const PART_MS: Readonly<Record<keyof Elapsed, number>> = {
  weeks: 604_800_000,
  days: 86_400_000,
  hours: 3_600_000,
  minutes: 60_000,
  seconds: 1_000,
  milliseconds: 1,
};

/** As much as there is between the first and the last Date. */
const LONGEST_MS = 2 * 8.64e15;

export const ELAPSED_PARTS = Object.keys(PART_MS);

/** Returns the sum in whole ms, at least 1 if it is not 0. Throws a RangeError that names the part that is no number. */
export function elapsedMs(parts: Elapsed): number {
  let sum = 0;
  for (const [name, ms] of Object.entries(PART_MS)) {
    const value = parts[name as keyof Elapsed] ?? 0;
    if (!Number.isFinite(value)) throw new RangeError(`${name}: must be a number, is ${String(value)}`);
    sum += value * ms;
  }
  if (!(Math.abs(sum) <= LONGEST_MS)) throw new RangeError(`the sum of its parts is too long: ${sum} ms`);
  return sum > 0 ? Math.max(1, Math.round(sum)) : Math.round(sum);
}
