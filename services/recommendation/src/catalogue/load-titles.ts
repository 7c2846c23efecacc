import { setImmediate as nextTurn } from "node:timers/promises";
import { idList, limitOf, type Mysql, WANTED_IDS } from "@headline/mysql";
import { PUBLISHED } from "@headline/newsroom/schema";
import type { Catalogue } from "./catalogue.js";
import type { Titled, TitleWords } from "./title-words.js";

const CHUNK_ROWS = 1_000;
/** Titles cut in one turn of the loop: one or two milliseconds. */
const TITLES_A_TURN = 100;
const ABOVE_ALL = 9_223_372_036_854_775_807n;

interface TitleRow {
  readonly id: string;
  readonly title: string;
  readonly status: number;
  readonly published_at: string;
}

interface Loading {
  readonly mysql: Mysql;
  readonly catalogue: Catalogue;
  readonly titleWords: TitleWords;
  readonly signal: AbortSignal;
}

/** Articles whose titles are read, the newest. */
export const TITLES_MAX = 200_000;

/**
 * Reads the titles of the newest articles, the newest first, while the service listens already, in turns of a
 * few milliseconds. Titles that are known by then come from a later change and are left as they are.
 */
export async function loadTitles({ mysql, catalogue, titleWords, signal }: Loading, max = TITLES_MAX): Promise<void> {
  let below = ABOVE_ALL;
  for (let left = max; left > 0 && !signal.aborted; left -= CHUNK_ROWS) {
    const rows = await mysql.query<TitleRow>(
      `SELECT id, title, status, published_at FROM articles
       WHERE id < ? AND status = ${PUBLISHED} ORDER BY id DESC LIMIT ?`,
      [below, limitOf(Math.min(CHUNK_ROWS, left))],
    );
    const last = rows.at(-1);
    if (last === undefined) return;
    below = BigInt(last.id);
    for (let from = 0; from < rows.length && !signal.aborted; from += TITLES_A_TURN) {
      for (const row of rows.slice(from, from + TITLES_A_TURN)) {
        const titled = toTitled(row, catalogue);
        if (!titleWords.has(titled.slot)) titleWords.put(titled);
      }
      await nextTurn();
    }
  }
}

/** Replaces the words of these articles by those of their titles in MySQL now; unpublished articles have none. */
export async function refreshTitles(
  { mysql, catalogue, titleWords }: Omit<Loading, "signal">,
  articleIds: readonly bigint[],
): Promise<void> {
  if (articleIds.length === 0) return;
  const rows = await mysql.query<TitleRow>(
    `SELECT a.id, title, status, published_at FROM ${WANTED_IDS} STRAIGHT_JOIN articles a ON a.id = want.id`,
    [idList(articleIds)],
  );
  const published = rows.filter(({ status }) => status === PUBLISHED).map((row) => toTitled(row, catalogue));
  const stays = new Set(published.map(({ slot }) => slot));
  for (const articleId of articleIds) {
    const slot = catalogue.slotOf(articleId);
    if (!stays.has(slot)) titleWords.remove(slot);
  }
  for (const titled of published) titleWords.put(titled);
}

function toTitled(row: TitleRow, catalogue: Catalogue): Titled {
  return { slot: catalogue.slotOf(BigInt(row.id)), title: row.title, publishedAtMs: Number(row.published_at) };
}
