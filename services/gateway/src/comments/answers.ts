import { z } from "zod";
import { id, listOf, time } from "../http/answers.js";

export const Comment = z
  .object({
    comment_id: id,
    article_id: id,
    user_id: id,
    user_name: z.string(),
    content: z.string(),
    created_at: time,
  })
  .meta({ id: "Comment" });
export const CommentList = listOf(Comment).meta({ id: "CommentList" });
export const CommentId = z.object({ comment_id: id }).meta({ id: "CommentId" });
