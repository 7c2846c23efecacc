import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Locator, Page } from "playwright-core";
import { client } from "../../gateway/test/open-world.js";
import { DESKTOP, eventually, hasChromium, openSite, PHONE, type Site, signIn, signUp } from "./open-site.js";

const inBrowser = hasChromium ? describe : describe.skip;
interface Styles {
  getComputedStyle(element: unknown): { readonly direction: string };
}

const FAMILY = "👨‍👩‍👧‍👦";

inBrowser("what people write and read, in a browser", () => {
  let site: Site;
  beforeAll(async () => {
    site = await openSite();
  });
  afterAll(async () => {
    await site?.[Symbol.asyncDispose]();
  });

  const entries = (page: Page) => page.getByRole("feed").getByRole("article");
  const valid = (page: Page, label: string) =>
    page.getByLabel(label).evaluate((field) => (field as unknown as { validity: { valid: boolean } }).validity.valid);
  const directionOf = (text: Locator) =>
    text.evaluate((element) => (globalThis as unknown as Styles).getComputedStyle(element).direction);
  const drafts = (page: Page) =>
    page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('headline.draft')).length");

  test("a draft is its user's, and ends with the sign-out", async () => {
    for (const name of ["faye", "gus"]) await signUp(site.url, name);
    await using visited = await site.visit("/", PHONE);
    const { page } = visited;
    await signIn(page, "faye");
    await page.goto(`${site.url}/#/publish`);
    await page.getByLabel("Title").fill("Hers");
    await page.reload();
    expect(await page.getByLabel("Title").inputValue()).toBe("Hers");
    await page.evaluate("localStorage.setItem('headline.signed-in', 'null')"); // ended in another way than by signing out
    await page.reload();
    await signIn(page, "gus");
    await page.goto(`${site.url}/#/publish`);
    expect(await page.getByLabel("Title").inputValue()).toBe("");
    await page.getByLabel("Title").fill("His");
    await eventually(async () => expect(await drafts(page)).toBe(2));
    await page.goto(`${site.url}/#/me`);
    await page.getByRole("button", { name: "Sign out" }).click();
    await eventually(async () => expect(await drafts(page)).toBe(1));
    await signIn(page, "gus");
    await page.goto(`${site.url}/#/publish`);
    expect(await page.getByLabel("Title").inputValue()).toBe("");
  });

  test("a title counts as its reader counts, comments keep their lines, and each text has its own direction", async () => {
    await signUp(site.url, "hana");
    await using visited = await site.visit("/", DESKTOP);
    const { page } = visited;
    await signIn(page, "hana");
    await page.goto(`${site.url}/#/publish`);
    await page.getByLabel("Title").fill(FAMILY.repeat(100));
    expect(await valid(page, "Title")).toBe(true);
    await page.getByLabel("Title").fill(FAMILY.repeat(101));
    expect(await valid(page, "Title")).toBe(false);

    await page.goto(`${site.url}/#/articles/5`);
    const write = page.getByRole("textbox");
    await write.fill("\u200b\u2800");
    expect(await page.getByRole("button", { name: "Send" }).isDisabled()).toBe(true);
    await write.fill("שלום\n\nעולם");
    expect(await directionOf(write)).toBe("rtl");
    await page.getByRole("button", { name: "Send" }).click();
    const written = page.locator(".comment .written").first();
    await written.waitFor();
    expect(await written.innerText()).toBe("שלום\n\nעולם");
    expect(await directionOf(written)).toBe("rtl");
    expect(await directionOf(page.locator("h1"))).toBe("ltr");
  });

  test("the Enter that chooses a word sends no message, and Shift+Enter breaks its line", async () => {
    const { userId } = await signUp(site.url, "ida");
    await signUp(site.url, "jun");
    await using visited = await site.visit("/", PHONE);
    const { page } = visited;
    await signIn(page, "jun");
    await page.goto(`${site.url}/#/messages/${userId}`);
    const write = page.getByLabel("Write a message");
    await write.fill("你好");
    for (const keys of [{ keyCode: 229 }, { isComposing: true, keyCode: 13 }])
      await write.dispatchEvent("keydown", { key: "Enter", bubbles: true, cancelable: true, ...keys });
    expect(await page.locator(".bubble").count()).toBe(0);
    await write.press("Shift+Enter");
    await write.pressSequentially("再见");
    await write.press("Enter");
    await page.locator(".bubble.mine").waitFor();
    expect(await page.locator(".bubble.mine > p").innerText()).toBe("你好\n再见");
    expect(await write.inputValue()).toBe("");
  });

  test("the sign-in dialog names demo accounts where the gateway does, and nowhere else", async () => {
    const demo = await site.world.openGateway({
      recommenderAddress: site.recommenderAddress,
      assets: site.assets,
      demoAccounts: ["alice", "bob"],
    });
    for (const [url, isNamed] of [
      [site.url, false],
      [demo.url, true],
    ] as const) {
      await using visited = await site.visit("/", { ...PHONE, url });
      await visited.page.getByRole("button", { name: "Sign in" }).click();
      await visited.page.getByLabel("Password").waitFor();
      expect(await visited.page.getByText("demo accounts alice, bob").count()).toBe(isNamed ? 1 : 0);
    }
  });

  test("an article comes by itself when the network is back, or when it is asked for again", async () => {
    await using visited = await site.visit("/", { ...PHONE, once: true });
    const { page } = visited;
    await entries(page).nth(3).waitFor();
    const away = /\/articles\/\d+$/;
    await page.route(away, (route) => route.abort());
    await page.goto(`${site.url}/#/articles/7`);
    await page.getByRole("button", { name: "Try again" }).waitFor();
    await page.unroute(away);
    await page.evaluate("dispatchEvent(new Event('online'))");
    await page.locator(".content").waitFor();
    await page.route(away, (route) => route.abort());
    await page.goto(`${site.url}/#/articles/8`);
    await page.getByRole("button", { name: "Try again" }).waitFor();
    await page.unroute(away);
    await page.getByRole("button", { name: "Try again" }).click();
    await page.locator(".content").waitFor();
  });

  test("a reload keeps the articles of the feed and the place in it; another reader gets their own", async () => {
    await signUp(site.url, "kim");
    await using visited = await site.visit("/", { ...PHONE, once: true });
    const { page } = visited;
    await signIn(page, "kim");
    await entries(page).nth(9).waitFor();
    await page.evaluate("scrollTo(0, document.documentElement.scrollHeight)");
    await entries(page).nth(15).waitFor();
    await entries(page).nth(12).scrollIntoViewIfNeeded();
    const titles = () => entries(page).locator("h2").allInnerTexts();
    const before = await titles();
    const place = await page.evaluate("scrollY");
    await page.reload();
    await entries(page).nth(12).waitFor();
    expect((await titles()).slice(0, before.length)).toEqual(before);
    expect(await page.evaluate("scrollY")).toBe(place);
  });

  test("a link is copied where there is nothing to share it with, and the clipboard is none", async () => {
    const takeAway = `for (const name of ["share", "clipboard"]) Object.defineProperty(navigator, name, { value: undefined })`;
    await using visited = await site.visit("/", {
      ...PHONE,
      once: true,
      prepare: (page) => void page.addInitScript(takeAway),
    });
    const { page } = visited;
    await page.goto(`${site.url}/#/articles/3`);
    await page.getByRole("button", { name: "Share" }).click();
    await page.getByText("Link copied").waitFor();
  });

  test.each([
    ["phone", PHONE],
    ["desktop", DESKTOP],
  ] as const)("every page has one first heading, and buttons with a number say it (%s)", async (_, options) => {
    const { userId } = await client(site)
      .get("/articles/3")
      .then(({ body }) => ({ userId: body.data.aut_id }));
    await using visited = await site.visit("/", options);
    const { page } = visited;
    for (const path of ["/#/", "/#/channels/101", "/#/articles/3", `/#/users/${userId}`, "/#/me", "/#/publish"]) {
      await page.goto(site.url + path);
      await eventually(async () => expect([path, await page.locator("h1").count()]).toEqual([path, 1]));
    }
    await page.goto(`${site.url}/#/articles/3`);
    for (const name of [/^Like, \d/, /^Save, \d/, /^Comments, \d/]) await page.getByRole("button", { name }).waitFor();
    await page.emulateMedia({ media: "print" });
    expect(await page.locator(".content").isVisible()).toBe(true);
    for (const hidden of [".top-bar", ".reactions", ".comment-prompt", "#similar"])
      expect([hidden, await page.locator(hidden).first().isVisible()]).toEqual([hidden, false]);
    await page.emulateMedia({ media: "screen" });
  });
});
