/** Storage of this device between visits, or of this tab between reloads. */
type Area = "localStorage" | "sessionStorage";

/** Reads a value; undefined where there is none, or storage is forbidden. */
export function readStored<Value>(key: string, area: Area = "localStorage"): Value | undefined {
  try {
    return JSON.parse(globalThis[area].getItem(key) ?? "null") ?? undefined;
  } catch {
    return undefined; // as if it were the first visit
  }
}

/** Stores a value, or deletes it when it is undefined. */
export function store(key: string, value: unknown, area: Area = "localStorage"): void {
  try {
    if (value === undefined) globalThis[area].removeItem(key);
    else globalThis[area].setItem(key, JSON.stringify(value));
  } catch {
    // full or forbidden: the value ends with this page
  }
}
