/** Character that escapes: PostgreSQL's text holds every character but NUL. */
const ESCAPE = "\u0001";
const ESCAPED_NUL = `${ESCAPE}${ESCAPE}`;
const ESCAPED_ESCAPE = `${ESCAPE}\u0002`;
const ESCAPED = new RegExp(`${ESCAPED_NUL}|${ESCAPED_ESCAPE}`, "g");

/** Returns a text as a column holds it: NUL is escaped, so that two texts differ, and sort, as before. */
export function toColumn(text: string): string {
  if (!text.includes("\u0000") && !text.includes(ESCAPE)) return text;
  return text.replaceAll(ESCAPE, ESCAPED_ESCAPE).replaceAll("\u0000", ESCAPED_NUL);
}

/** Returns the text of a column. */
export function fromColumn(column: string): string {
  if (!column.includes(ESCAPE)) return column;
  return column.replace(ESCAPED, (pair) => (pair === ESCAPED_NUL ? "\u0000" : ESCAPE));
}
