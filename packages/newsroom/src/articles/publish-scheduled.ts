import { DATABASE_NOW_MS, type Mysql, type Transaction } from "@headline/mysql";
import { appendChanges, type Change } from "../changes/index.js";
import { type JobsIn, NotDueYet } from "../jobs/index.js";
import { addNotification, fanOutIfFollowed } from "../notifications/index.js";
import { PUBLISHED, SCHEDULED } from "../schema/index.js";
import { changeStatistics, USER_STATISTICS } from "../statistics/index.js";

/** Result of publishing a scheduled article, with the changes for caches, feeds and push. */
export interface Publication {
  readonly outcome: "published" | "held back" | "due later" | "published before" | "gone";
  readonly changes: readonly Change[];
}

interface Scheduled {
  readonly author_id: string;
  readonly status: number;
  readonly publish_at: string | null;
  readonly now_ms: string;
  readonly next_version: string;
}

/**
 * Publishes a scheduled article, once, however often it is called. A run that was due at `scheduledAtMs` leaves an article
 * whose time was moved beyond that to the run of the new time.
 *
 * @throws NotDueYet while its time has not come by the clock of the database.
 */
export function publishScheduled(
  mysql: Mysql,
  jobs: JobsIn,
  articleId: bigint,
  scheduledAtMs: number,
): Promise<Publication> {
  return mysql.transaction(async (tx) => {
    const article = await lock(tx, articleId);
    if (article === undefined || (article.status !== SCHEDULED && article.status !== PUBLISHED))
      return { outcome: "gone", changes: [] };
    if (article.status === PUBLISHED) return { outcome: "published before", changes: [] };
    if (article.publish_at === null) return { outcome: "held back", changes: [] };
    const dueInMs = Number(article.publish_at) - Number(article.now_ms);
    if (dueInMs > 0 && Number(article.publish_at) > scheduledAtMs) return { outcome: "due later", changes: [] };
    if (dueInMs > 0) throw new NotDueYet(`article ${articleId}`, dueInMs);
    const authorId = BigInt(article.author_id);
    await tx.write(
      `UPDATE articles SET status = ${PUBLISHED}, published_at = ${DATABASE_NOW_MS}, scheduled_for = publish_at, publish_at = NULL, version = ?,
              updated_at = ${DATABASE_NOW_MS} WHERE id = ?`,
      [article.next_version, articleId],
    );
    const notified = await addNotification(tx, { userId: authorId, kind: "article_published", subjectId: articleId });
    await fanOutIfFollowed(tx, jobs, { articleId, authorId });
    const counts = await changeStatistics(tx, USER_STATISTICS, authorId, { articles: 1 });
    const changes: Change[] = [
      { topic: "article", subjectId: articleId, version: Number(article.next_version) },
      { topic: "user-statistics", subjectId: authorId, version: counts.version },
      ...notified,
    ];
    await appendChanges(tx, ...changes);
    return { outcome: "published", changes };
  });
}

/** Articles whose time has passed by more than `byMs`: their job was lost, by hand perhaps. */
export async function overdueArticles(mysql: Mysql, byMs: number): Promise<bigint[]> {
  const rows = await mysql.query<{ id: string }>(
    `SELECT id FROM articles WHERE status = ${SCHEDULED} AND publish_at < ${DATABASE_NOW_MS} - ? ORDER BY publish_at LIMIT 500`,
    [byMs],
  );
  return rows.map(({ id }) => BigInt(id));
}

async function lock(tx: Transaction, articleId: bigint): Promise<Scheduled | undefined> {
  const [row] = await tx.query<Scheduled>(
    `SELECT author_id, status, publish_at, ${DATABASE_NOW_MS} AS now_ms,
            GREATEST(version + 1, ${DATABASE_NOW_MS}) AS next_version
       FROM articles WHERE id = ? FOR UPDATE`,
    [articleId],
  );
  return row;
}
