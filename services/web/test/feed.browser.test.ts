import { readEvents } from "@headline/newsroom/events";
import { hasTime } from "@headline/testkit";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Page } from "playwright-core";
import { FAINT_TEXTS } from "./faint-texts.js";
import { atRest, THEMES } from "./looks.js";
import {
  DESKTOP,
  eventually,
  hasChromium,
  openSite,
  PHONE,
  recommended,
  type Site,
  signIn,
  signUp,
} from "./open-site.js";

const inBrowser = hasChromium ? describe : describe.skip;

inBrowser("the home feed in a browser", () => {
  let site: Site;
  beforeAll(async () => {
    site = await openSite();
  });
  afterAll(async () => {
    await site?.[Symbol.asyncDispose]();
  });

  const entries = (page: Page) => page.getByRole("feed").getByRole("article");

  test("a guest scrolls on and on, and what is reported as seen is what was on the screen", async () => {
    await using visited = await site.visit("/", PHONE);
    const { page, events, complaints } = visited;
    await recommended(page);
    const onScreen = await page.evaluate<string[]>(ON_SCREEN);
    await eventually(() => expect(seenIn(events)).toEqual(onScreen));
    expect(onScreen.length).toBeLessThan(9);

    // What rushes past is not seen.
    const count = await entries(page).count();
    await page.evaluate("scrollTo(0, 1e6)");
    await entries(page).nth(count).waitFor();
    await page.evaluate("scrollTo(0, 0)");
    for (let pages = 2; pages < 5; pages += 1) {
      await page.evaluate("scrollTo(0, 1e6)");
      await entries(page)
        .nth(pages * 10)
        .waitFor();
    }
    const ids = await page.evaluate<string[]>(SHOWN);
    expect(ids.length).toBeGreaterThan(40);
    expect(new Set(ids).size).toBe(ids.length);
    expect(await page.locator("img[src^=http]").count()).toBe(0); // a box stands for what another site has
    expect(await page.locator(".cover:not(:has(img))").count()).toBeGreaterThan(0);
    await page.evaluate("dispatchEvent(new Event('pagehide'))");
    expect(seenIn(events).length).toBeLessThan(ids.length - 10);
    await eventually(async () => {
      const landed = (await readEvents(site.world.mysql, 0n, 1_000)).filter(({ kind }) => kind === "exposure");
      expect(landed.map(({ articleId }) => String(articleId))).toEqual(expect.arrayContaining(onScreen));
    });
    expect(complaints).toEqual([]);
  });

  test("opening an article says click, and leaving it says for how long it was read; the place in the feed is kept", async () => {
    await using visited = await site.visit("/");
    const { page, events } = visited;
    await recommended(page);
    await entries(page).nth(5).scrollIntoViewIfNeeded();
    const link = entries(page).nth(5).getByRole("link");
    const title = await link.innerText();
    const placeBefore = await page.evaluate<number>("scrollY");
    expect(placeBefore).toBeGreaterThan(100);
    await link.click();
    await page.getByRole("heading", { level: 1, name: title }).waitFor();
    await page.getByText("A sentence that goes on.").waitFor();
    await page.getByRole("heading", { name: "Similar articles" }).waitFor();
    expect(await page.title()).toContain(title);
    await page.waitForTimeout(400);
    await page.goBack();
    await entries(page).nth(5).waitFor();
    expect(await page.evaluate("scrollY")).toBe(placeBefore);
    await eventually(() => {
      expect(events.filter(({ type }) => type === "click")).toHaveLength(1);
      const [read] = events.filter(({ type }) => type === "read");
      expect(read?.duration_ms).toBeGreaterThan(350);
      expect(read?.duration_ms).toBeLessThan(60_000);
    });
  });

  test("nothing is seen and nobody reads while the page is hidden; who closes it has said how long they read", async () => {
    await using visited = await site.visit("/#/nowhere", { prepare: ({ clock }) => void clock.install(), once: true });
    const { page, events } = visited;
    await page.evaluate(HIDE);
    await page.evaluate("location.hash = '#/'");
    await entries(page).nth(9).waitFor();
    await page.clock.fastForward(60_000);
    await page.evaluate("dispatchEvent(new Event('pagehide'))");
    expect(events).toEqual([]);
    await entries(page).nth(1).getByRole("link").click();
    await page.getByText("A sentence that goes on.").waitFor();
    await page.clock.fastForward(60_000);
    await page.evaluate(SHOW);
    await page.clock.fastForward(5_000);
    const id = new URL(page.url()).hash.replace("#/articles/", "");
    await page.goto("about:blank");
    await eventually(async () => {
      const landed = await readEvents(site.world.mysql, 0n, 1_000);
      const read = landed.findLast(({ kind, articleId }) => kind === "read" && String(articleId) === id);
      expect(read?.durationMs).toBeGreaterThanOrEqual(5_000);
      expect(read?.durationMs).toBeLessThan(50_000);
    });
  });

  test("a reader who pulls the page down, or presses refresh, gets a new batch on top", async () => {
    await using visited = await site.visit("/#/channels/101", PHONE);
    const { page } = visited;
    await recommended(page);
    const first = await entries(page).first().getAttribute("aria-labelledby");
    await page.evaluate(PULL);
    await page.getByText("new articles for you").waitFor();
    expect(await entries(page).first().getAttribute("aria-labelledby")).not.toBe(first);
    await page.getByRole("button", { name: "You were here" }).waitFor();
    await page.getByRole("button", { name: "Refresh", exact: true }).click();
    await eventually(async () => expect(await entries(page).count()).toBeGreaterThanOrEqual(30));
    await page.getByRole("link", { name: "Fun" }).click();
    await page.waitForURL("**/#/channels/102");
    await entries(page).nth(5).waitFor();
  });

  test("what nobody wants to see goes, for a reason, and comes back with undo; so does an author", async () => {
    await using visited = await site.visit("/");
    const { page, events } = visited;
    await recommended(page);
    const first = entries(page).first();
    const title = await first.getByRole("heading").innerText();
    await first.getByRole("button", { name: "Not interested" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Clickbait, or poorly made" }).click();
    await first.getByText("You will see less like this").waitFor();
    await first.getByRole("button", { name: "Undo" }).click();
    await first.getByRole("heading", { name: title }).waitFor();
    await first.getByRole("button", { name: "Not interested" }).click();
    await page
      .getByRole("dialog")
      .getByRole("button", { name: /^Nothing more from/ })
      .click();
    await first.getByText(/is blocked$/).waitFor();
    await page.getByRole("status").getByRole("button", { name: "Undo" }).click();
    await first.getByRole("heading", { name: title }).waitFor();
    await eventually(() =>
      expect(events.map(({ type }) => type).filter((type) => type !== "exposure")).toEqual([
        "dislike",
        "undislike",
        "block",
        "unblock",
      ]),
    );
    expect(events.flatMap(({ type, why }) => (why === undefined ? [] : [[type, why]]))).toEqual([["dislike", "poor"]]);
    await eventually(async () => {
      const landed = (await readEvents(site.world.mysql, 0n, 1_000)).filter(({ why }) => why !== undefined);
      expect(landed.map(({ kind, why }) => [kind, why])).toEqual([
        ["dislike", "poor"],
        ["undislike", "poor"],
      ]);
    });
    await eventually(async () => {
      const kept = "SELECT 1 FROM article_dislikes UNION ALL SELECT 1 FROM author_blocks";
      expect(await site.world.mysql.query(kept)).toEqual([]);
    });
  });

  test("when the recommender is away the page shows what is hot and says so, and recovers by itself", async () => {
    const recommendation = await site.world.openRecommendation();
    const { proxy, recommenderAddress } = await site.world.recommenderProxy(recommendation);
    await using gateway = await site.world.openGateway({ recommenderAddress, assets: site.assets });
    await proxy.refuse();
    proxy.reset();
    await using visited = await site.visit("/", { url: gateway.url });
    const { page } = visited;
    await page.getByText("Recommendations are away for a moment").first().waitFor();
    expect(await entries(page).count()).toBeGreaterThan(4);
    await proxy.listen();
    await page.getByText("Recommendations are away for a moment").first().waitFor({
      state: "detached",
      timeout: 40_000,
    });
    await page.getByText("for you", { exact: false }).first().waitFor();
  });

  test("what fails is said with its request's id, and tried again", async () => {
    await using visited = await site.visit("/#/nowhere");
    const { page } = visited;
    await page.getByRole("heading", { name: "There is no such page" }).waitFor();
    await page.route("**/articles?*", (route) =>
      route.fulfill({
        status: 503,
        contentType: "application/problem+json",
        body: JSON.stringify({ code: "UNAVAILABLE", message: "away", request_id: "the-request" }),
      }),
    );
    await page.getByRole("link", { name: "Culture" }).click();
    await page.getByRole("alert").getByText("The service is busy").waitFor();
    await page.getByText("the-request").waitFor();
    await page.unroute("**/articles?*");
    await page.getByRole("button", { name: "Try again" }).click();
    await entries(page).nth(3).waitFor();
  });

  test("new articles are announced, and come when the reader asks for them", async () => {
    await using visited = await site.visit("/#/nowhere", { once: true });
    const { page } = visited;
    await page.clock.install();
    await page.goto(`${site.url}/#/channels/103`);
    await page.getByText("Nothing in this channel yet").waitFor();
    const { authorization } = await signUp(site.url, "newcomer");
    const answer = await fetch(`${site.url}/articles`, {
      method: "POST",
      headers: { authorization, "content-type": "application/json" },
      body: JSON.stringify({ title: "Just in", content: "now", channel_id: 103 }),
    });
    expect(answer.status).toBe(201);
    await eventually(async () => {
      await page.clock.fastForward(25_000);
      await page.getByRole("button", { name: "1 new" }).waitFor({ timeout: 5_000 });
    });
    await page.getByRole("button", { name: "1 new" }).click();
    await page.getByRole("heading", { name: "Just in" }).waitFor();
  });

  test.each([
    ["phone", PHONE],
    ["desktop", DESKTOP],
  ] as const)("fits a %s, light and dark: nothing jumps, overflows or is faint", async (device, options) => {
    const { userId } = await signUp(site.url, `looks-${device}`);
    await using visited = await site.visit("/", { ...options, once: true });
    const { page, complaints } = visited;
    await page.addInitScript(WATCH_SHIFTS);
    // How things are laid out does not depend on their colours: a default run looks for jumps in light alone.
    for (const colorScheme of hasTime ? THEMES : (["light"] as const)) {
      await page.emulateMedia({ colorScheme });
      await page.reload();
      await entries(page).nth(9).waitFor();
      await page.waitForTimeout(300);
      expect(await page.evaluate("shifted")).toBeLessThan(0.02);
    }
    await signIn(page, `looks-${device}`);
    for (const path of [
      "/#/",
      "/#/articles/3",
      `/#/users/${userId}`,
      "/#/me",
      "/#/me/read",
      "/#/publish",
      "/#/orders",
    ]) {
      await page.goto(site.url + path);
      await page.locator("main :is(.entry, .content, .row, form, .empty, .statistics)").first().waitFor();
      for (const colorScheme of THEMES) {
        await page.emulateMedia({ colorScheme });
        await atRest(page);
        expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(options.viewport.width);
        expect([path, await page.evaluate(FAINT_TEXTS)]).toEqual([path, []]);
        expect([path, await page.evaluate(SPILLED)]).toEqual([path, []]);
        expect([path, await page.evaluate(NAMELESS)]).toEqual([path, []]);
      }
    }
    expect(complaints).toEqual([]);
  });

  test("speaks Chinese to who prefers it, changes its language and keeps that; all can be reached by keyboard", async () => {
    await using visited = await site.visit("/", { locale: "zh-CN" });
    const { page } = visited;
    await page.getByRole("feed", { name: "推荐的文章" }).waitFor();
    expect(await page.evaluate("document.documentElement.lang")).toBe("zh-CN");
    await page.getByText("English").click();
    await page.getByRole("feed", { name: "Articles for you" }).waitFor();
    await page.reload();
    await page.getByRole("feed", { name: "Articles for you" }).waitFor();
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.textContent")).toBe("Skip to content");
    await page.keyboard.press("Enter");
    await entries(page).first().getByRole("link").focus();
    await page.keyboard.press("PageDown");
    expect(await page.evaluate("document.activeElement.getAttribute('aria-posinset')")).toBe("2");
  });
});

function seenIn(events: readonly { type: string; article_ids?: readonly string[] }[]): string[] {
  const seen = events.filter(({ type }) => type === "exposure").flatMap(({ article_ids = [] }) => article_ids);
  return [...new Set(seen)].toSorted();
}

/** The articles of which at least half stands between the bars, for the browser to find. */
const ON_SCREEN = `(() => {
  const top = document.querySelector(".tabs").getBoundingClientRect().bottom;
  const bottom = document.querySelector(".bottom-bar").getBoundingClientRect().top;
  return [...document.querySelectorAll(".entry")]
    .filter((entry) => {
      const box = entry.getBoundingClientRect();
      return (Math.min(box.bottom, bottom) - Math.max(box.top, top)) / box.height >= 0.5;
    })
    .map((entry) => entry.getAttribute("aria-labelledby").replace("title-", ""))
    .sort();
})() `;

const showing = (state: string) => `(() => {
  Object.defineProperty(document, "visibilityState", { value: "${state}", configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
})()`;
const HIDE = showing("hidden");
const SHOW = showing("visible");

/** Controls without an accessible name. */
const NAMELESS = `[...document.querySelectorAll("a[href], button, input, select, textarea")]
  .filter((control) => (control.ariaLabel ?? control.labels?.[0]?.textContent ?? control.textContent).trim() === "")
  .map((control) => control.outerHTML.slice(0, 120))`;

/** Lines whose words stand beside their box. */
const SPILLED = `[...document.querySelectorAll(".meta, .row-actions, .profile, .author-line, .page-head")]
  .filter((line) => line.getBoundingClientRect().width > 0 && line.scrollWidth > line.clientWidth + 12)
  .map((line) => line.outerHTML.slice(0, 120))`;

const SHOWN = `[...document.querySelectorAll(".entry")].map((entry) => entry.getAttribute("aria-labelledby"))`;

const PULL = `(() => {
  const touch = (type, y) => {
    const touches = type === "touchend" ? [] : [new Touch({ identifier: 1, target: document.body, clientX: 100, clientY: y })];
    document.body.dispatchEvent(new TouchEvent(type, { bubbles: true, cancelable: true, touches }));
  };
  touch("touchstart", 150);
  touch("touchmove", 250);
  touch("touchmove", 400);
  touch("touchend", 400);
})()`;

const WATCH_SHIFTS = `
  globalThis.shifted = 0;
  new PerformanceObserver((list) => {
    for (const { value } of list.getEntries()) globalThis.shifted += value;
  }).observe({ type: "layout-shift", buffered: true });
`;
