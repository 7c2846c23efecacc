import type { RunningGateway } from "@headline/gateway";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { RunningJobs } from "../src/open-jobs.js";
import { bearer, type Client, client, eventually, openJobsOf, openWorld, type World } from "./open-world.js";

let world: World;
let jobs: RunningJobs;
let gateway: RunningGateway;
let guest: Client;

beforeAll(async () => {
  world = await openWorld();
  await world.addUser("author");
  const [id] = await world.addArticles(12);
  await world.mysql.write("UPDATE articles SET title = ? WHERE id = ?", [`<script>alert("1")</script>`, id as bigint]);
  const covers = ["/covers/a.svg", "https://img.example/b?c=1&d", "https://evil.example/d"];
  await world.mysql.write("UPDATE articles SET cover = ? WHERE id = ?", [JSON.stringify(covers), id as bigint]);
  const recommendation = await world.openRecommendation();
  jobs = await openJobsOf(world, {
    recommenderAddress: recommendation.address,
    coverOrigins: ["https://img.example"],
  });
  gateway = await world.openGateway({ recommenderAddress: recommendation.address });
  guest = client(gateway);
  await eventually(async () => expect((await guest.get("/pages/101")).status).toBe(200), {
    everyMs: 100,
  });
});

afterAll(async () => {
  await jobs?.[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
});

describe("static pages", () => {
  test("show a channel as HTML, escaped, without a script", async () => {
    const { body, headers } = await guest.get("/pages/101");
    expect(headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(headers.get("cache-control")).toMatch(
      /^public, max-age=\d+, stale-while-revalidate=\d+, stale-if-error=\d+$/,
    );
    expect(body).toContain(`<h1 dir="auto">文化</h1>`);
    expect(body).toContain("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;");
    expect(body).not.toContain("<script");
    expect(body.match(/<li>/g)).toHaveLength(12);
  });

  test("show covers of this site and of those that are named, and ask no other for any", async () => {
    const { body, headers } = await guest.get("/pages/101");
    expect([...body.matchAll(/<img src="([^"]*)"/g)].map(([, url]) => url)).toEqual([
      "/covers/a.svg",
      "https://img.example/b?c=1&amp;d",
    ]);
    expect(body).toContain('<span class="no-cover"></span>');
    expect(body).not.toContain("evil.example");
    expect(headers.get("content-security-policy")).toContain("; img-src 'self' data:;"); // of this gateway, which names none
    expect((await guest.get("/channels")).body.data).not.toHaveProperty("cover_origins");
  });

  test("are JSON in the form of GET /articles", async () => {
    const page = (await guest.get("/pages/101.json")).body.data;
    const live = (await guest.get("/articles?channel_id=101&per_page=20")).body.data;
    expect(page.results.map((item: { article_id: string }) => item.article_id).sort()).toEqual(
      live.results.map((item: { article_id: string }) => item.article_id).sort(),
    );
    expect(Object.keys(page.results[0]).sort()).toEqual(Object.keys(live.results[0]).sort());
    expect(page).toMatchObject({ page: 1, pre_timestamp: 0, has_more: false, degraded: false });
  });

  test("are sent once: an ETag that has not changed is 304", async () => {
    const { headers } = await guest.get("/pages/0");
    const etag = headers.get("etag") as string;
    const again = await guest.send("GET", "/pages/0", {
      headers: { "if-none-match": etag, "cache-control": "max-age=0" },
    });
    expect(again.status).toBe(304);
    expect(again.headers.get("etag")).toBe(etag);
  });

  test("follow what changes at the next build", async () => {
    const author = client(gateway, await bearer(1n));
    expect((await author.post("/articles", { title: "Fresh", content: "…", channel_id: 101 })).status).toBe(201);
    await eventually(async () => void (await jobs.scheduler.runNow("build-static-pages")));
    await eventually(async () => expect((await guest.get("/pages/101")).body.match(/<li>/g)).toHaveLength(13), {
      everyMs: 100,
    });
  });

  test("of what is no channel are an error that names it, and of an empty channel are not built yet", async () => {
    expect((await guest.get("/pages/999")).status).toBe(400);
    expect((await guest.get("/pages/abc")).status).toBe(400);
    const empty = await guest.get("/pages/103");
    expect(empty.status).toBe(503);
    expect(empty.headers.get("retry-after")).toBe("5");
  });

  test("the run says what it did", async () => {
    const { executions } = await jobs.scheduler.executions({ jobId: "build-static-pages", states: ["executed"] });
    expect(executions[0]?.result).toMatchObject({ channels: 4, empty: 2 });
  });
});
