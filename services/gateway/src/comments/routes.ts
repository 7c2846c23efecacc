import { ArticlePath } from "../articles/article-path.js";
import { route, type Story } from "../http/route.js";
import { Comment, CommentId, CommentList } from "./answers.js";
import { CommentsQuery, listComments } from "./list-comments.js";
import { type CommentDeps, CommentPath, NewComment, removeComment, writeComment } from "./write-comment.js";

export const comments: Story<CommentDeps> = {
  tag: "Comments",
  about: "Reading, writing and deleting comments of an article.",
  routes: [
    route({
      method: "get",
      path: "/articles/:id/comments",
      name: "comments",
      summary: "Lists comments",
      description:
        "The newest first; to a request with a reader, without those of users whom the reader has blocked. Counts include all.",
      access: "optional",
      params: ArticlePath,
      query: CommentsQuery,
      answer: { data: CommentList },
      refuses: { 404: "The article does not exist" },
      handler: listComments,
    }),
    route({
      method: "post",
      path: "/articles/:id/comments",
      name: "comment",
      summary: "Writes a comment",
      description: "The next read counts it.",
      access: "signed-in",
      params: ArticlePath,
      body: { schema: NewComment },
      rate: "comments",
      keyed: true,
      answer: { status: 201, data: Comment },
      refuses: { 404: "The article does not exist" },
      handler: writeComment,
    }),
    route({
      method: "delete",
      path: "/articles/:id/comments/:commentId",
      name: "removeComment",
      summary: "Deletes a comment",
      description: "The reader's own; again, within a day, is the same.",
      access: "signed-in",
      params: CommentPath,
      answer: { data: CommentId },
      refuses: { 403: "Another user wrote the comment", 404: "The comment does not exist" },
      handler: removeComment,
    }),
  ],
};
