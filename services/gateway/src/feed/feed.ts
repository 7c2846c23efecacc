import type { Recommendation, Recommender } from "@headline/recommender";
import type { Budgets } from "../budgets.js";
import { invalid } from "../http/read.js";
import type { Breaker } from "./breaker.js";
import type { Fallback } from "./fallback.js";
import type { FeedQuery } from "./feed-query.js";
import { NO_PICKS, NOTHING_MISSED, type Page, type PageRequest, type Pick } from "./page.js";
import type { PageSessions } from "./page-sessions.js";

interface Deps {
  readonly recommender: Recommender;
  readonly breaker: Breaker;
  readonly budgets: Budgets;
  readonly sessions: PageSessions;
  readonly fallback: Fallback;
  readonly now: () => number;
  readonly onSessionError: (error: unknown) => void;
}

const END_OF_FEED: Page = {
  mode: "end",
  picks: NO_PICKS,
  exposure: "",
  timestamp: 0,
  preTimestamp: 0,
  hasMore: false,
  without: NOTHING_MISSED,
};

/** Chooses pages of readers' feeds: by the recommender, or by the fallback when it fails. */
export function createFeed({ recommender, breaker, budgets, sessions, fallback, now, onSessionError }: Deps) {
  return async (
    userId: bigint,
    query: FeedQuery,
    { traceparent, dryRun = false }: Partial<Omit<PageRequest, "userId" | "query" | "timeStamp">> = {},
  ): Promise<Page> => {
    if (query.timestamp === 0) return END_OF_FEED;
    const timeStamp = query.timestamp ?? (dryRun ? now() + 1 : await timeStampOfPage(userId, query));
    const request = { userId, query, timeStamp, traceparent, dryRun };
    try {
      const page = toPage(request, await recommend(request));
      if (page.picks.length > 0 && !dryRun) fallback.remember(request, page.picks);
      return page;
    } catch (error) {
      return fallback.withoutRecommender(request, error);
    }
  };

  /** Page 1 is a refresh, a page served before has the time_stamp it had, the next page is a refresh that goes on. */
  async function timeStampOfPage(userId: bigint, { channel_id: channelId, page = 1 }: FeedQuery): Promise<number> {
    const nowMs = now() + 1; // later than the stamp of every page of this reader, so that it asks for a new one
    try {
      if (page === 1) {
        await sessions.begin(userId, channelId, nowMs);
        return nowMs;
      }
      const timeStamp = await sessions.claim(userId, channelId, page, nowMs);
      if (timeStamp !== undefined) return timeStamp;
    } catch (error) {
      onSessionError(error); // without Redis the pages served before are unknown; the reader gets new ones
      return nowMs;
    }
    throw invalid("page", `must follow the last page served; pages before ${page} were not, or half an hour ago`);
  }

  function recommend({ userId, query, timeStamp, traceparent, dryRun }: PageRequest): Promise<Recommendation> {
    const request = {
      userId,
      channelId: query.channel_id,
      articleNum: query.per_page,
      timeStamp: BigInt(timeStamp),
    };
    const { recommendMs: timeoutMs, recommendAttemptMs: attemptMs } = budgets;
    return breaker(() => recommender.recommend(request, { timeoutMs, attemptMs, traceparent, dryRun }));
  }
}

export type Feed = ReturnType<typeof createFeed>;

function toPage({ query, timeStamp }: PageRequest, answer: Recommendation): Page {
  const preTimestamp = Number(answer.timeStamp);
  const byCursor = query.timestamp !== undefined;
  const picks: Pick[] = answer.recommends.map(({ articleId, track }, index) => ({
    articleId,
    track,
    reason: answer.reasons[index] ?? "unspecified",
  }));
  return {
    mode: answer.mode,
    picks,
    exposure: answer.exposure,
    timestamp: byCursor || answer.stamp === 0n ? timeStamp : Number(answer.stamp),
    preTimestamp,
    hasMore: byCursor ? preTimestamp > 0 : answer.mode === "replay" || picks.length >= query.per_page,
    without: answer.without ?? NOTHING_MISSED,
  };
}
