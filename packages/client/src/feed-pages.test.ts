import { describe, expect, test } from "@jest/globals";
import { type FeedQuery, feedPages } from "./feed-pages.js";
import type { FeedArticle, FeedPage } from "./gen/api.js";

function page(fields: Partial<FeedPage> = {}): FeedPage {
  const head = { page: 1, per_page: 10, timestamp: 0, pre_timestamp: 0, server_time: 0, exposure: "" };
  return { ...head, has_more: false, exhausted: false, degraded: false, results: [{} as FeedArticle], ...fields };
}

/** Questions and pages of a reader whose gateway answers these pages. */
async function walk(pages: readonly FeedPage[], options: Parameters<typeof feedPages>[2] = {}) {
  const asked: FeedQuery[] = [];
  const ask = async (query: FeedQuery) => pages[asked.push(query) - 1] as FeedPage;
  let clock = 1_000;
  const got: FeedPage[] = [];
  const now = () => {
    clock += 1;
    return clock;
  };
  for await (const one of feedPages(ask, now, options)) got.push(one);
  return { asked: asked.map(({ timestamp }) => timestamp), got };
}

const nothingLeft = page({ exhausted: true, results: [] });

describe("a feed", () => {
  test("goes back through older pages, and on with new ones until nothing is left", async () => {
    const pages = [
      page({ pre_timestamp: 900 }),
      page({ pre_timestamp: 800 }),
      page(),
      page({ pre_timestamp: 950 }),
      nothingLeft,
    ];
    const { asked, got } = await walk(pages);
    expect(asked).toEqual([1_001, 900, 800, 1_002, 1_003]);
    expect(got).toEqual(pages.slice(0, 4));
  });

  test("with nothing new shows the empty page, and goes back", async () => {
    const { asked, got } = await walk([
      page({ exhausted: true, results: [], pre_timestamp: 900 }),
      page(),
      nothingLeft,
    ]);
    expect(asked).toEqual([1_001, 900, 1_002]);
    expect(got).toHaveLength(2);
  });

  test("ends with a degraded page, and can be taken up there", async () => {
    const degraded = page({ degraded: true, pre_timestamp: 1_001 });
    expect((await walk([degraded])).got).toEqual([degraded]);
    expect((await walk([page(), nothingLeft], { timestamp: 900 })).asked).toEqual([900, 1_001]);
  });
});
