import type { Comment } from "@headline/newsroom/comments";

/** A comment as JSON has it. A user of another token issuer may have no name here. */
export function presentComment({ commentId, articleId, userId, content, createdAt }: Comment, name?: string) {
  return {
    comment_id: String(commentId),
    article_id: String(articleId),
    user_id: String(userId),
    user_name: name ?? `user ${userId}`,
    content,
    created_at: createdAt.toISOString(),
  };
}
