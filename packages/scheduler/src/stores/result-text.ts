/** Bytes of JSON. What is longer need not fit a packet, and would hold up the reports behind it. */
const RESULT_MAX_BYTES = 1_000_000;

/** A result as JSON text; what is too long to keep is a text that says so. */
export function resultText(executionId: string, result: unknown): string {
  const text = JSON.stringify(result);
  // Three bytes a UTF-16 unit at most: short texts need no counting.
  if (text.length * 3 <= RESULT_MAX_BYTES) return text;
  const bytes = Buffer.byteLength(text);
  if (bytes <= RESULT_MAX_BYTES) return text;
  return JSON.stringify(`the result of ${executionId} was too long to keep: ${bytes} bytes`);
}
