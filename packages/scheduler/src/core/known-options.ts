import { nearestName } from "../options/nearest-name.js";

/** Names of options; the type keeps the list complete. */
export type OptionNames<T> = Readonly<Record<keyof Required<T>, true>>;

/** Throws on an unknown option, with the nearest known one. `refuse` creates the error from field and reason. */
export function checkKnown<T>(
  options: object,
  names: OptionNames<T>,
  what: string,
  refuse: (field: string, reason: string) => Error = (field, reason) => new TypeError(`${field}: ${reason}`),
): void {
  for (const name in options) {
    if (Object.hasOwn(names, name) || (options as Record<string, unknown>)[name] === undefined) continue;
    const known = Object.keys(names);
    const near = nearestName(name, known);
    throw refuse(name, `${what} has no such option; ${adviceOf(near, known)}`);
  }
}

function adviceOf(near: string | undefined, known: readonly string[]): string {
  if (near !== undefined) return `write ${near}`;
  return known.length === 0 ? "it takes none" : `known are ${known.join(", ")}`;
}
