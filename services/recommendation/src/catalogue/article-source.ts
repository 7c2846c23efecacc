import { idList, type Mysql, WANTED_IDS } from "@headline/mysql";
import { PUBLISHED } from "@headline/newsroom/schema";
import type { Catalogue, CatalogueRow } from "./catalogue.js";

/** Articles of a catalogue, the newest. */
export const CATALOGUE_MAX = 1_000_000;
const CHUNK_ROWS = 2_000;
const ABOVE_ALL = 9_223_372_036_854_775_807n;

const COLUMNS = `
  a.id, a.author_id, a.channel_id, a.status, a.published_at,
  COALESCE(s.likes, 0) AS likes, COALESCE(s.comments, 0) AS comments, COALESCE(s.collects, 0) AS collects`;
const STATISTICS = "LEFT JOIN article_statistics s ON s.article_id = a.id";

interface ArticleRow {
  readonly id: string;
  readonly author_id: string;
  readonly channel_id: number;
  readonly status: number;
  readonly published_at: string;
  readonly likes: string;
  readonly comments: string;
  readonly collects: string;
}

/**
 * Fills the catalogue from MySQL, the newest first, in chunks by primary key that are small enough not to delay pages
 * served meanwhile. MySQL looks for the next one while this one is taken in.
 */
export async function loadCatalogue(mysql: Mysql, catalogue: Catalogue): Promise<void> {
  let reading = readChunk(mysql, ABOVE_ALL);
  for (let left = CATALOGUE_MAX; left > 0; left -= CHUNK_ROWS) {
    const rows = await reading;
    const last = rows.at(-1);
    if (last === undefined) return;
    reading = readChunk(mysql, BigInt(last.id));
    catalogue.putMany(rows.map(toCatalogueRow));
  }
  await reading;
}

function readChunk(mysql: Mysql, below: bigint): Promise<readonly ArticleRow[]> {
  return mysql.query<ArticleRow>(
    `SELECT ${COLUMNS} FROM articles a ${STATISTICS} WHERE a.id < ? AND a.status = ${PUBLISHED} ORDER BY a.id DESC LIMIT ${CHUNK_ROWS}`,
    [below],
  );
}

/** Takes in the rows of these articles as they are now; an article without a row is gone. */
export async function refreshArticles(
  mysql: Mysql,
  catalogue: Catalogue,
  articleIds: readonly bigint[],
): Promise<void> {
  const { found, absent } = await readArticles(mysql, articleIds);
  for (const row of found) catalogue.put(row);
  for (const articleId of absent) catalogue.remove(articleId);
}

/** The same for articles that are still unknown afterwards: a row taken in meanwhile was read later. */
export async function loadUnknownArticles(
  mysql: Mysql,
  catalogue: Catalogue,
  articleIds: readonly bigint[],
): Promise<void> {
  const { found, absent } = await readArticles(mysql, articleIds);
  const isUnknown = (articleId: bigint) => !catalogue.isKnown(catalogue.slotOf(articleId));
  for (const row of found) if (isUnknown(row.articleId)) catalogue.put(row);
  for (const articleId of absent) if (isUnknown(articleId)) catalogue.remove(articleId);
}

async function readArticles(mysql: Mysql, articleIds: readonly bigint[]) {
  if (articleIds.length === 0) return { found: [], absent: [] };
  const rows = await mysql.query<ArticleRow>(
    `SELECT ${COLUMNS} FROM ${WANTED_IDS} STRAIGHT_JOIN articles a ON a.id = want.id ${STATISTICS}`,
    [idList(articleIds)],
  );
  const found = rows.map(toCatalogueRow);
  const present = new Set(found.map((row) => row.articleId));
  return { found, absent: articleIds.filter((articleId) => !present.has(articleId)) };
}

function toCatalogueRow(row: ArticleRow): CatalogueRow {
  return {
    articleId: BigInt(row.id),
    authorId: BigInt(row.author_id),
    channelId: row.channel_id,
    publishedAtMs: Number(row.published_at),
    published: row.status === PUBLISHED,
    likes: Number(row.likes),
    comments: Number(row.comments),
    collects: Number(row.collects),
  };
}
