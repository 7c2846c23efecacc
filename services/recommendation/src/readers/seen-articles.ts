import type { Mysql } from "@headline/mysql";
import type { Catalogue } from "../catalogue/catalogue.js";
import { ReaderSets } from "./reader-sets.js";

/** Slots of articles that were on a reader's screen, or opened. */
export type Seen = ReadonlySet<number>;

/** What a reader saw before these may come again: weeks of reading. */
const SEEN_MAX = 2_000;
export const NOTHING_SEEN: Seen = new Set();

/** What readers have seen: what the event log says of those seen lately, kept up with what lands. */
export class SeenArticles {
  readonly #sets: ReaderSets<Set<number>>;

  constructor(
    mysql: Mysql,
    private readonly catalogue: Catalogue,
  ) {
    this.#sets = new ReaderSets<Set<number>>({
      load: (userId) => this.#read(mysql, userId),
      sizeOf: () => SEEN_MAX / 20, // most readers are far below the limit; a set grows after it was weighed
    });
  }

  /** At once for readers seen lately; a promise when MySQL has to be asked. */
  of(userId: bigint): Seen | Promise<Seen> {
    return userId === 0n ? NOTHING_SEEN : this.#sets.of(userId);
  }

  /** An event has landed that says so. Of readers not remembered the log will say it when it is read. */
  add(userId: bigint, slot: number): void {
    const seen = this.#sets.remembered(userId);
    if (seen === undefined) {
      this.#sets.forget(userId); // what is being read may be from before
      return;
    }
    seen.delete(slot);
    seen.add(slot);
    if (seen.size > SEEN_MAX) seen.delete(seen.values().next().value as number);
  }

  /** By the unique key of the events, which begins with the reader; the newest of what it finds count. */
  async #read(mysql: Mysql, userId: bigint): Promise<Set<number>> {
    const rows = await mysql.query<{ article_id: string }>(
      `SELECT article_id FROM events WHERE user_id = ? AND kind IN ('exposure', 'click') ORDER BY id DESC LIMIT ${SEEN_MAX}`,
      [userId],
    );
    const seen = new Set<number>();
    for (const { article_id } of rows.toReversed()) seen.add(this.catalogue.slotOf(BigInt(article_id)));
    return seen;
  }
}
