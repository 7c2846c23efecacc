import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { hash } from "@node-rs/argon2";
import { chromium } from "playwright-core";
import { startJobsProcess } from "../../gateway/test/service-process.js";
import { client, eventually, openJobsOf, openWorld, type World } from "./open-world.js";

const CHROMIUM = process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium";
const inBrowser = existsSync(CHROMIUM) ? test : test.skip;
let world: World;

beforeAll(async () => {
  world = await openWorld();
  await world.mysql.write("INSERT INTO users (name, password_hash, is_staff, created_at) VALUES ('editor', ?, 1, 1)", [
    await hash("a long password"),
  ]);
  await world.addArticles(20);
});

afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
});

async function cookieOf(url: string): Promise<string> {
  const body = new URLSearchParams({ name: "editor", password: "a long password" });
  const answer = await fetch(`${url}/sign-in`, { method: "POST", body, redirect: "manual" });
  return answer.headers.getSetCookie()[0]?.split(";")[0] ?? "";
}

const pageOf = async (url: string, cookie: string) => {
  const answer = await fetch(`${url}/health`, { headers: { cookie } });
  return { status: answer.status, refresh: answer.headers.get("refresh"), text: await answer.text() };
};

describe("the health page", () => {
  test("is for staff alone", async () => {
    await using jobs = await openJobsOf(world);
    expect((await fetch(`${jobs.url}/health`, { redirect: "manual" })).status).toBe(303);
  });

  test("shows every process and dependency, how the feed is answered, and what waits", async () => {
    const recommendation = await world.openRecommendation({ metricsPort: 0, metricsHost: "127.0.0.1" });
    const gateway = await world.openGateway({ recommenderAddress: recommendation.address });
    await using jobs = await startJobsProcess(world, {
      RECOMMENDER_ADDRESS: recommendation.address,
      GATEWAY_URLS: gateway.url,
      METRICS_URLS: `${gateway.url}/metrics,http://127.0.0.1:${recommendation.metricsPort}/metrics`,
    });
    await client(gateway, "Anony health-1").get("/articles?channel_id=0&per_page=5");
    const cookie = await cookieOf(jobs.url);
    await eventually(async () => {
      const { status, refresh, text } = await pageOf(jobs.url, cookie);
      expect(status).toBe(200);
      expect(refresh).toBe("5");
      expect(text).toContain("Everything answers");
      for (const name of [`Gateway ${new URL(gateway.url).host}`, "Recommender", "Redis (cache and state)", "MySQL"])
        expect(text).toContain(`<td>Answers</td><td>${name}</td>`);
      for (const service of ["gateway", "recommendation", "jobs"]) expect(text).toContain(`<td>${service} <small>`);
      expect(text).toMatch(/<td>Uploads of events that wait to land<\/td><td class="number">0</);
      expect(text).toMatch(/<td>Events the learning is behind<\/td><td class="number">0</);
      expect(text).toContain('degraded <strong class="well">0.0 %</strong>');
      expect(text).not.toContain("<script");
    });
    if (process.env["SCREENSHOTS"] !== undefined) await screenshot(`${jobs.url}/health`, cookie, "health");
  });

  test("shows what it knows nothing of as unknown, and not as 0", async () => {
    await using jobs = await openJobsOf(world, {
      gatewayUrls: ["http://127.0.0.1:1"],
      metricsUrls: ["http://127.0.0.1:1/metrics"],
    });
    const { text } = await pageOf(jobs.url, await cookieOf(jobs.url));
    expect(text).toContain("<p>– pages</p><p>Unknown.</p>");
    expect(text).toMatch(/<td>Open sockets<\/td><td class="number">–</);
    expect(text).toMatch(/Warnings and errors in the logs<\/h3>(<p>Unknown\.<\/p>|<table)/);
    expect(text).not.toMatch(/NaN|\b0 pages/);
  });

  test("says what is away, and is there itself", async () => {
    const gateway = await world.openGateway({ recommenderAddress: "127.0.0.1:1" });
    await client(gateway, "Anony health-2").get("/articles?channel_id=0&per_page=5");
    const { proxy, redisUrl } = await world.redisProxy();
    const { proxy: mysqlProxy, mysqlUrl } = await world.mysqlProxy();
    await using jobs = await openJobsOf(world, {
      redisUrl,
      mysqlUrl,
      gatewayUrls: [gateway.url, "http://127.0.0.1:1"],
      metricsUrls: [`${gateway.url}/metrics`, "http://127.0.0.1:1/metrics"],
    });
    const cookie = await cookieOf(jobs.url);
    proxy.blackhole();
    await eventually(async () => {
      const { text } = await pageOf(jobs.url, cookie);
      expect(text).toMatch(/[34] of 5 do not answer/);
      expect(text).toContain(`<td>Answers</td><td>Gateway ${new URL(gateway.url).host}</td>`);
      for (const name of ["Gateway 127.0.0.1:1", "Recommender", "Redis (cache and state)"])
        expect(text).toContain(`<td>Away</td><td>${name}</td>`);
      expect(text).toContain("No metrics from http://127.0.0.1:1/metrics");
      expect(text).toContain('degraded <strong class="unwell">100.0 %</strong>');
      expect(text).toContain("recommender · recommend · UNAVAILABLE");
    });
    if (process.env["SCREENSHOTS"] !== undefined) await screenshot(`${jobs.url}/health`, cookie, "health-away");
    mysqlProxy.heal();
    proxy.heal();
  });

  inBrowser("reads itself again without a script, until it is told not to, and fits a phone", async () => {
    await using jobs = await openJobsOf(world);
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
    try {
      const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 390, height: 844 } });
      const page = await context.newPage();
      const [name, value] = (await cookieOf(jobs.url)).split("=") as [string, string];
      await context.addCookies([{ name, value, url: jobs.url }]);
      let loads = 0;
      page.on("load", () => (loads += 1));
      await page.goto(`${jobs.url}/health`);
      await eventually(() => expect(loads).toBeGreaterThan(1));
      await page.getByRole("link", { name: "stop reloading" }).click();
      await page.getByRole("link", { name: "reload every 5 s" }).waitFor();
      const tables = await page.locator("section table").all();
      expect(tables.length).toBeGreaterThan(2);
      for (const table of tables) {
        const { x = 0, width = 0 } = (await table.boundingBox()) ?? {};
        expect(x + width).toBeLessThanOrEqual(390);
      }
    } finally {
      await browser.close();
    }
  });
});

/** For people to look at, where SCREENSHOTS names a folder. */
async function screenshot(url: string, cookie: string, name: string): Promise<void> {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
  try {
    for (const [kind, options] of [
      ["wide", { viewport: { width: 1_300, height: 900 } }],
      ["narrow", { viewport: { width: 390, height: 844 }, colorScheme: "dark" }],
    ] as const) {
      const context = await browser.newContext(options);
      const [key, value] = cookie.split("=") as [string, string];
      await context.addCookies([{ name: key, value, url }]);
      const page = await context.newPage();
      await page.goto(url);
      await page.screenshot({ path: `${process.env["SCREENSHOTS"]}/${name}-${kind}.png`, fullPage: true });
    }
  } finally {
    await browser.close();
  }
}
