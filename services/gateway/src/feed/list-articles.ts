import { Refusal } from "@headline/errors";
import { isTraceparent } from "@headline/observability";
import type { RequestHandler } from "express";
import type { Articles, Item } from "../articles/articles.js";
import type { Channels } from "../channels/channels.js";
import type { Authenticate } from "../http/authenticate.js";
import { read } from "../http/read.js";
import type { Feed } from "./feed.js";
import { FeedQuery } from "./feed-query.js";
import type { HotLists } from "./hot-lists.js";
import type { Page } from "./page.js";
import { presentPage } from "./present-page.js";

interface Parts {
  readonly authenticate: Authenticate;
  readonly channels: Channels;
  readonly feed: Feed;
  readonly articles: Articles;
  readonly hotLists: HotLists;
  readonly now: () => number;
  readonly onHydrationError: (error: unknown) => void;
}

interface Hydrated {
  readonly page: Page;
  readonly items: ReadonlyMap<bigint, Item>;
}

const NONE: readonly bigint[] = [];

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
    const hydrated = await hydrate(page, pinned, query);

    const bytes = presentPage(hydrated.page, pinned, hydrated.items, query, now());
    res.setHeader("Content-Type", "application/json; charset=utf-8");
    res.setHeader("Content-Length", bytes.length);
    res.setHeader("Cache-Control", "private, no-store");
    res.end(bytes);
  };

  /** When neither Redis nor MySQL answers and nothing is in memory, the hot list is: with its own copies. */
  async function hydrate(page: Page, pinned: readonly bigint[], query: FeedQuery): Promise<Hydrated> {
    const ids = page.picks.map(({ articleId }) => articleId);
    try {
      return { page, items: await articles.getMany(pinned.length === 0 ? ids : ids.concat(pinned)) };
    } catch (error) {
      onHydrationError(error);
      const hot = hotLists.get(query.channel_id);
      if (hot === undefined) throw error;
      return {
        page: { ...page, picks: hot.picks.slice(0, query.per_page), exposure: "", degraded: true },
        items: hot.items,
      };
    }
  }
}

export function unknownChannel(channelId: number): Refusal {
  const detail = `${channelId} is not a channel; see GET /channels`;
  return new Refusal("INVALID_ARGUMENT", `channel_id ${detail}`, { fields: [{ field: "channel_id", detail }] });
}
