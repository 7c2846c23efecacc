import { ArticleId } from "../articles/answers.js";
import { ArticlePath } from "../articles/article-path.js";
import { route, type Story } from "../http/route.js";
import { UserPath } from "../users/user-path.js";
import { Cleared, ListedArticles, ListedUsers, Unblocked } from "./answers.js";
import { ListedArticlesQuery, listArticlesOf } from "./list-articles.js";
import type { ListDeps } from "./list-deps.js";
import { ListedUsersQuery, listBlocked, listFollows } from "./list-users.js";
import { clearRead, removeRead, takeBack, unblockUser } from "./remove-entry.js";

const NO_USER = { 404: "The user does not exist" };

export const lists: Story<ListDeps> = {
  tag: "Lists",
  about: "What a reader collected, liked and read, whom they follow and have blocked, each the latest first.",
  routes: [
    route({
      method: "get",
      path: "/users/me/collected",
      name: "collected",
      summary: "Lists the articles that the reader has collected",
      description: "Without those of blocked authors. `article` is null once it is deleted.",
      access: "signed-in",
      query: ListedArticlesQuery,
      answer: { data: ListedArticles },
      handler: listArticlesOf("collected"),
    }),
    route({
      method: "delete",
      path: "/users/me/collected/:id",
      name: "uncollect",
      summary: "Removes an article from the collected ones",
      description: "Also a deleted one; again is the same.",
      access: "signed-in",
      params: ArticlePath,
      answer: { data: ArticleId },
      handler: takeBack("uncollect"),
    }),
    route({
      method: "get",
      path: "/users/me/liked",
      name: "liked",
      summary: "Lists the articles that the reader likes",
      description: "Without those of blocked authors. `article` is null once it is deleted.",
      access: "signed-in",
      query: ListedArticlesQuery,
      answer: { data: ListedArticles },
      handler: listArticlesOf("liked"),
    }),
    route({
      method: "delete",
      path: "/users/me/liked/:id",
      name: "unlike",
      summary: "Removes an article from the liked ones",
      description: "Also a deleted one; again is the same.",
      access: "signed-in",
      params: ArticlePath,
      answer: { data: ArticleId },
      handler: takeBack("unliking"),
    }),
    route({
      method: "get",
      path: "/users/me/read",
      name: "readingHistory",
      summary: "Lists the articles that the reader has read",
      description:
        "By a click or a reading time of `POST /events`, for up to 180 days. Without those of blocked authors. `article` is null once it is deleted.",
      access: "signed-in",
      query: ListedArticlesQuery,
      answer: { data: ListedArticles },
      handler: listArticlesOf("read"),
    }),
    route({
      method: "delete",
      path: "/users/me/read/:id",
      name: "removeRead",
      summary: "Removes an article from the reading history",
      description: "Until it is read again. Again is the same.",
      access: "signed-in",
      params: ArticlePath,
      answer: { data: ArticleId },
      handler: removeRead,
    }),
    route({
      method: "delete",
      path: "/users/me/read",
      name: "clearRead",
      summary: "Clears the reading history",
      description: "Of everything that was read up to now, also where its event arrives later. Again is the same.",
      access: "signed-in",
      answer: { data: Cleared },
      handler: clearRead,
    }),
    route({
      method: "get",
      path: "/users/me/blocked",
      name: "blocked",
      summary: "Lists the users whom the reader has blocked",
      description: "For the reader alone.",
      access: "signed-in",
      query: ListedUsersQuery,
      answer: { data: ListedUsers },
      handler: listBlocked,
    }),
    route({
      method: "delete",
      path: "/users/me/blocked/:id",
      name: "unblock",
      summary: "Unblocks a user",
      description: "Again is the same.",
      access: "signed-in",
      params: UserPath,
      answer: { data: Unblocked },
      handler: unblockUser,
    }),
    route({
      method: "get",
      path: "/users/:id/following",
      name: "following",
      summary: "Lists whom a user follows",
      description:
        "To a request with a reader, without users whom the reader has blocked; to a signed-in one also whether they follow each.",
      access: "optional",
      params: UserPath,
      query: ListedUsersQuery,
      answer: { data: ListedUsers },
      refuses: NO_USER,
      handler: listFollows("following"),
    }),
    route({
      method: "get",
      path: "/users/:id/followers",
      name: "followers",
      summary: "Lists who follows a user",
      description:
        "To a request with a reader, without users whom the reader has blocked; to a signed-in one also whether they follow each.",
      access: "optional",
      params: UserPath,
      query: ListedUsersQuery,
      answer: { data: ListedUsers },
      refuses: NO_USER,
      handler: listFollows("followers"),
    }),
  ],
};
