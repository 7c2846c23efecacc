import { z } from "zod";
import { ArticlePath } from "../articles/publish-article.js";
import { EVENTS_MAX, EventItem, Upload } from "../events/event-item.js";
import { UpdatesQuery } from "../feed/count-updates.js";
import { FeedQuery } from "../feed/feed-query.js";
import { ArticleDetail, ChannelList, FeedPage, Updates, Verdicts } from "./answers.js";
import type { Route } from "./route.js";

/** The handler judges each item by itself, with `EventItem`. */
export const EventUpload = Upload.extend({ events: z.array(EventItem).min(1).max(EVENTS_MAX) });

/** A file's name in `/pages`: the handler reads it by a pattern of its own. */
const PagePath = z.object({
  file: z.string().meta({ pattern: "^(0|[1-9]\\d{0,9})(\\.(html|json))?$", description: "`0`, `0.html`, `0.json`" }),
});

export const readingRoutes: readonly Route[] = [
  {
    method: "get",
    path: "/articles",
    name: "feed",
    summary: "The home feed",
    more: "With `timestamp`, a cursor: now for a refresh, then each answer's `pre_timestamp` to go on, 0 is the end. Asking again with the same `timestamp` gives the same page. A failure behind it is `degraded`, never an empty list.",
    access: "guest",
    query: FeedQuery,
    answers: { data: FeedPage },
  },
  {
    method: "get",
    path: "/articles/updates",
    name: "updates",
    summary: "How many newer articles wait; nothing is consumed",
    access: "guest",
    query: UpdatesQuery,
    answers: { data: Updates },
  },
  {
    method: "get",
    path: "/articles/:id",
    name: "article",
    summary: "One article with its content, counts and similar ones",
    access: "optional",
    params: ArticlePath,
    answers: { data: ArticleDetail },
    refuses: [404],
  },
  {
    method: "get",
    path: "/channels",
    name: "channels",
    summary: "The channels, in the order to show them",
    access: "nobody",
    answers: { data: ChannelList },
  },
  {
    method: "get",
    path: "/pages/:file",
    name: "staticPage",
    summary: "The guests' feed of a channel as it was last built, the same for everybody",
    access: "nobody",
    params: PagePath,
    answers: { type: "text/html" },
  },
  {
    method: "post",
    path: "/events",
    name: "reportEvents",
    summary: "What readers did, by the signed tokens of the feed",
    repeatable: true,
    more: "202 is a promise: what is accepted is durable and counts. Whoever gets no answer, or 503, sends the upload again; each event counts once by its `id`.",
    access: "optional",
    body: { schema: EventUpload, types: ["application/json", "text/plain"] },
    answers: { status: 202, data: Verdicts },
  },
];
