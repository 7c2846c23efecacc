import type { Mysql } from "@headline/mysql";
import type { Catalogue } from "../catalogue/catalogue.js";
import { VIEW_KINDS } from "./feedback.js";
import { ReaderSets } from "./reader-sets.js";
import { SeenSet, SlotMarks } from "./seen-set.js";

/** Slots of articles that were on a reader's screen, or opened. */
export interface Seen {
  has(slot: number): boolean;
}

/** What a reader saw before these may come again: weeks of reading. */
const SEEN_MAX = 2_000;
const VIEWS = VIEW_KINDS.map((kind) => `'${kind}'`).join(", ");
export const NOTHING_SEEN: Seen = new Set();

/** What readers have seen: what the event log says of those seen lately, kept up with what lands. */
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

  /** An event has landed that says so. Of readers not remembered the log will say it when it is read. */
  add(userId: bigint, slot: number): void {
    const seen = this.#sets.remembered(userId);
    if (seen === undefined) {
      this.#sets.forget(userId); // what is being read may be from before
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
