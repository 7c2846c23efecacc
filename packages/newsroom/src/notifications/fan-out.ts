import { DATABASE_NOW_MS, type Mysql, type Transaction } from "@headline/mysql";
import { date } from "@headline/scheduler";
import { appendChanges, type Change } from "../changes/index.js";
import type { JobsIn } from "../jobs/index.js";
import { PUBLISHED } from "../schema/index.js";
import { FAN_OUT_TOPIC } from "./notification.js";

/** Called with the article's id as text. */
export const FAN_OUT_TASK = "notifications.fanOut";

const PIECE_FOLLOWERS = 1_000;

/** Adds the job that notifies the author's followers, in the publishing transaction; none without followers. */
export async function fanOutIfFollowed(
  tx: Transaction,
  jobs: JobsIn,
  { articleId, authorId }: { articleId: bigint; authorId: bigint },
): Promise<void> {
  const followed = await tx.query("SELECT 1 AS followed FROM follows WHERE author_id = ? LIMIT 1", [authorId]);
  if (followed.length === 0) return;
  await jobs(tx).put({
    id: `fan-out:${articleId}`,
    name: `notify followers of article ${articleId}`,
    func: FAN_OUT_TASK,
    args: [String(articleId)],
    trigger: date(),
    tags: ["article"],
  });
}

/** Some of an author's followers: those whose ids are greater than `after`, up to `until` where that is not null. */
export interface FollowerPiece {
  readonly after: string;
  readonly until: string | null;
}

/** An author's followers in pieces of a thousand: steps over the index, so that a million followers cost a thousand short reads and no long one. */
export async function* followerPieces(mysql: Mysql, authorId: bigint): AsyncGenerator<FollowerPiece> {
  for (let after: string | null = "0"; after !== null; ) {
    const rows: readonly { user_id: string }[] = await mysql.query<{ user_id: string }>(
      `SELECT user_id FROM follows FORCE INDEX (follows_author)
        WHERE author_id = ? AND user_id > ? ORDER BY user_id LIMIT 1 OFFSET ${PIECE_FOLLOWERS - 1}`,
      [authorId, after],
    );
    const until: string | null = rows[0]?.user_id ?? null;
    yield { after, until };
    after = until;
  }
}

/** Result of a piece: the number of followers notified, and its change for push, which is stored already. */
export interface NotifiedPiece {
  readonly notified: number;
  readonly changes: readonly Change[];
}

/**
 * Notifies the followers of one piece of a new article, except those who have blocked its author; the same again notifies none
 * twice.
 */
export function notifyFollowers(
  mysql: Mysql,
  articleId: bigint,
  { after, until }: FollowerPiece,
): Promise<NotifiedPiece> {
  return mysql.transaction(async (tx) => {
    const { affectedRows: notified } = await tx.write(
      `INSERT IGNORE INTO notifications (user_id, kind, subject_id, actor_id, created_at)
       SELECT f.user_id, 'new_article', a.id, a.author_id, ${DATABASE_NOW_MS}
         FROM articles a JOIN follows f ON f.author_id = a.author_id
         LEFT JOIN author_blocks b ON b.user_id = f.user_id AND b.author_id = a.author_id
        WHERE a.id = ? AND a.status = ${PUBLISHED} AND f.user_id > ? AND f.user_id <= ? AND b.user_id IS NULL`,
      [articleId, after, until ?? "9223372036854775807"],
    );
    if (notified === 0) return { notified, changes: [] };
    const changes: Change[] = [{ topic: FAN_OUT_TOPIC, subjectId: articleId, version: notified }];
    await appendChanges(tx, ...changes);
    return { notified, changes };
  });
}
