import type { z } from "zod";
import type { Article } from "./answers.js";
import type { Item } from "./articles.js";

type PresentedItem = z.output<typeof Article>;

/** An article with its counts as an object, for answers where parsing one does not matter. */
export function presentItem(item: Item): PresentedItem {
  return JSON.parse(`${item.toString()}}`);
}

/** Those that exist. */
export function presentItems(items: readonly (Item | undefined)[]): PresentedItem[] {
  return items.filter((item) => item !== undefined).map(presentItem);
}
