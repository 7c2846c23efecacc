import { articlesToStore, restoreArticles, type StoredArticle } from "../articles/known-articles.js";
import { readStored, store } from "../device/storage.js";
import { Feed, type StoredFeed } from "./feed.js";

interface StoredFeeds {
  readonly who: string;
  readonly atMs: number;
  readonly feeds: readonly StoredFeed[];
  readonly articles: readonly StoredArticle[];
}

const KEY = "headline.feeds";
const STORED_MS = 30 * 60 * 1_000;
/** Items stored of one channel; more than a reader scrolls past before a reload. */
const ITEMS_MAX = 300;

/** Stores the feeds for a reload of this tab. */
export function storeFeeds(who: string, feeds: Iterable<Feed>): void {
  const stored = [...feeds].flatMap((feed) => feed.stored(ITEMS_MAX) ?? []);
  const ids = new Set(stored.flatMap(({ items }) => items.map(({ articleId }) => articleId)));
  const all: StoredFeeds = { who, atMs: Date.now(), feeds: stored, articles: articlesToStore(ids) };
  store(KEY, stored.length === 0 ? undefined : all, "sessionStorage");
}

/** Restores the feeds as they were before this tab was reloaded; a new visit begins with none. */
export function restoreFeeds(who: string): Map<string, Feed> {
  const stored = readStored<StoredFeeds>(KEY, "sessionStorage");
  store(KEY, undefined, "sessionStorage");
  if (stored === undefined || stored.who !== who || !isReload() || Date.now() - stored.atMs > STORED_MS)
    return new Map();
  restoreArticles(stored.articles);
  return new Map(stored.feeds.map((feed) => [feed.channelId, Feed.restored(feed)]));
}

function isReload(): boolean {
  const [navigation] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  return navigation?.type === "reload" || navigation?.type === "back_forward";
}
