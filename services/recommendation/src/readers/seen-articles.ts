import type { Mysql } from "@headline/mysql";
import type { Catalogue } from "../catalogue/catalogue.js";
import { VIEW_KINDS } from "./feedback.js";
import { ReaderSets } from "./reader-sets.js";
import { SeenSet, SlotMarks } from "./seen-set.js";

/** Slots of articles that were on a reader's screen, or opened. */
export interface Seen {
  has(slot: number): boolean;
}

/** Articles kept for each reader, the last viewed: weeks of reading. */
const SEEN_MAX = 2_000;
const VIEWS = VIEW_KINDS.map((kind) => `'${kind}'`).join(", ");
export const NOTHING_SEEN: Seen = new Set();

/** Articles that readers have seen, from the event log, in memory for the readers of the moment and kept up with new events. */
export class SeenArticles {
  readonly #sets: ReaderSets<SeenSet>;
  readonly #marks = new SlotMarks();

  constructor(
    mysql: Mysql,
    private readonly catalogue: Catalogue,
  ) {
    this.#sets = new ReaderSets<SeenSet>({
      load: (userId) => this.#read(mysql, userId),
      bytesOf: ({ bytes }) => bytes,
    });
  }

  /** At once for readers seen lately; a promise when MySQL has to be asked. */
  of(userId: bigint): Seen | Promise<Seen> {
    return userId === 0n ? NOTHING_SEEN : this.#sets.of(userId);
  }

  /** Adds a view that has landed in the log; readers that are not in memory are read from there. */
  add(userId: bigint, slot: number): void {
    const seen = this.#sets.remembered(userId);
    if (seen === undefined) {
      this.#sets.forget(userId); // a load under way may be from before
      return;
    }
    const { bytes } = seen;
    seen.add(slot);
    if (seen.bytes !== bytes) this.#sets.reweigh(userId);
  }

  /** By the unique key of the events, which begins with the reader; the newest of what it finds count. */
  async #read(mysql: Mysql, userId: bigint): Promise<SeenSet> {
    const rows = await mysql.query<{ article_id: string }>(
      `SELECT article_id FROM events WHERE user_id = ? AND kind IN (${VIEWS}) ORDER BY id DESC LIMIT ${SEEN_MAX}`,
      [userId],
    );
    const slots = rows.toReversed().map(({ article_id }) => this.catalogue.slotOf(BigInt(article_id)));
    return new SeenSet(this.#marks, SEEN_MAX, slots);
  }
}
