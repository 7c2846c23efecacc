import { Draft, Edit } from "../articles/draft.js";
import { MyArticlesQuery } from "../articles/list-my-articles.js";
import { ArticlePath, DeleteQuery } from "../articles/publish-article.js";
import { CommentsQuery } from "../comments/list-comments.js";
import { CommentPath, NewComment } from "../comments/write-comment.js";
import { ArticleId, Comment, CommentId, CommentList, OwnArticleList } from "./answers.js";
import type { Route } from "./route.js";

export const articleRoutes: readonly Route[] = [
  {
    method: "post",
    path: "/articles",
    name: "publish",
    summary: "Publishes an article, at once or at a time within a year",
    access: "signed-in",
    body: { schema: Draft },
    keyed: true,
    answers: { status: 201, data: ArticleId, location: true },
  },
  {
    method: "patch",
    path: "/articles/:id",
    name: "edit",
    summary: "The author's own edits",
    keyed: true,
    more: "`publish_at: null` holds a scheduled article back until it has a time again; 422 once it is published, but for the time that published it.",
    access: "signed-in",
    params: ArticlePath,
    body: { schema: Edit },
    answers: { data: ArticleId },
    refuses: [403, 404, 422],
  },
  {
    method: "delete",
    path: "/articles/:id",
    name: "remove",
    summary: "Gone from every list and feed at once; again is the same",
    more: "Orders that are not paid are cancelled. 409 `PROMOTED` while a promotion is paid and not over: `give_up_promotion=1` ends it with the article, and nothing is paid back.",
    access: "signed-in",
    params: ArticlePath,
    query: DeleteQuery,
    answers: { data: ArticleId },
    refuses: [403, 404, 409],
  },
  {
    method: "get",
    path: "/users/me/articles",
    name: "myArticles",
    summary: "One's own articles, those that wait included",
    access: "signed-in",
    query: MyArticlesQuery,
    answers: { data: OwnArticleList },
  },
  {
    method: "get",
    path: "/articles/:id/comments",
    name: "comments",
    summary: "Comments, the newest first",
    more: "To a request that says who reads, without those of users whom they have blocked; counts have them all.",
    access: "optional",
    params: ArticlePath,
    query: CommentsQuery,
    answers: { data: CommentList },
    refuses: [404],
  },
  {
    method: "post",
    path: "/articles/:id/comments",
    name: "comment",
    summary: "Writes a comment; the next read counts it",
    access: "signed-in",
    params: ArticlePath,
    body: { schema: NewComment },
    keyed: true,
    answers: { status: 201, data: Comment },
    refuses: [404],
  },
  {
    method: "delete",
    path: "/articles/:id/comments/:commentId",
    name: "removeComment",
    summary: "Takes one's own comment back; again is the same",
    access: "signed-in",
    params: CommentPath,
    answers: { data: CommentId },
    refuses: [403, 404],
  },
];
