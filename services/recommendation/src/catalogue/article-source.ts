import { inList, type Mysql } from "@headline/mysql";
import type { Catalogue, CatalogueRow } from "./catalogue.js";

/** How many of the newest articles a catalogue holds. */
const CATALOGUE_MAX = 1_000_000;
const CHUNK_ROWS = 20_000;
const PUBLISHED = 1;

const COLUMNS = `
  a.id, a.author_id, a.channel_id, a.status, a.published_at,
  COALESCE(s.likes, 0) AS likes, COALESCE(s.comments, 0) AS comments, COALESCE(s.collects, 0) AS collects
  FROM articles a LEFT JOIN article_statistics s ON s.article_id = a.id`;

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

/** Fills the catalogue from MySQL in chunks by primary key, the newest first, so a large one does not block for long. */
export async function loadCatalogue(mysql: Mysql, catalogue: Catalogue): Promise<void> {
  let below = 9_223_372_036_854_775_807n;
  for (let left = CATALOGUE_MAX; left > 0; left -= CHUNK_ROWS) {
    const rows = await mysql.query<ArticleRow>(
      `SELECT ${COLUMNS} WHERE a.id < ? AND a.status = ${PUBLISHED} ORDER BY a.id DESC LIMIT ${CHUNK_ROWS}`,
      [below],
    );
    catalogue.putMany(rows.map(toCatalogueRow));
    const last = rows.at(-1);
    if (last === undefined || rows.length < CHUNK_ROWS) return;
    below = BigInt(last.id);
  }
}

/** Makes the catalogue know what MySQL says of these articles now. */
export async function refreshArticles(
  mysql: Mysql,
  catalogue: Catalogue,
  articleIds: readonly bigint[],
): Promise<void> {
  if (articleIds.length === 0) return;
  const rows = await mysql.query<ArticleRow>(`SELECT ${COLUMNS} WHERE a.id IN (${inList(articleIds)})`);
  for (const row of rows) catalogue.put(toCatalogueRow(row));
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
