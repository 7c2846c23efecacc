import type { RequestHandler } from "express";
import type { Channels } from "../channels/channels.js";
import type { Authenticate } from "../http/authenticate.js";
import { isDryRun } from "../http/is-dry-run.js";
import { read } from "../http/read.js";
import { ServerTiming } from "../http/server-timing.js";
import { traceparentOf } from "../http/traceparent-of.js";
import type { Feed } from "./feed.js";
import { FeedQuery } from "./feed-query.js";
import type { HydratePage } from "./hydrate-page.js";
import type { HydratedPage } from "./page.js";
import { pinArticles } from "./pin-articles.js";
import { presentPage } from "./present-page.js";

interface Deps {
  readonly authenticate: Authenticate;
  readonly channels: Channels;
  readonly feed: Feed;
  readonly hydratePage: HydratePage;
  readonly now: () => number;
  /** Observes each page that is sent. */
  readonly onPage?: ((page: HydratedPage) => void) | undefined;
}

/** GET /articles: validate → recommend → hydrate → present. */
export function listArticles({ authenticate, channels, feed, hydratePage, now, onPage }: Deps): RequestHandler {
  return async (req, res) => {
    const timing = ServerTiming.of(req);
    const query = read(FeedQuery, req.query);
    const channel = channels.named(query.channel_id);
    const { userId } = await authenticate.anybody(req, res);
    timing?.mark("auth");

    const page = await feed(userId, query, { traceparent: traceparentOf(req), dryRun: isDryRun(req) });
    timing?.mark("recommend");
    const hydrated = await hydratePage(pinArticles(page, channel.pinned, query), query, userId);
    timing?.mark("hydrate");
    const bytes = presentPage(hydrated, query, now());
    onPage?.(hydrated);

    res.setHeader("Content-Type", "application/json; charset=utf-8");
    res.setHeader("Content-Length", bytes.length);
    res.setHeader("Cache-Control", "private, no-store");
    timing?.send(res);
    res.end(bytes);
  };
}
