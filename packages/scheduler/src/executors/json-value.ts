import type { Json } from "../core/json.js";

/** Converts the value that a task returned to JSON; null, and a call of `onLoss`, when it is not JSON. */
export function jsonValue(value: unknown, onLoss: () => void): Json | undefined {
  if (value === undefined || value === null) return value;
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  try {
    const text = JSON.stringify(value);
    if (text !== undefined) return JSON.parse(text) as Json;
  } catch {
    // a bigint, or an object that contains itself
  }
  onLoss();
  return null;
}
