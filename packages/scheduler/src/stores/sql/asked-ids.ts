/** Separator of the ids of executions that were asked to end: no id contains it. */
export const SEPARATOR = "\n";

/** The executions of an instance that are to stop, as its row keeps them. */
export function askedIds(text: unknown): string[] {
  return text === null || text === undefined ? [] : (text as string).split(SEPARATOR);
}
