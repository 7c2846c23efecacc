import { describe, expect, test } from "@jest/globals";
import { Fallback } from "./fallback.js";
import { LastPages } from "./last-pages.js";
import type { HydratedList, Items, Page, PageRequest, Pick } from "./page.js";

const CHANNEL = 101;
const request: PageRequest = {
  userId: 7n,
  query: { channel_id: CHANNEL, per_page: 2, with_top: 0 },
  timeStamp: 1_000,
  traceparent: undefined,
  dryRun: false,
};
const { query } = request;
const away = new Error("the recommender is away");

describe("without the recommender", () => {
  test("the reader's last page comes before the hot list, and the hot list before the static page", () => {
    const all = ladder({ hot: list(3n, 4n), fixed: list(5n) });
    all.remember(request, picksOf(1n, 2n, 9n));
    expect(idsOf(all.withoutRecommender(request, away))).toEqual([1n, 2n]);
    const stranger = { ...request, userId: 8n };
    expect(idsOf(all.withoutRecommender(stranger, away))).toEqual([3n, 4n]);
    expect(idsOf(ladder({ fixed: list(5n) }).withoutRecommender(stranger, away))).toEqual([5n]);
  });

  test("the cursor stays, nothing can be confirmed, and the error is reported", () => {
    const errors: unknown[] = [];
    const page = ladder({ hot: list(3n), errors }).withoutRecommender(request, away);
    expect(page).toMatchObject({
      mode: "fallback",
      timestamp: 1_000,
      preTimestamp: 1_000,
      hasMore: true,
      exposure: "",
    });
    expect(errors).toEqual([away]);
  });

  test("below the static page is 503", () => {
    expect(() => ladder({}).withoutRecommender(request, away)).toThrow(
      expect.objectContaining({ code: "UNAVAILABLE", retryAfterSeconds: 1 }),
    );
  });

  test("a last page of which nothing is left becomes the hot list, with its items", () => {
    const all = ladder({ hot: list(3n, 4n, 6n) });
    all.remember(request, picksOf(1n, 2n));
    const page = all.withoutRecommender(request, away);
    const { page: shown, items, degraded } = all.hydrated(page, [undefined, undefined], query);
    expect([idsOf(shown), items, degraded]).toEqual([[3n, 4n], itemsOf(3n, 4n), true]);
  });
});

describe("a live page", () => {
  const live = {
    ...ladder({ hot: list() }).withoutRecommender(request, away),
    mode: "refresh",
    exposure: "token",
  } as const;

  test("is not degraded once its items were read, even if every article is deleted", () => {
    expect(ladder({}).hydrated(live, [undefined], query)).toEqual({ page: live, items: [undefined], degraded: false });
  });

  test("is degraded and confirms its exposure while some items are in memory", () => {
    const items = [undefined, ...itemsOf(2n)];
    expect(ladder({}).fromMemory(live, items, query)).toEqual({ page: live, items, degraded: true });
  });

  test("becomes the hot list while no item is in memory: the cursor goes on, and nothing can be confirmed", () => {
    const { page, items, degraded } = ladder({ hot: list(3n) }).fromMemory(live, [undefined], query);
    expect(page).toEqual({ ...live, picks: picksOf(3n), exposure: "" });
    expect([items, degraded]).toEqual([itemsOf(3n), true]);
  });
});

test("the number of updates is the recommender's, not degraded", async () => {
  const counted = await ladder({}).updates(Promise.resolve(4), { userId: 7n, channelId: CHANNEL, since: 1 }, undefined);
  expect(counted).toEqual({ count: 4, degraded: false });
});

interface Rungs {
  readonly hot?: HydratedList;
  readonly fixed?: HydratedList;
  readonly errors?: unknown[];
}

function ladder({ hot, fixed, errors = [] }: Rungs): Fallback {
  const lists = (of: HydratedList | undefined) => new Map(of === undefined ? [] : [[CHANNEL, of]]);
  return new Fallback({
    lastPages: new LastPages(),
    hotLists: lists(hot),
    staticLists: lists(fixed),
    countPublished: async () => 0,
    onDegraded: (error) => void errors.push(error),
  });
}

function list(...ids: bigint[]): HydratedList {
  return { picks: picksOf(...ids), items: itemsOf(...ids) };
}

function picksOf(...ids: bigint[]): Pick[] {
  return ids.map((articleId) => ({ articleId, reason: "hot", track: undefined }));
}

function itemsOf(...ids: bigint[]): Items {
  return ids.map((id) => Buffer.from(`{"article_id":"${id}"`));
}

function idsOf({ picks }: globalThis.Pick<Page, "picks">): bigint[] {
  return picks.map(({ articleId }) => articleId);
}
