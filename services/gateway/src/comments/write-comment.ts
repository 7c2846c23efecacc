import type { Mysql } from "@headline/mysql";
import { type Commented, deleteComment, insertComment } from "@headline/newsroom/comments";
import type { EventLog, TrackedEvent } from "@headline/newsroom/events";
import type { WriteLimit } from "@headline/redis/limits";
import type { RequestHandler } from "express";
import { z } from "zod";
import type { Articles } from "../articles/articles.js";
import type { Announcer } from "../changes/announcer.js";
import type { Authenticate } from "../http/authenticate.js";
import { sendOk } from "../http/json.js";
import { idText, read } from "../http/read.js";
import { lines } from "../http/text.js";
import { idempotencyKey } from "../idempotency/idempotency-key.js";
import type { Users } from "../users/users.js";
import { commentEvent, uncommentEvents } from "./comment-event.js";
import { presentComment } from "./present-comment.js";

interface Parts {
  readonly authenticate: Authenticate;
  readonly limit: WriteLimit;
  readonly mysql: Mysql;
  readonly articles: Articles;
  readonly users: Users;
  readonly announcer: Announcer;
  readonly eventLog: EventLog;
  readonly now: () => number;
  readonly onRedisError: (error: unknown) => void;
  readonly onLogError: (error: unknown) => void;
}

const CHARACTERS_MAX = 1_000;
const ArticlePath = z.object({ id: idText });
export const CommentPath = z.object({ id: idText, commentId: idText });
export const NewComment = z.strictObject({ content: lines(CHARACTERS_MAX) }, { error: "must be a JSON object" });

/** POST /articles/:id/comments: 201 once it is committed, and the next read counts it; with an Idempotency-Key, once. */
export function writeComment(parts: Parts): RequestHandler {
  const { authenticate, limit, mysql, users, now } = parts;
  return async (req, res) => {
    const { userId } = await authenticate.signedIn(req);
    await limit({ readerId: userId, address: req.ip });
    const { id } = read(ArticlePath, req.params);
    const { content } = read(NewComment, req.body);
    const comment = { articleId: id, userId, content, idempotencyKey: idempotencyKey(req) };
    const commented = await insertComment(mysql, comment);
    const [user] = await Promise.all([
      users.profiles.get(userId).catch(() => undefined), // the comment is written, with or without a name to show
      announce(parts, commented),
      tell(parts, [commentEvent(commented, now())]), // again, when it was written before: perhaps that was not told
    ]);
    sendOk(res, presentComment(commented.comment, user?.name), 201);
  };
}

/** DELETE /articles/:id/comments/:commentId, for who wrote it; again is the same. */
export function removeComment(parts: Parts): RequestHandler {
  const { authenticate, mysql, now } = parts;
  return async (req, res) => {
    const { userId } = await authenticate.signedIn(req);
    const { id, commentId } = read(CommentPath, req.params);
    const deleted = await deleteComment(mysql, id, commentId, userId);
    await Promise.all([announce(parts, deleted), tell(parts, uncommentEvents(deleted, now()))]);
    sendOk(res, { comment_id: String(commentId) });
  };
}

/** Best effort: MySQL has it, and whoever is not told reads it there within a second. */
async function announce({ articles, announcer, onRedisError }: Parts, { comment, counts, changes }: Commented) {
  await Promise.all([
    announcer.announce(...changes),
    counts && articles.statistics.offer(comment.articleId, counts).catch(onRedisError),
  ]);
}

/** Best effort: what the comment is does not depend on what is learnt from it. */
async function tell({ eventLog, onLogError }: Parts, events: readonly TrackedEvent[]): Promise<void> {
  await eventLog.append(events).catch(onLogError);
}
