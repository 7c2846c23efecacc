/** What this device keeps between visits. A browser may refuse to, or hold something else: then nothing is kept. */
export function readKept<Value>(key: string): Value | undefined {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null") ?? undefined;
  } catch {
    return undefined; // no storage, or not ours: as if it were the first visit
  }
}

export function keep(key: string, value: unknown): void {
  try {
    if (value === undefined) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // full or forbidden: it is forgotten with this page
  }
}
