import type { List } from "@headline/ranking";
import type { Listener } from "./method.js";

const IN_VIEW_FOR_MS = 24 * 3_600_000;

/** Everything in view to anyone in the last 24 hours and not yet read by the reader: what a feed could have answered. */
export class FullPool implements Listener {
  readonly #lastInViewMs = new Map<number | bigint, number>();
  readonly #read = new Map<number | bigint, Set<number | bigint>>();

  candidates(list: List): (number | bigint)[] {
    const read = this.#read.get(list.reader);
    const candidates: (number | bigint)[] = [];
    for (const [article, atMs] of this.#lastInViewMs) {
      if (atMs < list.atMs - IN_VIEW_FOR_MS) this.#lastInViewMs.delete(article);
      else if (!read?.has(article)) candidates.push(article);
    }
    return candidates;
  }

  shown({ articles, atMs }: List): void {
    for (const article of articles) this.#lastInViewMs.set(article, atMs);
  }

  clicked(click: { reader: number | bigint; article: number | bigint }): void {
    this.read(click);
  }

  read({ reader, article }: { reader: number | bigint; article: number | bigint }): void {
    const read = this.#read.get(reader);
    if (read === undefined) this.#read.set(reader, new Set([article]));
    else read.add(article);
  }

  readFor(): void {}
}
