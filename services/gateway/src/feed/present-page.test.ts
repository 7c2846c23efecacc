import { type Fragment, toFragment } from "@headline/newsroom/articles";
import { BatchSigner, openTrackKeys } from "@headline/track-token";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Page, PINNED } from "./page.js";
import { pageTokens } from "./page-tokens.js";
import { presentPage } from "./present-page.js";

const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom("头条", "😀👨‍👩‍👧", '"quoted" \\ /', "</script>", "\u2028", "字".repeat(100)),
);
const id = fc.bigInt({ min: 1n, max: 2n ** 63n - 1n });
const token = fc.stringMatching(/^[\w.-]{0,80}$/);
const counts = fc.record({ comments: fc.nat(), likes: fc.maxSafeNat(), collects: fc.nat() });
const article = fc.record({
  articleId: id,
  title: text,
  authorId: id,
  authorName: text,
  channelId: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  publishedAt: fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }),
  cover: fc.array(fc.webUrl(), { maxLength: 3 }),
});
const track = fc.record({ click: token, collect: token, read: token, liking: token });
const entry = fc.record({
  article,
  counts,
  exists: fc.boolean(),
  reason: fc.constantFrom("hot", "new", PINNED),
  track: fc.option(track, { nil: undefined }),
});
const keys = openTrackKeys("a secret of at least thirty-two bytes");
const NO_PAGE: Page = {
  picks: [],
  exposure: "",
  timestamp: 1,
  preTimestamp: 0,
  hasMore: false,
  without: [],
  mode: "exhausted",
};
const QUERY = { channel_id: 1, with_top: 0, per_page: 10, timestamp: undefined, page: undefined };
const head = fc.record({
  mode: fc.constantFrom("refresh" as const, "exhausted" as const, "fallback" as const),
  exposure: token,
  timestamp: fc.maxSafeNat(),
  preTimestamp: fc.maxSafeNat(),
  hasMore: fc.boolean(),
});

type Entry = ReturnType<typeof entry.generate>["value"];

function itemOf({ article: shown, counts: { comments, likes, collects }, exists }: Entry): Fragment | undefined {
  if (!exists) return undefined;
  const fragment = toFragment(shown);
  return Buffer.concat([
    fragment,
    Buffer.from(`,"comment_count":${comments},"like_count":${likes},"collect_count":${collects}`),
  ]);
}

/** The same by JSON.stringify, without a thought for speed. */
function naive({ article: shown, counts: { comments, likes, collects }, reason, track: tokens }: Entry) {
  return {
    article_id: String(shown.articleId),
    aut_id: String(shown.authorId),
    aut_name: shown.authorName,
    pubdate: shown.publishedAt.toISOString(),
    title: shown.title,
    channel_id: String(shown.channelId),
    cover: shown.cover,
    comment_count: comments,
    like_count: likes,
    collect_count: collects,
    is_top: reason === "pinned",
    reason,
    trace: tokens ?? { click: "", collect: "", read: "", liking: "" },
  };
}

describe("a page's bytes", () => {
  test("are what JSON.stringify would write, whatever the texts", () => {
    fc.assert(
      fc.property(
        head,
        fc.array(entry, { maxLength: 12 }),
        fc.boolean(),
        fc.record({ page: fc.option(fc.nat(), { nil: undefined }), per_page: fc.integer({ min: 1, max: 50 }) }),
        (around, entries, degraded, { page: number, per_page }) => {
          const page: Page = {
            ...around,
            without: [],
            picks: entries.map(({ article: shown, reason, track: tokens }) => ({
              articleId: shown.articleId,
              reason,
              track: tokens,
            })),
          };
          const query = { channel_id: 1, with_top: 0, per_page, timestamp: undefined, page: number };
          const hydrated = { page, items: entries.map(itemOf), degraded };
          const written = presentPage(hydrated, query, 1_790_000_000_000).toString();
          const expected = {
            message: "OK",
            data: {
              page: number ?? 1,
              per_page,
              timestamp: page.timestamp,
              pre_timestamp: page.preTimestamp,
              has_more: page.hasMore,
              exhausted: page.mode === "exhausted",
              server_time: 1_790_000_000_000,
              degraded,
              exposure: page.exposure,
              results: entries.filter(({ exists }) => exists).map(naive),
            },
          };
          expect(written).toBe(JSON.stringify(expected));
        },
      ),
      { numRuns: 100 },
    );
  });

  test("carry the tokens that the batch's signer makes, signed as they are written", () => {
    const served = fc.record({ articleId: id, reason: fc.integer({ min: 0, max: 9 }), position: fc.nat(49) });
    const parts = { expiresAt: 1_790_000_000, bucket: 1, confirmable: true, positions: [] };
    fc.assert(
      fc.property(fc.array(fc.tuple(entry, served), { maxLength: 12 }), id, (list, userId) => {
        const articles = list.map(([, article]) => article);
        const bound = { userId, channelId: 0, bucket: 1 };
        const { tracks, exposure } = pageTokens(keys)({ ...parts, ...bound, stamp: 1_789_000_000_000n, articles });
        const picks = list.map(([{ reason }, { articleId }], at) => ({ articleId, reason, track: tracks[at] }));
        const items = list.map(([each]) => itemOf(each));
        const written = presentPage({ page: { ...NO_PAGE, exposure, picks }, items, degraded: false }, QUERY, 1);

        const signer = new BatchSigner(keys, { ...bound, stamp: 1_789_000_000_000, expiresAtSeconds: parts.expiresAt });
        const traces = articles.map((article) => signer.article(article.articleId, article.reason, article.position));
        const { data } = JSON.parse(written.toString());
        expect(data.exposure).toBe(signer.exposure());
        expect(data.results.map(({ trace }: { trace: unknown }) => trace)).toEqual(
          traces.filter((_, at) => items[at] !== undefined),
        );
        expect(tracks.map(({ click }) => click)).toEqual(traces.map(({ click }) => click));
      }),
      { numRuns: 50 },
    );
  });

  test("of one page are not touched by the next ones", () => {
    const pages = Array.from({ length: 10_000 }, (_, nowMs) =>
      presentPage({ page: NO_PAGE, items: [], degraded: false }, QUERY, nowMs),
    );
    const times = pages.map((bytes) => JSON.parse(bytes.toString()).data.server_time);
    expect(times).toEqual([...pages.keys()]);
  });
});
