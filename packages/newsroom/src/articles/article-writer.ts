import { DATABASE_NOW_MS, type Mysql, type Transaction } from "@headline/mysql";
import type { Versioned } from "@headline/redis";
import { Refusal } from "@headline/service/errors";
import { appendChanges, type Change } from "../changes/index.js";
import { answerOnce } from "../idempotency/answer-once.js";
import type { JobsIn } from "../jobs/index.js";
import { fanOutIfFollowed } from "../notifications/index.js";
import { endOrders, giveSlotsBack } from "../orders/index.js";
import { DELETED, PUBLISHED, SCHEDULED } from "../schema/index.js";
import { changeStatistics, USER_STATISTICS, type UserCounts } from "../statistics/index.js";
import { NEW_USER_VERSION } from "../users/user-store.js";
import { toStored, WRITTEN_COLUMNS, type WrittenFields } from "./columns.js";
import { publishJob, publishJobId } from "./publish-job.js";

/** Result of a write: the author's counts where they changed, and the changes for caches and feeds. */
export interface Written {
  readonly articleId: bigint;
  readonly authorCounts?: Versioned<UserCounts>;
  readonly changes: readonly Change[];
}

export interface NewArticle extends WrittenFields {
  readonly content: string;
  /** When to publish it, epoch ms; at once without. */
  readonly publishAtMs?: number;
}

/** Fields that an author changes; a null time holds a scheduled article back until it has another one. */
export type ArticleEdit = Partial<Omit<NewArticle, "publishAtMs">> & { readonly publishAtMs?: number | null };

export interface ArticleWriterDeps {
  readonly mysql: Mysql;
  readonly jobs: JobsIn;
}

/** An article that was published before under the same Idempotency-Key; its changes were emitted then, or are in the table. */
export interface AlreadyWritten {
  readonly articleId: bigint;
  readonly authorCounts?: never;
  readonly changes: readonly [];
}

export interface PublishRequest {
  readonly key: string | undefined;
  /** Refuses what the clock or the channels do not allow now; asked for a new article only. */
  readonly mayPublish: () => void;
}

/** Inserts, in one transaction, the article, the author's count, the job that notifies followers, and the idempotency key. */
export function insertArticle(
  { mysql, jobs }: ArticleWriterDeps,
  authorId: bigint,
  article: NewArticle,
  { key, mayPublish }: PublishRequest,
): Promise<Written | AlreadyWritten> {
  return mysql.transaction(async (tx) => {
    const { id, made } = await answerOnce(tx, { userId: authorId, key, body: article }, async () => {
      mayPublish();
      return insertNew(tx, jobs, authorId, article);
    });
    return made?.written ?? { articleId: id, changes: [] };
  });
}

async function insertNew(tx: Transaction, jobs: JobsIn, authorId: bigint, article: NewArticle) {
  const isNewUser = await insertUnknownUser(tx, authorId);
  const { articleId, version } = await insert(tx, authorId, article);
  const changes: Change[] = [{ topic: "article", subjectId: articleId, version }];
  if (isNewUser) changes.push({ topic: "user", subjectId: authorId, version: NEW_USER_VERSION });
  if (article.publishAtMs !== undefined) {
    await jobs(tx).put(publishJob(articleId, article.publishAtMs));
    await appendChanges(tx, ...changes);
    return { id: articleId, written: { articleId, changes } };
  }
  await fanOutIfFollowed(tx, jobs, { articleId, authorId });
  // The author's row last: it is the one that others wait for.
  const authorCounts = await changeStatistics(tx, USER_STATISTICS, authorId, { articles: 1 });
  changes.push({ topic: "user-statistics", subjectId: authorId, version: authorCounts.version });
  await appendChanges(tx, ...changes);
  return { id: articleId, written: { articleId, authorCounts, changes } };
}

/** Refusals of a channel or a time that an article does not have already: a retry may come when they are gone or over. */
export interface EditRules {
  readonly key: string | undefined;
  readonly mayMoveTo: (channelId: number) => void;
  readonly mayPublishAt: (publishAtMs: number) => void;
}

/**
 * Changes what `edit` names; the job that publishes the article follows its time.
 *
 * @throws Refusal NOT_FOUND, or PERMISSION_DENIED to anyone but the author; FAILED_PRECONDITION for another time of an
 * article that is published already.
 */
export function updateArticle(
  { mysql, jobs }: ArticleWriterDeps,
  authorId: bigint,
  articleId: bigint,
  edit: ArticleEdit,
  { key, ...rules }: EditRules,
): Promise<Written | AlreadyWritten> {
  return mysql.transaction(async (tx) => {
    // What a repeated edit changed may have another value by now, or be deleted: it is not changed back.
    const body = { edited: String(articleId), ...edit };
    const { made } = await answerOnce(tx, { userId: authorId, key, body }, async () => ({
      id: articleId,
      written: await edited(tx, jobs, { authorId, articleId, edit }, rules),
    }));
    return made?.written ?? { articleId, changes: [] };
  });
}

