import type { Item } from "./articles.js";

/** An article with its counts as an object, for answers where parsing one does not matter. */
export function presentItem({ fragment, counts }: Item): Record<string, unknown> {
  return JSON.parse(`${fragment.toString()}${counts.toString()}}`);
}
