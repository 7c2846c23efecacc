import { openRedis, waitForRedis } from "@headline/redis";
import { eventually } from "@headline/testkit";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { bearer, client, openWorld, type World } from "./open-world.js";

let world: World;
let guests = 0;

beforeAll(async () => {
  world = await openWorld();
  await world.addUser("alice");
  await world.addArticles(30);
});

afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
});

/** The value of a line, undefined where there is none. */
function metricOf(text: string, line: string): number | undefined {
  const found = text.split("\n").find((each) => each.startsWith(`${line} `));
  return found === undefined ? undefined : Number(found.slice(line.length + 1));
}

describe("the gateway's metrics", () => {
  test("tell routes by their pattern, pages by how they came about, and what dependencies took", async () => {
    const flusher = openRedis(world.redis.url, { commandTimeoutMs: 10_000 });
    await waitForRedis(flusher, 30_000);
    await flusher.flushall(); // so that articles come from their source in every round
    flusher.disconnect();
    const { gateway } = await world.open();
    guests += 1;
    const guest = client(gateway, `Anony metrics-1-${guests}`);
    const first = await guest.get("/articles?channel_id=0&per_page=5");
    await guest.get(`/articles?channel_id=0&per_page=5&timestamp=${first.body.data.timestamp}`);
    await guest.get("/articles?channel_id=0&timestamp=0");
    await guest.get(`/articles/${first.body.data.results[0].article_id}`);
    await guest.get("/articles/999999");
    await guest.get("/nothing/here");
    await eventually(async () => {
      const { body: text, headers } = await guest.get("/metrics");
      expect(headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
      const requests = (route: string, status: string) =>
        metricOf(text, `headline_http_request_seconds_count{method="GET",route="${route}",status="${status}"}`);
      expect([
        requests("/articles", "2xx"),
        requests("/articles/:id", "2xx"),
        requests("/articles/:id", "4xx"),
      ]).toEqual([3, 1, 1]);
      expect(text).toContain('headline_http_request_seconds_count{method="(any)",route="(none)",status="4xx"} 1');
      expect(text).not.toContain("/articles/999999");
      const pages = (mode: string) => metricOf(text, `headline_feed_pages_total{mode="${mode}",degraded="false"}`);
      expect([pages("refresh"), pages("replay"), pages("end")]).toEqual([1, 1, 1]);
      for (const [dependency, operation] of [
        ["mysql", "query"],
        ["redis", "command"],
        ["recommender", "recommend"],
      ])
        expect(
          metricOf(text, `headline_dependency_seconds_count{dependency="${dependency}",operation="${operation}"}`),
        ).toBeGreaterThan(0);
      expect(text).not.toMatch(/^headline_dependency_failures_total\{/m);
      expect(metricOf(text, 'headline_cache_reads_total{cache="article",from="source"}')).toBeGreaterThan(0);
      expect(metricOf(text, 'headline_cache_reads_total{cache="item",from="local"}')).toBeGreaterThan(0);
      expect(metricOf(text, "headline_event_lag_entries")).toBe(0);
      expect(metricOf(text, "headline_open_sockets")).toBe(0);
    });
  });

  test("tell what is degraded and which dependency failed, when the recommender is away", async () => {
    const gateway = await world.openGateway({ recommenderAddress: "127.0.0.1:1" });
    const guest = client(gateway, "Anony metrics-2");
    expect((await guest.get("/articles?channel_id=0")).body.data.degraded).toBe(true);
    const { body: text } = await guest.get("/metrics");
    expect(metricOf(text, 'headline_feed_pages_total{mode="fallback",degraded="true"}')).toBe(1);
    expect(text).toMatch(
      /headline_dependency_failures_total\{dependency="recommender",operation="recommend",reason="UNAVAILABLE"\} [1-9]/,
    );
  });

  test("are not for readers where a port of their own is given", async () => {
    const gateway = await world.openGateway({ recommenderAddress: "127.0.0.1:1", metricsPort: 0 });
    expect((await client(gateway).get("/metrics")).status).toBe(404);
  });

  test("of the recommender tell methods, modes, reasons, recalls and how far the learning is behind", async () => {
    const recommendation = await world.openRecommendation({ metricsPort: 0, metricsHost: "127.0.0.1" });
    const gateway = await world.openGateway({ recommenderAddress: recommendation.address });
    await client(gateway, "Anony metrics-3").get("/articles?channel_id=0&per_page=5");
    const answer = await fetch(`http://127.0.0.1:${recommendation.metricsPort}/metrics`);
    const text = await answer.text();
    expect(
      metricOf(text, 'headline_rpc_request_seconds_count{method="StreamRecommendations",code="OK"}'),
    ).toBeGreaterThan(0);
    expect(text).toMatch(/headline_recommendations_total\{mode="refresh",algo="[\w-]+"\} 1/);
    const reasons = [...text.matchAll(/headline_recommended_articles_total\{reason="\w+"\} (\d+)/g)];
    expect(reasons.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(5);
    expect(metricOf(text, 'headline_recalled_candidates_total{recall="new"}')).toBeGreaterThan(0);
    expect(metricOf(text, "headline_learner_lag_events")).toBe(0);
    expect(metricOf(text, "headline_catalogue_articles")).toBe(30);
  });
});

describe("Server-Timing", () => {
  test("says what a page's time went into, to who asks", async () => {
    const { gateway } = await world.open();
    const alice = client(gateway, await bearer(1n));
    const path = "/articles?channel_id=0";
    expect((await alice.get(path)).headers.has("server-timing")).toBe(false);
    const timed = await alice.send("GET", path, { headers: { "x-server-timing": "1" } });
    expect(timed.headers.get("server-timing")).toMatch(/^auth;dur=[\d.]+, recommend;dur=[\d.]+, hydrate;dur=[\d.]+$/);
  });
});
