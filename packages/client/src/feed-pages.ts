import type { CallOptions } from "./call.js";
import type { FeedPage } from "./gen/api.js";

/** Start, size and channel of the pages of `feed`. */
export interface FeedOptions {
  /** Default 0: recommended from all channels. */
  readonly channelId?: number;
  /** Default 10, at most 50. */
  readonly perPage?: number;
  /** Pinned articles first on the first page, and not again behind it. */
  readonly withTop?: boolean;
  /** Where to begin: the `pre_timestamp` of a page. Default: with a refresh. */
  readonly timestamp?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface FeedQuery {
  readonly channel_id: number;
  readonly per_page?: number | undefined;
  readonly timestamp: number;
  readonly with_top?: number | undefined;
}

type AskFeed = (query: FeedQuery, options: CallOptions) => Promise<FeedPage>;

/**
 * Pages as a reader scrolls: a refresh, the older pages behind it, and behind the oldest new ones until nothing is left to serve.
 * A degraded page is the last: who goes on later begins with its `pre_timestamp`.
 */
export async function* feedPages(
  ask: AskFeed,
  now: () => number,
  { channelId = 0, perPage, withTop = false, timestamp: from, signal }: FeedOptions,
): AsyncGenerator<FeedPage, void> {
  let timestamp = from ?? now();
  let isBack = timestamp === 0;
  for (let first = true; ; first = false) {
    if (isBack) timestamp = Math.max(now(), timestamp + 1);
    const query = { channel_id: channelId, per_page: perPage, timestamp, with_top: withTop && !isBack ? 1 : undefined };
    const page = await ask(query, { signal });
    if (first || page.results.length > 0) yield page;
    if (page.degraded || (isBack && page.exhausted)) return;
    if (!isBack && page.pre_timestamp > 0) timestamp = page.pre_timestamp;
    else if (page.exhausted) return;
    else isBack = true;
  }
}
