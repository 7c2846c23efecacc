/** Measured figure, its peer in the same run, and its goal. */
export interface Row {
  readonly what: string;
  readonly ours: string;
  readonly peer: string;
  readonly ratio?: number | string;
  readonly goal: string;
  readonly met: boolean;
}
