import { createHash } from "node:crypto";
import { DATABASE_NOW_MS, idList, type Mysql, type Transaction, WANTED_IDS } from "@headline/mysql";

export type PageFormat = "html" | "json";

/** A channel's page in one format, as it is sent. */
export interface StaticPage {
  readonly etag: string;
  readonly body: Buffer;
  readonly builtAt: Date;
}

/** Key of a static page, and the tag of its bytes. */
export interface PageTag {
  readonly channelId: number;
  readonly format: PageFormat;
  readonly etag: string;
}

interface TagRow {
  readonly channel_id: number;
  readonly format: PageFormat;
  readonly etag: string;
}

interface PageRow extends TagRow {
  readonly body: Buffer;
  readonly built_at: string;
}

const ETAG_LENGTH = 32;

/** Tags of all pages. */
export async function readPageTags(mysql: Mysql): Promise<PageTag[]> {
  const rows = await mysql.query<TagRow>("SELECT channel_id, format, etag FROM static_pages");
  return rows.map(toTag);
}

/** Pages of channels, in both formats. */
export async function readPages(mysql: Mysql, channelIds: readonly number[]): Promise<(PageTag & StaticPage)[]> {
  const rows = await mysql.query<PageRow>(
    `SELECT channel_id, format, etag, body, built_at
       FROM ${WANTED_IDS} STRAIGHT_JOIN static_pages ON channel_id = want.id`,
    [idList(channelIds.map(BigInt))],
  );
  return rows.map((row) => ({ ...toTag(row), body: row.body, builtAt: new Date(Number(row.built_at)) }));
}

/** Stores a page; false when its bytes are as they were, and only the time of the check is new. */
export async function storePage(
  tx: Transaction,
  { channelId, format, body }: Pick<PageTag & StaticPage, "channelId" | "format" | "body">,
): Promise<boolean> {
  const etag = createHash("sha256").update(body).digest("base64url").slice(0, ETAG_LENGTH);
  const { affectedRows } = await tx.write(
    `UPDATE static_pages SET checked_at = ${DATABASE_NOW_MS} WHERE channel_id = ? AND format = ? AND etag = ?`,
    [channelId, format, etag],
  );
  if (affectedRows > 0) return false;
  await tx.write(
    `INSERT INTO static_pages (channel_id, format, etag, body, built_at, checked_at)
     VALUES (?, ?, ?, ?, ${DATABASE_NOW_MS}, ${DATABASE_NOW_MS})
     ON DUPLICATE KEY UPDATE etag = VALUES(etag), body = VALUES(body), built_at = VALUES(built_at), checked_at = VALUES(checked_at)`,
    [channelId, format, etag, body],
  );
  return true;
}

/** Deletes the pages of channels that are no more; returns their number. */
export async function prunePages(mysql: Mysql): Promise<number> {
  const { affectedRows } = await mysql.write(
    "DELETE p FROM static_pages p LEFT JOIN channels c ON c.id = p.channel_id WHERE c.id IS NULL AND p.channel_id <> 0",
  );
  return affectedRows;
}

function toTag({ channel_id: channelId, format, etag }: TagRow): PageTag {
  return { channelId, format, etag };
}