async function edited(
  tx: Transaction,
  jobs: JobsIn,
  { authorId, articleId, edit }: { authorId: bigint; articleId: bigint; edit: ArticleEdit },
  { mayMoveTo, mayPublishAt }: Omit<EditRules, "key">,
): Promise<Written> {
  const before = await lockOwn(tx, authorId, articleId);
  const { version } = before;
  const { channelId, content, publishAtMs } = edit;
  if (channelId !== undefined && channelId !== before.channelId) mayMoveTo(channelId);
  await tx.write(
    `UPDATE articles SET ${WRITTEN_COLUMNS.map((name) => `${name} = COALESCE(?, ${name})`).join(", ")},
            version = ?, updated_at = ${DATABASE_NOW_MS} WHERE id = ?`,
    [...toStored(edit), version, articleId],
  );
  if (content !== undefined)
    await tx.write("UPDATE article_contents SET content = ? WHERE article_id = ?", [content, articleId]);
  // The time it has, or was published by, is the same edit again.
  if (publishAtMs !== undefined && (publishAtMs === null || publishAtMs !== before.publishAtMs)) {
    if (before.status !== SCHEDULED) throw new Refusal("FAILED_PRECONDITION", "the article is published already");
    if (publishAtMs !== null) mayPublishAt(publishAtMs);
    await tx.write("UPDATE articles SET publish_at = ?, published_at = COALESCE(?, published_at) WHERE id = ?", [
      publishAtMs,
      publishAtMs,
      articleId,
    ]);
    await jobs(tx).put(publishJob(articleId, publishAtMs));
  }
  const change: Change = { topic: "article", subjectId: articleId, version };
  await appendChanges(tx, change);
  return { articleId, changes: [change] };
}

export interface Deletion {
  readonly authorId: bigint;
  readonly articleId: bigint;
  /** Whether a promotion that is paid and not over ends with the article. */
  readonly givesUpPromotion: boolean;
}

/**
 * Takes the article and its orders out of everything; the rows stay. Again changes nothing.
 *
 * @throws Refusal NOT_FOUND, or PERMISSION_DENIED to anyone but the author; OrderConflict PROMOTED.
 */
export function deleteArticle(
  { mysql, jobs }: ArticleWriterDeps,
  { authorId, articleId, givesUpPromotion }: Deletion,
): Promise<Written> {
  return mysql.transaction(async (tx) => {
    const { version, status } = await lockAuthored(tx, authorId, articleId);
    if (status === DELETED) return { articleId, changes: [] };
    const orders = await endOrders(tx, jobs, articleId, { givesUpPromotion });
    await tx.write(
      `UPDATE articles SET status = ${DELETED}, publish_at = NULL, version = ?, updated_at = ${DATABASE_NOW_MS} WHERE id = ?`,
      [version, articleId],
    );
    const change: Change = { topic: "article", subjectId: articleId, version };
    if (status === SCHEDULED) {
      await jobs(tx).remove(publishJobId(articleId));
      await appendChanges(tx, change);
      return { articleId, changes: [change] };
    }
    const authorCounts = await changeStatistics(tx, USER_STATISTICS, authorId, { articles: -1 });
    const counted: Change = { topic: "user-statistics", subjectId: authorId, version: authorCounts.version };
    const changes = [change, counted, ...orders.changes];
    await appendChanges(tx, ...changes);
    await giveSlotsBack(tx, orders.days);
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

async function insert(tx: Transaction, authorId: bigint, article: NewArticle) {
  const { publishAtMs = null } = article;
  const { insertId: articleId } = await tx.write(
    `INSERT INTO articles (author_id, ${WRITTEN_COLUMNS.join(", ")}, status, version, publish_at, published_at, created_at, updated_at)
     VALUES (?, ${WRITTEN_COLUMNS.map(() => "?").join(", ")}, ?, ${DATABASE_NOW_MS}, ?, COALESCE(?, ${DATABASE_NOW_MS}), ${DATABASE_NOW_MS}, ${DATABASE_NOW_MS})`,
    [authorId, ...toStored(article), publishAtMs === null ? PUBLISHED : SCHEDULED, publishAtMs, publishAtMs],
  );
  await tx.write("INSERT INTO article_contents (article_id, content) VALUES (?, ?)", [articleId, article.content]);
  const [row] = await tx.query<{ version: string }>("SELECT version FROM articles WHERE id = ?", [articleId]);
  return { articleId, version: Number(row?.version) };
}

/** Locks the author's own article, unless it is deleted. */
async function lockOwn(tx: Transaction, authorId: bigint, articleId: bigint) {
  const article = await lockAuthored(tx, authorId, articleId);
  if (article.status === DELETED) throw new Refusal("NOT_FOUND", `article ${articleId} does not exist`);
  return article;
}

/** Locks an article of the author, deleted ones included, and returns its next version. */
async function lockAuthored(tx: Transaction, authorId: bigint, articleId: bigint) {
  const [row] = await tx.query<OwnRow>(
    `SELECT author_id, status, channel_id, COALESCE(publish_at, scheduled_for) AS publish_at, GREATEST(version + 1, ${DATABASE_NOW_MS}) AS version FROM articles WHERE id = ? FOR UPDATE`,
    [articleId],
  );
  if (row === undefined) throw new Refusal("NOT_FOUND", `article ${articleId} does not exist`);
  if (BigInt(row.author_id) !== authorId) {
    // To anybody else an article does not exist before its time, nor once it is deleted.
    if (row.status !== PUBLISHED) throw new Refusal("NOT_FOUND", `article ${articleId} does not exist`);
    throw new Refusal("PERMISSION_DENIED", "only its author may change an article");
  }
  const publishAtMs = row.publish_at === null ? null : Number(row.publish_at);
  return { version: Number(row.version), status: row.status, channelId: row.channel_id, publishAtMs };
}

interface OwnRow {
  readonly author_id: string;
  readonly status: number;
  readonly channel_id: number;
  readonly version: string;
  /** As it is, or was when the article was published. */
  readonly publish_at: string | null;
}
