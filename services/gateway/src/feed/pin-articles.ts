import type { FeedQuery } from "./feed-query.js";
import { type Page, PINNED, type Pick } from "./page.js";

/** Puts pinned articles on top of the page where a walk begins, and takes them out of the pages behind it. */
export function pinArticles(page: Page, pinned: readonly bigint[], query: FeedQuery): Page {
  if (query.with_top !== 1 || pinned.length === 0 || page.mode === "fallback") return page;
  const others = page.picks.filter(({ articleId }) => !pinned.includes(articleId));
  return { ...page, picks: isTop(page, query) ? [...pinned.map(toPick), ...others] : others };
}

/** Whether a walk begins with the page; the pages behind it are continued, history, or page 2 and on. */
function isTop({ mode, exposure }: Page, { timestamp, page = 1 }: FeedQuery): boolean {
  return exposure !== "" && mode !== "continued" && (timestamp !== undefined || page === 1);
}

function toPick(articleId: bigint): Pick {
  return { articleId, reason: PINNED, track: undefined };
}
