import { createHash } from "node:crypto";
import { appendChanges, type Change, DATABASE_NOW_MS } from "@headline/change-feed";
import { Refusal } from "@headline/errors";
import { isDuplicate, isGivenUp, isLocked, type Mysql, type Transaction } from "@headline/mysql";
import type { Versioned } from "@headline/redis";
import { type Counts, changeStatistics, USER_STATISTICS } from "@headline/statistics";
import { NEW_USER_VERSION } from "../users/user-store.js";
import { DELETED, PUBLISHED } from "./article-store.js";

export type UserCounts = Counts<"articles" | "followers" | "followings" | "likes_received">;

/** What a write did: the author's counts where they changed, and what caches and feeds are told. */
export interface Written {
  readonly articleId: bigint;
  readonly authorCounts?: Versioned<UserCounts>;
  readonly changes: readonly Change[];
}

export interface NewArticle {
  readonly title: string;
  readonly content: string;
  readonly channelId: number;
  readonly cover: readonly string[];
}

/** An article that was published before, under the same Idempotency-Key: whoever wrote it has told, or the table does. */
export interface AlreadyWritten {
  readonly articleId: bigint;
  readonly authorCounts?: never;
  readonly changes: readonly [];
}

/**
 * One transaction: the article, the author's count, what followers are told, and the idempotency key, all or nothing.
 *
 * @throws Refusal ALREADY_EXISTS while a request with the same key is running; FAILED_PRECONDITION when the key was used
 * for another body.
 */
export async function insertArticle(
  mysql: Mysql,
  authorId: bigint,
  article: NewArticle,
  idempotencyKey: string | undefined,
): Promise<Written | AlreadyWritten> {
  const hash = createHash("sha256").update(JSON.stringify(article)).digest("hex");
  return mysql.transaction(async (tx) => {
    if (idempotencyKey !== undefined) {
      const before = await claimKey(tx, authorId, idempotencyKey, hash);
      if (before !== undefined) return { articleId: before, changes: [] };
    }
    const isNewUser = await insertUnknownUser(tx, authorId);
    const { articleId, version } = await insert(tx, authorId, article);
    if (idempotencyKey !== undefined) {
      await tx.write("UPDATE idempotency_keys SET article_id = ? WHERE user_id = ? AND idempotency_key = ?", [
        articleId,
        authorId,
        idempotencyKey,
      ]);
    }
    // The author's row last: it is the one that others wait for.
    const authorCounts = await changeStatistics(tx, USER_STATISTICS, authorId, { articles: 1 });
    const changes: Change[] = [
      { topic: "article", subjectId: articleId, version },
      { topic: "user-statistics", subjectId: authorId, version: authorCounts.version },
    ];
    if (isNewUser) changes.push({ topic: "user", subjectId: authorId, version: NEW_USER_VERSION });
    await appendChanges(tx, ...changes);
    return { articleId, authorCounts, changes };
  });
}

/** Changes what `edit` names. @throws Refusal NOT_FOUND, or PERMISSION_DENIED to anyone but the author. */
export async function updateArticle(
  mysql: Mysql,
  authorId: bigint,
  articleId: bigint,
  edit: Partial<NewArticle>,
): Promise<Written> {
  return mysql.transaction(async (tx) => {
    const version = await lockOwn(tx, authorId, articleId);
    const { title = null, channelId = null, cover, content } = edit;
    await tx.write(
      `UPDATE articles SET title = COALESCE(?, title), channel_id = COALESCE(?, channel_id), cover = COALESCE(?, cover),
              version = ?, updated_at = ${DATABASE_NOW_MS} WHERE id = ?`,
      [title, channelId, cover === undefined ? null : JSON.stringify(cover), version, articleId],
    );
    if (content !== undefined)
      await tx.write("UPDATE article_contents SET content = ? WHERE article_id = ?", [content, articleId]);
    const change = { topic: "article", subjectId: articleId, version };
    await appendChanges(tx, change);
    return { articleId, changes: [change] };
  });
}

/** Takes the article out of everything; its row stays. @throws Refusal NOT_FOUND, or PERMISSION_DENIED to anyone but the author. */
export async function deleteArticle(mysql: Mysql, authorId: bigint, articleId: bigint): Promise<Written> {
  return mysql.transaction(async (tx) => {
    const version = await lockOwn(tx, authorId, articleId);
    await tx.write(
      `UPDATE articles SET status = ${DELETED}, version = ?, updated_at = ${DATABASE_NOW_MS} WHERE id = ?`,
      [version, articleId],
    );
    const authorCounts = await changeStatistics(tx, USER_STATISTICS, authorId, { articles: -1 });
    const changes = [
      { topic: "article", subjectId: articleId, version },
      { topic: "user-statistics", subjectId: authorId, version: authorCounts.version },
    ];
    await appendChanges(tx, ...changes);
    return { articleId, authorCounts, changes };
  });
}

