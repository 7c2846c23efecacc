/** Reads a number, which some drivers return as a string or bigint. */
export function ms(value: unknown): number {
  return Number(value);
}

export function msOrNull(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value);
}

/** Returns a limit that LIMIT accepts: -1 or NaN would be no number, or every row. */
export function limitOf(asked: number, { least, most }: { least: number; most: number }): number {
  return Number.isNaN(asked) ? most : Math.min(most, Math.max(least, Math.trunc(asked)));
}

/** Returns the earlier of two moments; null is none. */
export function earlier(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}
