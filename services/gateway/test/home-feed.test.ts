import { randomUUID } from "node:crypto";
import { openServer } from "@headline/grpc";
import { type RecommendContext, recommendService, userRecommendService } from "@headline/recommender";
import { eventually } from "@headline/testkit";
import { openTrackKeys, verifyTrackToken } from "@headline/track-token";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { budgetsOf } from "../src/budgets.js";
import { type Answer, bearer, client, openWorld, PATIENT_PAGE_MS, TRACK_SECRET, type World } from "./open-world.js";

let world: World;
let gateway: { url: string };
let ids: string[];

beforeAll(async () => {
  world = await openWorld();
  await world.addUser("alice");
  ids = (await world.addArticles(45)).map(String);
  await world.mysql.write(
    "INSERT INTO pinned_articles (channel_id, article_id, position) VALUES (101, ?, 2), (101, ?, 1)",
    [ids[7] as string, ids[3] as string],
  );
  ({ gateway } = await world.open());
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

const newReader = () => client(gateway, `Anony ${randomUUID()}`);
const idsOf = ({ body }: Answer): string[] =>
  body.data.results.map((result: { article_id: string }) => result.article_id);
const FEED = "/articles?channel_id=101";

describe("by page number", () => {
  test("page 1 is a refresh, the page after the last goes on, a page served before is the same again", async () => {
    const reader = newReader();
    const pages: string[][] = [];
    for (let page = 1; page <= 4; page += 1) {
      const answer = await reader.get(`${FEED}&per_page=10&page=${page}`);
      expect(answer.body.data).toMatchObject({ page, per_page: 10, degraded: false, exhausted: false, has_more: true });
      pages.push(idsOf(answer));
    }
    expect(new Set(pages.flat()).size).toBe(40);
    for (const page of [3, 2, 4, 1 + 1]) {
      const again = await reader.get(`${FEED}&per_page=10&page=${page}`);
      expect(idsOf(again)).toEqual(pages[page - 1]);
    }
    const fifth = await reader.get(`${FEED}&per_page=10&page=5`);
    expect(fifth.body.data).toMatchObject({ has_more: false, exhausted: false, results: { length: 5 } });
    const sixth = await reader.get(`${FEED}&per_page=10&page=6`);
    expect(sixth.body.data).toMatchObject({ has_more: false, exhausted: true, degraded: false, results: [] });
  });

  test("a gap is 400 and names the page, and page 1 begins anew", async () => {
    const reader = newReader();
    for (const page of [2, 3, 10_000]) {
      const answer = await reader.get(`${FEED}&page=${page}`);
      expect(answer).toMatchObject({ status: 400, body: { errors: [{ field: "page" }] } });
    }
    const first = await reader.get(FEED);
    expect((await reader.get(`${FEED}&page=3`)).status).toBe(400);
    expect((await reader.get(`${FEED}&page=2`)).status).toBe(200);
    const refreshed = await reader.get(`${FEED}&page=1`);
    expect(idsOf(refreshed).filter((id) => idsOf(first).includes(id))).toEqual([]);
    expect((await reader.get(`${FEED}&page=3`)).status).toBe(400);
  });

  test("the same page asked for many times at once is one page", async () => {
    const reader = newReader();
    await reader.get(`${FEED}&per_page=5`);
    const answers = await Promise.all(Array.from({ length: 20 }, () => reader.get(`${FEED}&per_page=5&page=2`)));
    expect(new Set(answers.map((answer) => idsOf(answer).join())).size).toBe(1);
  });

  test("counts for each channel by itself", async () => {
    const reader = newReader();
    await reader.get(FEED);
    expect((await reader.get("/articles?channel_id=102&page=2")).status).toBe(400);
  });
});

describe("by cursor", () => {
  test("walking back from now shows every batch once, goes on behind the oldest and ends at 0, which is answered without asking", async () => {
    const reader = newReader();
    const served: string[][] = [];
    for (let refresh = 0; refresh < 4; refresh += 1) {
      const answer = await reader.get(`${FEED}&per_page=8&timestamp=${Date.now() + refresh}`);
      served.unshift(idsOf(answer));
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
    const newest = await reader.get(`${FEED}&per_page=8&timestamp=${Date.now() + 50}`);
    const walked: string[][] = [];
    let cursor = newest.body.data.pre_timestamp;
    while (cursor !== 0) {
      const page = await reader.get(`${FEED}&timestamp=${cursor}`);
      expect(page.body.data).toMatchObject({ timestamp: cursor, degraded: false });
      expect(page.body.data.exhausted).toBe(page.body.data.pre_timestamp === 0);
      expect(page.body.data.has_more).toBe(page.body.data.pre_timestamp > 0);
      walked.push(idsOf(page));
      cursor = page.body.data.pre_timestamp;
    }
    expect(walked.slice(0, served.length)).toEqual(served);
    expect(walked.at(-1)).toEqual([]);
    expect([...idsOf(newest), ...walked.flat()].sort()).toEqual([...ids].sort());

    const end = await reader.get(`${FEED}&timestamp=0`);
    expect(end.body.data).toMatchObject({
      timestamp: 0,
      pre_timestamp: 0,
      has_more: false,
      exhausted: false,
      degraded: false,
      results: [],
    });
    const away = await world.openGateway({ recommenderAddress: "127.0.0.1:1" });
    expect((await client(away).get(`${FEED}&timestamp=0`)).body.data).toMatchObject({ degraded: false, results: [] });
  });

  test("the same refresh again, even many at once, is the same page", async () => {
    const reader = newReader();
    const path = `${FEED}&per_page=5&page=77&timestamp=${Date.now()}`;
    const answers = await Promise.all(Array.from({ length: 20 }, () => reader.get(path)));
    expect(new Set(answers.map((answer) => idsOf(answer).join())).size).toBe(1);
    expect(answers[0]?.body.data.page).toBe(77); // only echoed
  });

  test("a clock far ahead means now, and one that stands still does not see one page for ever", async () => {
    const reader = newReader();
    const far = await reader.get(`${FEED}&timestamp=9007199254740991`);
    expect(far.body.data).toMatchObject({ degraded: false, results: { length: 10 } });
    const again = await reader.get(`${FEED}&timestamp=9007199254740991`);
    expect(idsOf(again)).toEqual(idsOf(far)); // as a retry
  });
});

describe("a page", () => {
  test("has pinned articles first on a refresh, beside per_page, once, and never else", async () => {
    const reader = newReader();
    const answer = await reader.get(`${FEED}&per_page=50&with_top=1`);
    const top = answer.body.data.results.filter((result: { is_top: boolean }) => result.is_top);
    expect(idsOf(answer).slice(0, 2)).toEqual([ids[3], ids[7]]);
    expect(top).toHaveLength(2);
    expect(top[0]).toMatchObject({ reason: "pinned", trace: { click: "", collect: "", read: "", liking: "" } });
    expect(new Set(idsOf(answer)).size).toBe(idsOf(answer).length);
    const older = await reader.get(`${FEED}&with_top=1&timestamp=${answer.body.data.timestamp - 1_000_000}`);
    expect(older.body.data.results.some((result: { is_top: boolean }) => result.is_top)).toBe(false);
    const without = await newReader().get(`${FEED}&per_page=50`);
    expect(without.body.data.results.some((result: { is_top: boolean }) => result.is_top)).toBe(false);
  });

  test("carries tokens that are this reader's, for this article, and each for one kind of action", async () => {
    const keys = openTrackKeys(TRACK_SECRET);
    const { body } = await client(gateway, await bearer(4_242n)).get(FEED);
    expect(verifyTrackToken(keys, "exposure", body.data.exposure, Date.now())).toMatchObject({
      ok: true,
      payload: { userId: 4_242n, channelId: 101 },
    });
    for (const [position, { article_id, trace }] of body.data.results.entries()) {
      for (const kind of ["click", "collect", "read", "liking"] as const) {
        expect(verifyTrackToken(keys, kind, trace[kind], Date.now())).toMatchObject({
          ok: true,
          payload: { userId: 4_242n, articleId: BigInt(article_id), position },
        });
      }
      expect(verifyTrackToken(keys, "click", trace.read, Date.now()).ok).toBe(false);
    }
  });

  test("is JSON with ids as texts, a length, no ETag, and not to be kept by anyone", async () => {
    const { headers, body } = await newReader().get(FEED);
    expect(Object.fromEntries(headers)).toMatchObject({
      "content-type": "application/json; charset=utf-8",
      "cache-control": "private, no-store",
      "x-request-id": expect.stringMatching(/^[\w-]{36}$/),
    });
    for (const name of ["etag", "x-powered-by"]) expect(headers.has(name)).toBe(false);
    expect(Object.keys(body.data).sort()).toEqual(
      "degraded exhausted exposure has_more page per_page pre_timestamp results server_time timestamp".split(" "),
    );
    for (const result of body.data.results) {
      expect(Object.keys(result).sort()).toEqual(
        "article_id aut_id aut_name channel_id collect_count comment_count cover is_top like_count pubdate reason title trace".split(
          " ",
        ),
      );
      for (const id of ["article_id", "aut_id", "channel_id"]) expect(result[id]).toMatch(/^\d+$/);
    }
    expect(Math.abs(body.data.server_time - Date.now())).toBeLessThan(60_000); // a clock, not a speed
  });

  test("keeps ids beyond 2^53 and texts of any script as they are", async () => {
    const big = 9_007_199_254_740_993n;
    await world.mysql.write(
      "INSERT INTO articles (id, author_id, channel_id, title, cover, status, version, published_at, created_at, updated_at) VALUES (?, ?, 103, ?, ?, 1, 1, ?, 1, 1)",
      [big, big + 2n, '"头条" \\ 😀 </script>', '["https://x.test/a?b=\\"c\\""]', Date.now()],
    );
    const { address } = await world.openRecommendation();
    const fresh = await world.openGateway({ recommenderAddress: address });
    const { body } = await client(fresh).get("/articles?channel_id=103");
    expect(body.data.results).toEqual([
      expect.objectContaining({
        article_id: "9007199254740993",
        aut_id: "9007199254740995",
        title: '"头条" \\ 😀 </script>',
        cover: ['https://x.test/a?b="c"'],
      }),
    ]);
  });

  test("says how many newer articles wait, and takes none of them", async () => {
    const reader = newReader();
    const count = async () => (await reader.get("/articles/updates?channel_id=101&since=0")).body.data.count;
    expect(await count()).toBe(45);
    expect(await count()).toBe(45);
    await reader.get(FEED);
    expect(await count()).toBe(35);
  });
});

describe("a request", () => {
  test("keeps a sane X-Request-Id, and gets one instead of any other", async () => {
    const sent = async (id: string) =>
      (await client(gateway).send("GET", "/channels", { headers: { "x-request-id": id } })).headers.get("x-request-id");
    expect(await sent("abc-123_x.y")).toBe("abc-123_x.y");
    for (const id of ["a b", "x".repeat(65), "<script>", ""]) expect(await sent(id)).toMatch(/^[0-9a-f-]{36}$/);
  });

  test("goes to the recommender with its traceparent, or one that says its id, and with a deadline", async () => {
    const seen: RecommendContext[] = [];
    const edge = { onBug: () => undefined };
    const recommend = async (_: unknown, context: RecommendContext) => {
      seen.push(context);
      return {
        exposure: "",
        timeStamp: 0n,
        recommends: [],
        mode: "exhausted" as const,
        stamp: 0n,
        algo: "",
        reasons: [],
      };
    };
    await using server = await openServer({
      address: "127.0.0.1:0",
      services: [
        userRecommendService(recommend, edge),
        recommendService({ recommend, countUpdates: () => ({ count: 0 }) }, edge),
      ],
    });
    const traced = await world.openGateway({ recommenderAddress: server.address });
    const get = (traceparent: string) => client(traced).send("GET", FEED, { headers: { traceparent } });
    const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    await eventually(async () => {
      seen.length = 0;
      await get(traceparent);
      expect(seen.map((context) => context.traceparent?.slice(0, 36))).toContain(traceparent.slice(0, 36));
    });
    for (const context of seen) expect(context.deadlineMs).toBeLessThanOrEqual(budgetsOf(PATIENT_PAGE_MS).recommendMs);
    seen.length = 0;
    const { headers } = await get("00-nonsense");
    const requestId = headers.get("x-request-id") ?? "";
    expect(seen.at(-1)?.traceparent).toContain(requestId.replaceAll("-", ""));
  });
});
