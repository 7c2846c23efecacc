/** Storage of this device between visits, or of this tab between reloads. */
type Where = "localStorage" | "sessionStorage";

/** A browser may refuse to keep anything, or hold something that is not ours: then nothing is kept. */
export function readKept<Value>(key: string, where: Where = "localStorage"): Value | undefined {
  try {
    return JSON.parse(globalThis[where].getItem(key) ?? "null") ?? undefined;
  } catch {
    return undefined; // as if it were the first visit
  }
}

export function keep(key: string, value: unknown, where: Where = "localStorage"): void {
  try {
    if (value === undefined) globalThis[where].removeItem(key);
    else globalThis[where].setItem(key, JSON.stringify(value));
  } catch {
    // full or forbidden: it is forgotten with this page
  }
}
