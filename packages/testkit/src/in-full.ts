/** Whether this run has time: `npm run test:long` repeats more often and drives longer than `npm test`. */
export const hasTime = process.env["HEADLINE_TEST_LONG"] === "1";

/** Count or duration of a test: `few` in `npm test`, `many` in `npm run test:long`. */
export function inFull(few: number, many: number): number {
  return hasTime ? many : few;
}
