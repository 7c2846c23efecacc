import { Refusal } from "@headline/service/errors";
import { deadline } from "@headline/service/timing";
import type { Articles } from "../articles/articles.js";
import { presentItem } from "../articles/present-item.js";
import type { Blocks } from "../users/blocks.js";
import type { Fallback } from "./fallback.js";
import type { FeedQuery } from "./feed-query.js";
import { type HydratedPage, type Items, type Page, PINNED } from "./page.js";

interface Deps {
  readonly articles: Articles;
  readonly blocks: Blocks;
  readonly fallback: Fallback;
  /** Limit for reading articles. */
  readonly hydrateMs: number;
  /** Limit for reading blocked authors. */
  readonly blocksMs: number;
  readonly onHydrationError: (error: unknown) => void;
}

/** Hydrates within HYDRATE_MS; on timeout or failure uses the items in memory, and the fallback when there are none. */
export function createHydratePage({ articles, blocks, fallback, hydrateMs, blocksMs, onHydrationError }: Deps) {
  return async (page: Page, query: FeedQuery, userId: bigint): Promise<HydratedPage> => {
    const hydrated = await hydrate(page, query);
    const isOfRecommender = !hydrated.degraded && hydrated.page.picks[0]?.reason !== PINNED;
    return isOfRecommender ? hydrated : withoutBlocked(hydrated, userId);
  };

  async function hydrate(page: Page, query: FeedQuery): Promise<HydratedPage> {
    const ids = page.picks.map(({ articleId }) => articleId);
    let items: Items;
    try {
      const loading = articles.getMany(ids);
      items = loading instanceof Promise ? await deadline(loading, hydrateMs, tooLate) : loading;
    } catch (error) {
      onHydrationError(error);
      return fallback.fromMemory(page, articles.remembered(ids), query);
    }
    return fallback.hydrated(page, items, query);
  }

  /** The recommender leaves out blocked authors; pinned articles and degraded pages do not come from it. */
  async function withoutBlocked(hydrated: HydratedPage, userId: bigint): Promise<HydratedPage> {
    const { page, items, degraded } = hydrated;
    const blocked = await blocks.soon(userId, blocksMs);
    if (blocked.size === 0) return hydrated;
    const isShown = (item: Items[number]) => item === undefined || !blocked.has(authorOf(item));
    const picks = page.picks.filter((_, at) => isShown(items[at]));
    return { page: { ...page, picks }, items: items.filter(isShown), degraded };
  }
}

export type HydratePage = ReturnType<typeof createHydratePage>;

function tooLate(): Refusal {
  return new Refusal("UNAVAILABLE", "the articles were not read in time", { retryAfterSeconds: 1 });
}

function authorOf(item: NonNullable<Items[number]>): bigint {
  return BigInt(String(presentItem(item)["aut_id"]));
}
