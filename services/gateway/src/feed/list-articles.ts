import { Refusal } from "@headline/errors";
import { isTraceparent } from "@headline/observability";
import type { RequestHandler } from "express";
import type { Articles } from "../articles/articles.js";
import type { Channels } from "../channels/channels.js";
import type { Authenticate } from "../http/authenticate.js";
import { read } from "../http/read.js";
import { within } from "../http/within.js";
import type { Feed } from "./feed.js";
import { FeedQuery } from "./feed-query.js";
import type { HotLists } from "./hot-lists.js";
import type { Page } from "./page.js";
import { type Hydrated, presentPage } from "./present-page.js";

interface Parts {
  readonly authenticate: Authenticate;
  readonly channels: Channels;
  readonly feed: Feed;
  readonly articles: Articles;
  readonly hotLists: HotLists;
  readonly now: () => number;
  readonly onHydrationError: (error: unknown) => void;
}

const NONE: readonly bigint[] = [];
const NO_ITEMS: Hydrated["pinned"] = [];

/** Of the request's 800 ms. */
const HYDRATE_MS = 300;

/** GET /articles: validate → recommend → hydrate → present. */
export function listArticles({
  authenticate,
  channels,
  feed,
  articles,
  hotLists,
  now,
  onHydrationError,
}: Parts): RequestHandler {
  return async (req, res) => {
    const query = read(FeedQuery, req.query);
    const channel = channels.get(query.channel_id);
    if (channel === undefined) throw unknownChannel(query.channel_id);
    const { userId } = await authenticate.anybody(req, res);

    const { traceparent } = req.headers;
    const page = await feed(userId, query, isTraceparent(traceparent) ? traceparent : undefined);
    const pinned = query.with_top === 1 && page.exposure !== "" ? channel.pinned : NONE;
    const bytes = presentPage(await hydrate(withoutPinned(page, pinned), pinned, query), query, now());

    res.setHeader("Content-Type", "application/json; charset=utf-8");
    res.setHeader("Content-Length", bytes.length);
    res.setHeader("Cache-Control", "private, no-store");
    res.end(bytes);
  };

  /** In time, or with what is in memory; and a page that would show nothing because something failed shows the hot list. */
  async function hydrate(page: Page, pinned: readonly bigint[], query: FeedQuery): Promise<Hydrated> {
    const picked = page.picks.map(({ articleId }) => articleId);
    const ids = pinned.length === 0 ? picked : [...picked, ...pinned];
    const hydrated = await hydrateIds(page, ids);
    if (!hydrated.page.degraded || hydrated.items.some((item) => item !== undefined)) {
      if (pinned.length === 0) return hydrated;
      const { items } = hydrated;
      return { ...hydrated, items: items.slice(0, picked.length), pinned: items.slice(picked.length) };
    }
    const hot = hotLists.get(query.channel_id);
    if (hot === undefined)
      throw new Refusal("UNAVAILABLE", "the feed cannot be answered right now", { retryAfterSeconds: 1 });
    const shown = { ...hydrated.page, picks: hot.picks.slice(0, query.per_page), exposure: "" };
    return { page: shown, items: hot.items, pinned: NO_ITEMS };
  }

  async function hydrateIds(page: Page, ids: readonly bigint[]): Promise<Hydrated> {
    try {
      const loading = articles.getMany(ids);
      const items = loading instanceof Promise ? await within(HYDRATE_MS, loading) : loading;
      return { page, items, pinned: NO_ITEMS };
    } catch (error) {
      onHydrationError(error);
      return { page: { ...page, degraded: true }, items: articles.remembered(ids), pinned: NO_ITEMS };
    }
  }
}

/** What is pinned already stands on the page. */
function withoutPinned(page: Page, pinned: readonly bigint[]): Page {
  if (pinned.length === 0) return page;
  return { ...page, picks: page.picks.filter(({ articleId }) => !pinned.includes(articleId)) };
}

export function unknownChannel(channelId: number): Refusal {
  const detail = `${channelId} is not a channel; see GET /channels`;
  return new Refusal("INVALID_ARGUMENT", `channel_id ${detail}`, { fields: [{ field: "channel_id", detail }] });
}
