import type { RequestHandler } from "express";
import type { Articles, Item } from "../articles/articles.js";
import { presentItem } from "../articles/present-item.js";
import type { Channels } from "../channels/channels.js";
import type { Authenticate } from "../http/authenticate.js";
import { isLook } from "../http/is-look.js";
import { read } from "../http/read.js";
import { ServerTiming } from "../http/server-timing.js";
import { traceparentOf } from "../http/traceparent-of.js";
import { within } from "../http/within.js";
import type { Blocks } from "../users/blocks.js";
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
  readonly blocks: Blocks;
  readonly hotLists: HotLists;
  readonly hydrateMs: number;
  readonly blocksMs: number;
  readonly now: () => number;
  readonly onHydrationError: (error: unknown) => void;
  /** Told of each page that is answered. */
  readonly onPage?: ((page: Page) => void) | undefined;
}

const NONE: readonly bigint[] = [];
const NO_ITEMS: Hydrated["pinned"] = [];

/** GET /articles: validate → recommend → hydrate → present. */
export function listArticles({
  authenticate,
  channels,
  feed,
  articles,
  blocks,
  hotLists,
  hydrateMs,
  blocksMs,
  now,
  onHydrationError,
  onPage,
}: Parts): RequestHandler {
  return async (req, res) => {
    const timing = ServerTiming.of(req);
    const query = read(FeedQuery, req.query);
    const channel = channels.named(query.channel_id);
    const { userId } = await authenticate.anybody(req, res);
    timing?.mark("auth");

    const page = await feed(userId, query, { traceparent: traceparentOf(req), dryRun: isLook(req) });
    timing?.mark("recommend");
    const pinned = query.with_top === 1 ? channel.pinned : NONE;
    const onTop = isTop(page, query) ? pinned : NONE;
    const hydrated = await withoutBlocked(
      await hydrate(page.degraded ? page : withoutPinned(page, pinned), onTop, query),
      userId,
    );
    timing?.mark("hydrate");
    const bytes = presentPage(hydrated, query, now());
    onPage?.(hydrated.page);

    res.setHeader("Content-Type", "application/json; charset=utf-8");
    res.setHeader("Content-Length", bytes.length);
    res.setHeader("Cache-Control", "private, no-store");
    timing?.send(res);
    res.end(bytes);
  };

  /** The recommender leaves out authors whom the reader has blocked; pinned articles, and pages without it, do not come from there. */
  async function withoutBlocked(hydrated: Hydrated, userId: bigint): Promise<Hydrated> {
    const { page, items, pinned } = hydrated;
    if (!page.degraded && pinned.length === 0) return hydrated;
    const blocked = await blocks.soon(userId, blocksMs);
    if (blocked.size === 0) return hydrated;
    const isShown = (item: Item | undefined) => item === undefined || !blocked.has(authorOf(item));
    return {
      page: { ...page, picks: page.picks.filter((_, at) => isShown(items[at])) },
      items: items.slice(0, page.picks.length).filter(isShown),
      pinned: pinned.filter(isShown),
    };
  }

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
    const shown = { ...hydrated.page, picks: hot.picks.slice(0, query.per_page), exposure: "" };
    return { page: shown, items: hot.items, pinned: NO_ITEMS };
  }

  async function hydrateIds(page: Page, ids: readonly bigint[]): Promise<Hydrated> {
    try {
      const loading = articles.getMany(ids);
      const items = loading instanceof Promise ? await within(hydrateMs, loading) : loading;
      return { page, items, pinned: NO_ITEMS };
    } catch (error) {
      onHydrationError(error);
      return { page: { ...page, degraded: true }, items: articles.remembered(ids), pinned: NO_ITEMS };
    }
  }
}

/** Whether the page is where a walk begins; those behind it are continued, history, or page 2 and on. */
function isTop({ mode, exposure }: Page, { timestamp, page = 1 }: FeedQuery): boolean {
  return exposure !== "" && mode !== "continued" && (timestamp !== undefined || page === 1);
}

function authorOf(item: Item): bigint {
  return BigInt(String(presentItem(item)["aut_id"]));
}

/** Puts pinned articles on top of the first page. */
function withoutPinned(page: Page, pinned: readonly bigint[]): Page {
  if (pinned.length === 0) return page;
  return { ...page, picks: page.picks.filter(({ articleId }) => !pinned.includes(articleId)) };
}
