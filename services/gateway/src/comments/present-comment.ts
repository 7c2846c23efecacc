import type { Comment } from "@headline/newsroom/comments";

/** On the wire. Who signs in elsewhere may have no name here. */
export function presentComment({ commentId, articleId, userId, content, createdAt }: Comment, name?: string) {
  return {
    comment_id: String(commentId),
    article_id: String(articleId),
    user_id: String(userId),
    user_name: name ?? `user ${userId}`,
    content,
    created_at: createdAt,
  };
}
