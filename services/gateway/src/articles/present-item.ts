import type { Item } from "./articles.js";

/** An article with its counts as an object, for answers where parsing one does not matter. */
export function presentItem(item: Item): Record<string, unknown> {
  return JSON.parse(`${item.toString()}}`);
}

/** Those that exist. */
export function presentItems(items: readonly (Item | undefined)[]): Record<string, unknown>[] {
  return items.filter((item) => item !== undefined).map(presentItem);
}
