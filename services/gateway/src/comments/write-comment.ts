import type { Mysql } from "@headline/mysql";
import { type Commented, deleteComment, insertComment } from "@headline/newsroom/comments";
import type { EventLog, TrackedEvent } from "@headline/newsroom/events";
import { z } from "zod";
import type { ArticlePath } from "../articles/article-path.js";
import type { Articles } from "../articles/articles.js";
import type { CacheInvalidator } from "../changes/cache-invalidator.js";
import type { Reader } from "../http/authenticate.js";
import { idText } from "../http/read.js";
import type { Call } from "../http/route.js";
import { lines } from "../http/text.js";
import type { Users } from "../users/users.js";
import { commentEvent, uncommentEvents } from "./comment-event.js";
import { presentComment } from "./present-comment.js";

export interface CommentDeps {
  readonly mysql: Mysql;
  readonly articles: Articles;
  readonly users: Users;
  readonly invalidator: CacheInvalidator;
  readonly eventLog: EventLog;
  readonly now: () => number;
  readonly onRedisError: (error: unknown) => void;
  /** Receives the error of a comment that the event log did not take. */
  readonly onCommentEventError: (error: unknown) => void;
}

const CHARACTERS_MAX = 1_000;

export const CommentPath = z.object({ id: idText, commentId: idText });
export type CommentPath = z.output<typeof CommentPath>;

export const NewComment = z
  .strictObject({ content: lines(CHARACTERS_MAX) }, { error: "must be a JSON object" })
  .meta({ id: "NewComment" });
export type NewComment = z.output<typeof NewComment>;

/** Commits a comment, which the next read counts; once for each idempotency key. */
export function writeComment(parts: CommentDeps) {
  const { mysql, users, now } = parts;
  return async ({ reader, params, body, key }: Call<{ reader: Reader; params: ArticlePath; body: NewComment }>) => {
    const { userId } = reader;
    const comment = { articleId: params.id, userId, content: body.content, idempotencyKey: key };
    const commented = await insertComment(mysql, comment);
    const [user] = await Promise.all([
      users.profiles.get(userId).catch(() => undefined), // the comment is written, with or without a name to show
      invalidate(parts, commented),
      append(parts, [commentEvent(commented, now())]), // also on a retry: the first attempt may have failed here
    ]);
    return presentComment(commented.comment, user?.name);
  };
}

/** Deletes a comment of the reader's own; again is the same. */
export function removeComment(parts: CommentDeps) {
  const { mysql, now } = parts;
  return async ({ reader, params: { id, commentId } }: Call<{ reader: Reader; params: CommentPath }>) => {
    const deleted = await deleteComment(mysql, id, commentId, reader.userId);
    await Promise.all([invalidate(parts, deleted), append(parts, uncommentEvents(deleted, now()))]);
    return { comment_id: String(commentId) };
  };
}

/** Best effort: MySQL has it, and other processes read it there within a second. */
async function invalidate(
  { articles, invalidator, onRedisError }: CommentDeps,
  { comment, counts, changes }: Commented,
) {
  await Promise.all([
    invalidator.invalidate(...changes),
    counts && articles.statistics.offer(comment.articleId, counts).catch(onRedisError),
  ]);
}

/** Best effort: the comment does not depend on what is learnt from it. */
async function append({ eventLog, onCommentEventError }: CommentDeps, events: readonly TrackedEvent[]): Promise<void> {
  await eventLog.append(events).catch(onCommentEventError);
}
