/** Text that is no trigger. The message names the field and, where it helps, the column (from 1) of its expression. */
export class TriggerSyntaxError extends Error {
  override readonly name = "TriggerSyntaxError";
  constructor(
    readonly field: string,
    reason: string,
    readonly expression: string = "",
    readonly column: number = 1,
  ) {
    super(expression === "" ? `${field}: ${reason}` : `${field}: ${reason} (in "${expression}", column ${column})`);
  }
}
