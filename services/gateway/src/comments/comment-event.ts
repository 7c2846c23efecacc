import type { Commented } from "@headline/newsroom/comments";
import type { TrackedEvent } from "@headline/newsroom/events";

/** Event of a comment, without a page; its id is the comment's, so that a repeated one counts once. */
export function commentEvent({ comment, channelId }: Commented, nowMs: number): TrackedEvent {
  const { commentId, userId, articleId, createdAt } = comment;
  return {
    kind: "comment",
    userId,
    articleId,
    channelId,
    stamp: 0,
    reason: 0,
    position: 0,
    bucket: 0,
    durationMs: undefined,
    why: undefined,
    happenedAtMs: createdAt.getTime(),
    acceptedAtMs: nowMs,
    occurrence: uuidOf(commentId),
  };
}

/** Its end; with the comment before it, for the log may have been away when that was written. */
export function uncommentEvents(commented: Commented, nowMs: number): readonly TrackedEvent[] {
  const comment = commentEvent(commented, nowMs);
  return [comment, { ...comment, kind: "uncomment", happenedAtMs: nowMs }];
}

function uuidOf(id: bigint): string {
  const digits = id.toString(16).padStart(32, "0");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
