/** Values of one statement, each with its placeholder. */
export class Params {
  readonly values: unknown[] = [];

  /** Adds a value; returns its placeholder. */
  add(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }
}

/** Sorts and deduplicates ids. */
export function idList(ids: readonly string[]): string[] {
  return [...new Set(ids)].sort();
}

/** Turns rows into one array for each column, as `unnest` takes them. */
export function columns<T, Names extends readonly (keyof T)[]>(
  rows: readonly T[],
  ...names: Names
): { -readonly [At in keyof Names]: unknown[] } {
  return names.map((name) => rows.map((row) => row[name])) as { -readonly [At in keyof Names]: unknown[] };
}