/** Ids from here on stay without a row: the next sign-up gets the number after the largest, and needs room above it. */
const UNKNOWN_USER_ID_MAX = 1n << 62n;

/** A token of another issuer may name a user this database has not seen yet. True when it was so. */
async function insertUnknownUser(tx: Transaction, userId: bigint): Promise<boolean> {
  if (userId >= UNKNOWN_USER_ID_MAX) return false;
  const { affectedRows } = await tx.write(
    `INSERT IGNORE INTO users (id, name, created_at) VALUES (?, ?, ${DATABASE_NOW_MS})`,
    [userId, `user ${userId}`],
  );
  return affectedRows === 1;
}

const KEY_KEPT_MS = 24 * 60 * 60 * 1_000;

async function insert(tx: Transaction, authorId: bigint, article: NewArticle) {
  const { insertId: articleId } = await tx.write(
    `INSERT INTO articles (author_id, channel_id, title, cover, status, version, published_at, created_at, updated_at)
     VALUES (?, ?, ?, ?, ${PUBLISHED}, ${DATABASE_NOW_MS}, ${DATABASE_NOW_MS}, ${DATABASE_NOW_MS}, ${DATABASE_NOW_MS})`,
    [authorId, article.channelId, article.title, JSON.stringify(article.cover)],
  );
  await tx.write("INSERT INTO article_contents (article_id, content) VALUES (?, ?)", [articleId, article.content]);
  const [row] = await tx.query<{ version: string }>("SELECT version FROM articles WHERE id = ?", [articleId]);
  return { articleId, version: Number(row?.version) };
}

/**
 * Takes the key for this request, or answers the article it stands for. Of two requests at once, the second finds the first's
 * row locked (409), or waits for its INSERT and then finds what it wrote, or gives up waiting (409).
 */
async function claimKey(tx: Transaction, userId: bigint, key: string, hash: string): Promise<bigint | undefined> {
  try {
    const used = await articleOfKey(tx, userId, key, hash);
    if (used !== undefined) return used;
    await tx.write(
      `INSERT INTO idempotency_keys (user_id, idempotency_key, request_hash, created_at) VALUES (?, ?, ?, ${DATABASE_NOW_MS})`,
      [userId, key, hash],
    );
    return undefined;
  } catch (error) {
    if (isDuplicate(error)) return articleOfKey(tx, userId, key, hash);
    if (!isLocked(error) && !isGivenUp(error)) throw error;
    throw new Refusal("ALREADY_EXISTS", "a request with this Idempotency-Key is still running", { cause: error });
  }
}

/** What the key was used for. One that is older than keys are kept is free again: its row goes. */
async function articleOfKey(tx: Transaction, userId: bigint, key: string, hash: string): Promise<bigint | undefined> {
  const [used] = await tx.query<{ request_hash: string; article_id: string; is_over: number }>(
    `SELECT request_hash, article_id, created_at < ${DATABASE_NOW_MS} - ${KEY_KEPT_MS} AS is_over
       FROM idempotency_keys WHERE user_id = ? AND idempotency_key = ? FOR UPDATE NOWAIT`,
    [userId, key],
  );
  if (used === undefined) return undefined;
  if (Number(used.is_over) === 1) {
    await tx.write("DELETE FROM idempotency_keys WHERE user_id = ? AND idempotency_key = ?", [userId, key]);
    return undefined;
  }
  if (used.request_hash === hash) return BigInt(used.article_id);
  throw new Refusal("FAILED_PRECONDITION", "this Idempotency-Key was used for another body");
}

/** Locks the author's own article and answers its next version. */
async function lockOwn(tx: Transaction, authorId: bigint, articleId: bigint): Promise<number> {
  const [row] = await tx.query<{ author_id: string; status: number; version: string }>(
    `SELECT author_id, status, GREATEST(version + 1, ${DATABASE_NOW_MS}) AS version FROM articles WHERE id = ? FOR UPDATE`,
    [articleId],
  );
  if (row === undefined || row.status !== PUBLISHED)
    throw new Refusal("NOT_FOUND", `article ${articleId} does not exist`);
  if (BigInt(row.author_id) !== authorId)
    throw new Refusal("PERMISSION_DENIED", "only its author may change an article");
  return Number(row.version);
}
