import type { Mysql } from "@headline/mysql";
import { BatchSigner, type TrackKeys } from "@headline/track-token";

/** Reactions of a reader to an article and its author. */
export interface ViewerState {
  readonly liked: boolean;
  readonly collected: boolean;
  readonly disliked: boolean;
  readonly blocked_author: boolean;
  readonly following: boolean;
}

interface StateRow {
  readonly liked: number;
  readonly collected: number;
  readonly disliked: number;
  readonly blocked_author: number;
  readonly following: number;
}

/** Five lookups by primary key, in one statement. */
export async function viewerState(
  mysql: Mysql,
  { userId, articleId, authorId }: { userId: bigint; articleId: bigint; authorId: bigint },
): Promise<ViewerState> {
  const [row] = await mysql.query<StateRow>(
    `SELECT EXISTS (SELECT 1 FROM article_likes WHERE user_id = ? AND article_id = ?) AS liked,
            EXISTS (SELECT 1 FROM article_collects WHERE user_id = ? AND article_id = ?) AS collected,
            EXISTS (SELECT 1 FROM article_dislikes WHERE user_id = ? AND article_id = ?) AS disliked,
            EXISTS (SELECT 1 FROM author_blocks WHERE user_id = ? AND author_id = ?) AS blocked_author,
            EXISTS (SELECT 1 FROM follows WHERE user_id = ? AND author_id = ?) AS following`,
    [userId, articleId, userId, articleId, userId, articleId, userId, authorId, userId, authorId],
  );
  const is = (value: number | undefined) => Number(value) === 1;
  return {
    liked: is(row?.liked),
    collected: is(row?.collected),
    disliked: is(row?.disliked),
    blocked_author: is(row?.blocked_author),
    following: is(row?.following),
  };
}

const HOUR_MS = 60 * 60 * 1_000;
const TOKEN_TTL_S = 24 * 60 * 60;
/** No ranking chose it: the reader came by a link. */
const BY_LINK = { channelId: 0, bucket: 0, reason: 0, position: 0 } as const;

/**
 * Tokens for an article that this reader was given by itself. All that are given within an hour are of one batch, so that what
 * is done counts once, however often the article is opened.
 */
export function linkTrace(keys: TrackKeys, userId: bigint, articleId: bigint, nowMs: number) {
  const stamp = Math.floor(nowMs / HOUR_MS) * HOUR_MS;
  const expiresAtSeconds = Math.floor(nowMs / 1_000) + TOKEN_TTL_S;
  const { channelId, bucket, reason, position } = BY_LINK;
  return new BatchSigner(keys, { userId, channelId, stamp, expiresAtSeconds, bucket }).article(
    articleId,
    reason,
    position,
  );
}
