import { route, type Story } from "../http/route.js";
import { UserPath } from "../users/user-path.js";
import { ArticleDetail, ArticleId, ArticleList, OwnArticleList } from "./answers.js";
import { ArticlePath } from "./article-path.js";
import { Draft, Edit } from "./draft.js";
import { listMyArticles, MyArticlesQuery } from "./list-my-articles.js";
import { listUserArticles, UserArticlesQuery } from "./list-user-articles.js";
import { DeleteQuery, editArticle, type PublishingDeps, publishArticle, removeArticle } from "./publish-article.js";
import { type ReadingDeps, readArticle } from "./read-article.js";

export interface ArticleDeps extends ReadingDeps, PublishingDeps {}

export const articles: Story<ArticleDeps> = {
  tag: "Articles",
  about: "Reading, publishing, editing and deleting.",
  routes: [
    route({
      method: "get",
      path: "/articles/:id",
      name: "article",
      summary: "Reads an article",
      description:
        "With its content, counts and similar ones; to a request with a reader, also `trace` and `viewer`. One that waits for its time is there for its author alone.",
      access: "optional",
      params: ArticlePath,
      answer: { data: ArticleDetail },
      refuses: { 404: "The article does not exist" },
      handler: readArticle,
    }),
    route({
      method: "post",
      path: "/articles",
      name: "publish",
      summary: "Publishes an article",
      description: "At once, or at the time of `publish_at` within a year.",
      access: "signed-in",
      body: { schema: Draft },
      rate: "articles",
      keyed: true,
      answer: { status: 201, data: ArticleId, location: ({ article_id }) => `/articles/${article_id}` },
      handler: publishArticle,
    }),
    route({
      method: "patch",
      path: "/articles/:id",
      name: "edit",
      summary: "Edits an article",
      description: "`publish_at: null` holds a scheduled article back until it has a time again.",
      access: "signed-in",
      params: ArticlePath,
      body: { schema: Edit },
      rate: "articles",
      keyed: true,
      answer: { data: ArticleId },
      refuses: {
        403: "Another user is the author",
        404: "The article does not exist",
        422: "The article is published: `publish_at` can only be the time that published it",
      },
      handler: editArticle,
    }),
    route({
      method: "delete",
      path: "/articles/:id",
      name: "remove",
      summary: "Deletes an article",
      description:
        "From every list and feed at once; again is the same. Orders that are not paid are cancelled. `give_up_promotion=1` ends a paid promotion with the article, and nothing is paid back.",
      access: "signed-in",
      params: ArticlePath,
      query: DeleteQuery,
      answer: { data: ArticleId },
      refuses: {
        403: "Another user is the author",
        404: "The article does not exist",
        409: "`PROMOTED`: a promotion is paid and not over",
      },
      handler: removeArticle,
    }),
    route({
      method: "get",
      path: "/users/me/articles",
      name: "myArticles",
      summary: "Lists the reader's own articles",
      description: "The newest first, those included that wait for their time.",
      access: "signed-in",
      query: MyArticlesQuery,
      answer: { data: OwnArticleList },
      handler: listMyArticles,
    }),
    route({
      method: "get",
      path: "/users/:id/articles",
      name: "userArticles",
      summary: "Lists a user's articles",
      description: "Those that are published, the newest first.",
      access: "public",
      params: UserPath,
      query: UserArticlesQuery,
      answer: { data: ArticleList },
      handler: listUserArticles,
    }),
  ],
};
