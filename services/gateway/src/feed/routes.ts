import { route, type Story } from "../http/route.js";
import { FeedPage, Updates } from "./answers.js";
import { countUpdates, UpdatesQuery } from "./count-updates.js";
import { FeedQuery } from "./feed-query.js";
import { listArticles } from "./list-articles.js";

type PageDeps = Parameters<typeof listArticles>[0];
type UpdatesDeps = Parameters<typeof countUpdates>[0];
export interface FeedDeps extends PageDeps, UpdatesDeps {}

export const feed: Story<FeedDeps> = {
  tag: "Feed",
  about: "The home feed.",
  routes: [
    route({
      method: "get",
      path: "/articles",
      name: "feed",
      summary: "Reads a page of the home feed",
      description:
        "With `timestamp`, a cursor: now for a refresh, then each answer's `pre_timestamp` to go on, 0 is the end. Asking again with the same `timestamp` gives the same page. A failure behind it is `degraded`, never an empty list.",
      access: "guest",
      query: FeedQuery,
      answer: { data: FeedPage },
      hot: true,
      raw: listArticles,
    }),
    route({
      method: "get",
      path: "/articles/updates",
      name: "updates",
      summary: "Counts newer articles",
      description: "Those that wait for this reader, up to 100; nothing is consumed.",
      access: "guest",
      query: UpdatesQuery,
      answer: { data: Updates },
      handler: countUpdates,
    }),
  ],
};
