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
  /** Its index in the order of the list, forced: by the planner's guess a page may sort all of it. */
  readonly index: string;
  readonly owner: string;
  readonly subject: string;
  readonly time: string;
  /** Rows that are entries; one parameter, the owner. */
  readonly where?: string;
  /** Joins the block `b` by which the reader hides an entry; one parameter, the reader. */
  readonly block?: string;
}

/** Counting ends there, and costs no more than reading as many entries of an index. */
const COUNT_MAX = 10_000;

/** Outer joins, as they leave the order of the index alone: planners turn NOT EXISTS into a scan of all articles. */
const OF_AUTHOR = `LEFT JOIN articles a ON a.id = l.article_id
  LEFT JOIN author_blocks b ON b.user_id = ? AND b.author_id = a.author_id`;
const ofUser = (column: string) => `LEFT JOIN author_blocks b ON b.user_id = ? AND b.author_id = l.${column}`;
/** The mark is read by its key, once: a subquery of each row would be a scan. */
const NOT_CLEARED = `l.read_at > COALESCE(
  (SELECT c.read_at FROM readings c WHERE c.user_id = ? AND c.article_id = 0), 0)`;

const ARTICLES = { owner: "user_id", subject: "article_id", block: OF_AUTHOR } as const;

const LISTS: Readonly<Record<ListName, ListTable>> = {
  collected: { ...ARTICLES, table: "article_collects", index: "article_collects_by_time", time: "created_at" },
  liked: { ...ARTICLES, table: "article_likes", index: "article_likes_by_time", time: "created_at" },
  read: {
    ...ARTICLES,
    table: "readings",
    index: "readings_by_time",
    time: "read_at",
    where: `l.removed_at IS NULL AND ${NOT_CLEARED}`,
  },
  following: {
    table: "follows",
    index: "follows_by_time",
    owner: "user_id",
    subject: "author_id",
    time: "created_at",
    block: ofUser("author_id"),
  },
  followers: {
    table: "follows",
    index: "follows_author",
    owner: "author_id",
    subject: "user_id",
    time: "created_at",
    block: ofUser("user_id"),
  },
  blocked: {
    table: "author_blocks",
    index: "author_blocks_by_time",
    owner: "user_id",
    subject: "author_id",
    time: "created_at",
  },
};

interface ListRow {
  readonly id: string;
  readonly at: string;
}

/** Reads entries of a list from behind a position on, an index range whatever the length of the list. */
export async function readList(mysql: Mysql, name: ListName, slice: ListSlice): Promise<readonly Listed[]> {
  const { table, index, owner, subject, time, where, block } = LISTS[name];
  const { ownerId, readerId, before, count } = slice;
  const rows = await mysql.query<ListRow>(
    `SELECT l.${subject} AS id, l.${time} AS at FROM ${table} l FORCE INDEX (${index}) ${block ?? ""}
      WHERE l.${owner} = ? AND (l.${time} < ? OR (l.${time} = ? AND l.${subject} < ?))
        ${block === undefined ? "" : "AND b.user_id IS NULL"} ${where === undefined ? "" : `AND ${where}`}
      ORDER BY l.${time} DESC, l.${subject} DESC LIMIT ?`,
    [
      ...(block === undefined ? [] : [readerId]),
      ...[ownerId, before.atMs, before.atMs, before.id],
      ...(where === undefined ? [] : [ownerId]),
      limitOf(count),
    ],
  );
  return rows.map(({ id, at }) => ({
    id: BigInt(id),
    at: readTime(at),
    position: { atMs: BigInt(at), id: BigInt(id) },
  }));
}

/** Counts the entries of a list, those included that are hidden from the reader; 10,000 stands for more. */
export async function countList(mysql: Mysql, name: ListName, ownerId: bigint): Promise<number> {
  const { table, owner, where } = LISTS[name];
  const [row] = await mysql.query<{ entries: string }>(
    `SELECT COUNT(*) AS entries FROM
       (SELECT 1 FROM ${table} l WHERE l.${owner} = ? ${where === undefined ? "" : `AND ${where}`}
         LIMIT ${COUNT_MAX}) counted`,
    where === undefined ? [ownerId] : [ownerId, ownerId],
  );
  return Number(row?.entries ?? 0);
}
