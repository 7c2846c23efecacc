/** What every statement of one store needs: its tables, its namespace, and the server's clock. */
export interface Tables {
  readonly ns: string;
  readonly jobs: string;
  readonly instances: string;
  readonly executions: string;
  readonly nodes: string;
  /** SQL for now, epoch ms. */
  readonly now: string;
}

/** Numbers come as strings or bigints when the pool says so. */
export function ms(value: unknown): number {
  return Number(value);
}

export function msOrNull(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value);
}

/** `CASE id WHEN … THEN … END` over pairs, with its values. */
export function caseOf(column: string, pairs: readonly (readonly [unknown, unknown])[]): [string, unknown[]] {
  return [`CASE ${column} ${pairs.map(() => "WHEN ? THEN ?").join(" ")} END`, pairs.flat()];
}
