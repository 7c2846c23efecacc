import { randomUUID } from "node:crypto";
import { countList } from "@headline/newsroom/lists";
import { unblockAuthor } from "@headline/newsroom/reactions";
import { clearReadings, removeReading } from "@headline/newsroom/readings";
import type { ArticlePath } from "../articles/article-path.js";
import { presentItem } from "../articles/present-item.js";
import type { Reader } from "../http/authenticate.js";
import type { Call } from "../http/route.js";
import type { UserPath } from "../users/user-path.js";
import type { ListDeps } from "./list-deps.js";

type Undoing = "uncollect" | "unliking" | "unblock";

/** Takes a reaction back by the id of its article; again is the same. */
export function takeBack(kind: Exclude<Undoing, "unblock">) {
  return (deps: ListDeps) =>
    async ({ reader: { userId }, params: { id: articleId } }: Call<{ reader: Reader; params: ArticlePath }>) => {
      const eventId = randomUUID();
      const [reacted] = await deps.react([{ kind, userId, articleId, eventId, why: undefined }]);
      if (reacted?.outcome === "changed") await append(deps, { kind, userId, articleId, eventId });
      return { article_id: String(articleId) };
    };
}

/** Ends the reader's block of a user; again is the same. */
export function unblockUser(deps: ListDeps) {
  return async ({ reader: { userId }, params: { id: authorId } }: Call<{ reader: Reader; params: UserPath }>) => {
    const unblocked = await unblockAuthor(deps.mysql, userId, authorId);
    if (unblocked !== undefined) {
      const { changes, articleId } = unblocked;
      await deps.invalidator.invalidate(...changes);
      if (articleId !== undefined) await append(deps, { kind: "unblock", userId, articleId, eventId: randomUUID() });
    }
    return { user_id: String(authorId), blocked: false };
  };
}

/** Removes an article from the reader's history; again is the same. */
export function removeRead({ mysql }: ListDeps) {
  return async ({ reader: { userId }, params: { id } }: Call<{ reader: Reader; params: ArticlePath }>) => {
    await removeReading(mysql, userId, id);
    return { article_id: String(id) };
  };
}

/** Clears the reader's history; again is the same. */
export function clearRead({ mysql }: ListDeps) {
  return async ({ reader: { userId } }: Call<{ reader: Reader }>) => {
    await clearReadings(mysql, userId);
    return { count: await countList(mysql, "read", userId) };
  };
}

interface Undone {
  readonly kind: Undoing;
  readonly userId: bigint;
  readonly articleId: bigint;
  readonly eventId: string;
}

/** Appends an event of no page. Best effort: the list does not depend on what is unlearnt. */
async function append(
  { articles, eventLog, now, onEventError }: ListDeps,
  { kind, userId, articleId, eventId }: Undone,
): Promise<void> {
  try {
    const [item] = await articles.getMany([articleId]);
    const nowMs = now();
    await eventLog.append([
      {
        kind,
        userId,
        articleId,
        channelId: item === undefined ? 0 : Number(presentItem(item).channel_id),
        stamp: 0,
        reason: 0,
        position: 0,
        bucket: 0,
        durationMs: undefined,
        why: undefined,
        happenedAtMs: nowMs,
        acceptedAtMs: nowMs,
        occurrence: eventId,
      },
    ]);
  } catch (error) {
    onEventError(error);
  }
}
