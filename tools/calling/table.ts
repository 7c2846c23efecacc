/** Rows under their names, in columns as wide as they have to be; the last one may run on. */
export function table(names: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = names.map((name, column) => Math.max(...[name, ...rows.map((row) => row[column] ?? "")].map(width)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell + " ".repeat(Math.max(0, (widths[column] as number) - width(cell))))
      .join("  ")
      .trimEnd();
  return [line(names), line(widths.map((columns) => "─".repeat(columns))), ...rows.map(line)]
    .map((text) => `${text}\n`)
    .join("");
}

/** At most so many columns of a terminal. */
export function cut(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  let shown = "";
  for (const character of text) {
    if (width(shown + character) >= columns) break;
    shown += character;
  }
  return `${shown}…`;
}

/** Chinese characters and emoji take two columns of a terminal. */
function width(text: string): number {
  let columns = 0;
  for (const character of text)
    columns +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u.test(
        character,
      )
        ? 2
        : 1;
  return columns;
}
