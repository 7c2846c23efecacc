/** Row of a table "you wrote → you write". */
export interface ExampleRow {
  readonly wrote: string;
  readonly write: string;
  readonly gives: string | undefined;
}

/** Rows of the first tables in a part of a page. */
export function rowsOf(section: string): ExampleRow[] {
  const lines = section.split("\n").filter((line) => line.startsWith("| "));
  return lines.slice(1).map((line) => {
    const [wrote, write, gives] = line.slice(2, -2).split(/(?<!\\) \| /);
    return { wrote: wrote!, write: write!, gives: gives === "–" ? undefined : gives };
  });
}

/** Pieces of code in a cell. */
export function codesIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code!.replaceAll("\\|", "|"));
}

/** Function of these names that runs the code; of a single expression it returns the value. */
export function compiled(names: string[], code: string): (...values: unknown[]) => Promise<unknown> {
  const AsyncFunction = (async () => {}).constructor as new (...parts: string[]) => () => Promise<unknown>;
  return new AsyncFunction(...names, code.includes("; ") ? code : `return (${code})`);
}
