import { limitOf, type Mysql, readTime } from "@headline/mysql";

/** Lists that belong to a user, the latest entry first. */
export type ListName = "collected" | "liked" | "read" | "following" | "followers" | "blocked";

/** Place in a list: of entries of the same millisecond the larger id comes first. */
export interface ListPosition {
  readonly atMs: bigint;
  readonly id: bigint;
}

/** Entry of a list. */
export interface Listed {
  /** Of the article or the user. */
  readonly id: bigint;
  readonly at: Date;
  /** From here the next page goes on. */
  readonly position: ListPosition;
}

/** Part of a list. */
export interface ListSlice {
  readonly ownerId: bigint;
  /** The reader who asks: whom they have blocked is left out. 0 when anonymous. */
  readonly readerId: bigint;
  readonly before: ListPosition;
  readonly count: number;
}

interface ListTable {
  /** Rows `l`. */
  readonly table: string;
  readonly owner: string;
  readonly subject: string;
  readonly time: string;
  /** Rows that are entries. */
  readonly where?: string;
  /** Entries by or of users whom the reader has blocked; one parameter. */
  readonly hidden?: string;
}

/** Counting ends there, and costs no more than reading as many entries of an index. */
const COUNT_MAX = 10_000;

const OF_BLOCKED_AUTHOR = `SELECT 1 FROM articles a JOIN author_blocks b ON b.author_id = a.author_id
  WHERE a.id = l.article_id AND b.user_id = ?`;
const blocked = (column: string) => `SELECT 1 FROM author_blocks b WHERE b.user_id = ? AND b.author_id = l.${column}`;
const NOT_CLEARED = `l.read_at > COALESCE(
  (SELECT c.read_at FROM readings c WHERE c.user_id = l.user_id AND c.article_id = 0), 0)`;

const ARTICLES = { owner: "user_id", subject: "article_id", hidden: OF_BLOCKED_AUTHOR } as const;

const LISTS: Readonly<Record<ListName, ListTable>> = {
  collected: { ...ARTICLES, table: "article_collects", time: "created_at" },
  liked: { ...ARTICLES, table: "article_likes", time: "created_at" },
  read: { ...ARTICLES, table: "readings", time: "read_at", where: `l.removed_at IS NULL AND ${NOT_CLEARED}` },
  following: {
    table: "follows",
    owner: "user_id",
    subject: "author_id",
    time: "created_at",
    hidden: blocked("author_id"),
  },
  followers: {
    table: "follows",
    owner: "author_id",
    subject: "user_id",
    time: "created_at",
    hidden: blocked("user_id"),
  },
  blocked: { table: "author_blocks", owner: "user_id", subject: "author_id", time: "created_at" },
};

interface ListRow {
  readonly id: string;
  readonly at: string;
}

/** Reads entries of a list from behind a position on, an index range whatever the length of the list. */
export async function readList(mysql: Mysql, name: ListName, slice: ListSlice): Promise<readonly Listed[]> {
  const { table, owner, subject, time, where = "TRUE", hidden } = LISTS[name];
  const { ownerId, readerId, before, count } = slice;
  const rows = await mysql.query<ListRow>(
    `SELECT l.${subject} AS id, l.${time} AS at FROM ${table} l
      WHERE l.${owner} = ? AND (l.${time} < ? OR (l.${time} = ? AND l.${subject} < ?)) AND ${where}
        ${hidden === undefined ? "" : `AND NOT EXISTS (${hidden})`}
      ORDER BY l.${time} DESC, l.${subject} DESC LIMIT ?`,
    [ownerId, before.atMs, before.atMs, before.id, ...(hidden === undefined ? [] : [readerId]), limitOf(count)],
  );
  return rows.map(({ id, at }) => ({
    id: BigInt(id),
    at: readTime(at),
    position: { atMs: BigInt(at), id: BigInt(id) },
  }));
}

/** Counts the entries of a list, those included that are hidden from the reader; 10,000 stands for more. */
export async function countList(mysql: Mysql, name: ListName, ownerId: bigint): Promise<number> {
  const { table, owner, where = "TRUE" } = LISTS[name];
  const [row] = await mysql.query<{ entries: string }>(
    `SELECT COUNT(*) AS entries FROM
       (SELECT 1 FROM ${table} l WHERE l.${owner} = ? AND ${where} LIMIT ${COUNT_MAX}) counted`,
    [ownerId],
  );
  return Number(row?.entries ?? 0);
}
