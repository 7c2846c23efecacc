/** Longest result, bytes of JSON: a longer one need not fit a packet, and would delay the reports behind it. */
const RESULT_MAX_BYTES = 1_000_000;

/** Returns a result as JSON text; of one that is too long, a text with the reason. */
export function resultText(executionId: string, result: unknown): string {
  const text = JSON.stringify(result);
  // Three bytes a UTF-16 unit at most: short texts need no counting.
  if (text.length * 3 <= RESULT_MAX_BYTES) return text;
  const bytes = Buffer.byteLength(text);
  if (bytes <= RESULT_MAX_BYTES) return text;
  return JSON.stringify(`the result of ${executionId} was too long to keep: ${bytes} bytes`);
}
