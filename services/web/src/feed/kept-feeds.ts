import { type KeptArticle, keptArticles, recallArticles } from "../articles/known-articles.js";
import { keep, readKept } from "../device/kept.js";
import { Feed, type KeptFeed } from "./feed.js";

interface Kept {
  readonly who: string;
  readonly atMs: number;
  readonly feeds: readonly KeptFeed[];
  readonly articles: readonly KeptArticle[];
}

const KEPT = "headline.feeds";
const KEPT_MS = 30 * 60 * 1_000;
/** Of one channel; more than anybody has scrolled past when they look for their place again. */
const ITEMS_MAX = 300;

/** Keeps what stands in the feeds for a reload of this tab. */
export function keepFeeds(who: string, feeds: Iterable<Feed>): void {
  const kept = [...feeds].flatMap((feed) => feed.kept(ITEMS_MAX) ?? []);
  const ids = new Set(kept.flatMap(({ items }) => items.map(({ articleId }) => articleId)));
  const all: Kept = { who, atMs: Date.now(), feeds: kept, articles: keptArticles(ids) };
  keep(KEPT, kept.length === 0 ? undefined : all, "sessionStorage");
}

/** The feeds as they stood before this tab was loaded again; a visit that begins begins with new ones. */
export function recallFeeds(who: string): Map<string, Feed> {
  const kept = readKept<Kept>(KEPT, "sessionStorage");
  keep(KEPT, undefined, "sessionStorage");
  if (kept === undefined || kept.who !== who || !isReload() || Date.now() - kept.atMs > KEPT_MS) return new Map();
  recallArticles(kept.articles);
  return new Map(kept.feeds.map((feed) => [feed.channelId, Feed.recalled(feed)]));
}

function isReload(): boolean {
  const [navigation] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  return navigation?.type === "reload" || navigation?.type === "back_forward";
}
