import { randomUUID } from "node:crypto";
import { insertMessage } from "@headline/newsroom/conversations";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { BrowserContextOptions, Page } from "playwright-core";
import { client } from "../../gateway/test/open-world.js";
import { FAINT_TEXTS } from "./faint-texts.js";
import { startGateway } from "./gateway-process.js";
import { atRest, THEMES } from "./looks.js";
import {
  DESKTOP,
  eventually,
  hasChromium,
  openSite,
  PHONE,
  recommended,
  type SignedUp,
  type Site,
  signUp,
  welcomed,
} from "./open-site.js";

const inBrowser = hasChromium ? describe : describe.skip;
/** A limit for what hangs. */
const SOON = { timeout: 40_000 };

type WindowOptions = BrowserContextOptions & { readonly url?: string };

inBrowser("what happens elsewhere, in a browser", () => {
  let site: Site;
  beforeAll(async () => {
    site = await openSite();
  });
  afterAll(async () => {
    await site?.[Symbol.asyncDispose]();
  });

  /** A window of somebody signed in; resolves once it hears. */
  async function windowOf(user: SignedUp, path: string, { url = site.url, ...options }: WindowOptions = {}) {
    let hears: Promise<void> | undefined;
    const visited = await site.visit(path, {
      url,
      ...options,
      ...user.signedIn(url),
      prepare: (page) => {
        hears = welcomed(page, user.userId);
      },
    });
    await hears;
    return visited;
  }

  /** Sockets that the gateway has open. */
  async function openSockets(): Promise<number> {
    const { body: text } = await client({ url: site.url }).get("/metrics");
    return Number(/^headline_open_sockets (\d+)/m.exec(String(text))?.[1]);
  }

  const bubbles = (page: Page) => page.locator(".bubble");
  const as = ({ authorization }: SignedUp) => client({ url: site.url }, authorization);
  const write = (from: SignedUp, to: SignedUp, text: string) =>
    insertMessage(site.world.mysql, {
      senderId: BigInt(from.userId),
      recipientId: BigInt(to.userId),
      text,
      clientId: randomUUID(),
    });

  test("a like in one window rings the bell in the author's; the note leads to the article", async () => {
    const [author, reader] = await Promise.all([signUp(site.url, "ada"), signUp(site.url, "bo")]);
    const { body } = await as(author).post("/articles", {
      title: "Rain by noon",
      content: "It rains",
      channel_id: 102,
    });
    const path = `/#/articles/${body.data.article_id}`;
    await using authors = await windowOf(author, "/");
    await using readers = await site.visit(path, { ...PHONE, ...reader.signedIn() });
    await readers.page.getByRole("button", { name: /^Like, \d/ }).click();
    await authors.page.getByRole("link", { name: "Notifications, 1" }).waitFor(SOON);
    await authors.page.getByRole("status").getByText("bo liked your article").waitFor(SOON);
    await photograph(authors.page, "bell");
    await authors.page.getByRole("status").getByRole("button", { name: "Look" }).click();
    await authors.page.getByRole("heading", { name: "Rain by noon" }).waitFor();
    await as(reader).send("PUT", `/users/${author.userId}/follow`);
    await authors.page.getByRole("link", { name: "Notifications, 2" }).waitFor(SOON);
    await authors.page.getByRole("status").getByRole("button", { name: "Look" }).click();
    await authors.page.getByRole("heading", { name: "bo", exact: true }).waitFor();
    expect(authors.complaints).toEqual([]);
  });

  test("what somebody did is theirs on every device, also with an article reached by a link", async () => {
    const reader = await signUp(site.url, "cleo");
    await using first = await site.visit("/#/articles/4", { ...PHONE, ...reader.signedIn() });
    await site.world.mysql.write("DELETE FROM article_likes"); // of the test before
    await first.page.getByRole("button", { name: /^Like, \d/ }).click();
    await first.page.getByRole("button", { name: /^Save, \d/ }).click();
    await first.page.getByRole("button", { name: "Not interested" }).click();
    await first.page.getByRole("dialog").getByRole("button", { name: "Out of date" }).click();
    await first.page.getByText("You will see less like this").waitFor();
    const kept = (table: string) => site.world.mysql.query(`SELECT 1 FROM ${table}`);
    for (const table of ["article_likes", "article_collects", "article_dislikes"])
      await eventually(async () => expect(await kept(table)).toHaveLength(1));
    await using second = await site.visit("/#/articles/4", reader.signedIn());
    const pressed = (name: string) => second.page.getByRole("button", { name: new RegExp(`^${name}`), pressed: true });
    for (const name of ["Like", "Save", "Not interested"]) await pressed(name).waitFor();
    await pressed("Like").click();
    await eventually(async () => expect(await kept("article_likes")).toEqual([]));
    await first.page.reload();
    await first.page.getByRole("button", { name: /^Like, \d/, pressed: false }).waitFor();
    await first.page.getByRole("button", { name: /^Save, \d/, pressed: true }).waitFor();

    await using guest = await site.visit("/#/articles/5");
    await guest.page.getByRole("button", { name: "Not interested" }).click();
    await guest.page
      .getByRole("dialog")
      .getByRole("button", { name: /^Nothing more from/ })
      .click();
    await guest.page.getByText(/is blocked/).waitFor();
    await eventually(async () => expect(await kept("author_blocks")).toHaveLength(1));
    await guest.page.evaluate("localStorage.removeItem('headline.reactions')");
    await guest.page.reload();
    await guest.page.getByRole("button", { name: "Not interested", pressed: true }).waitFor();
  });

  test("writes to somebody from their page; they hear it, read it and answer, in every window", async () => {
    const [dan, eve] = await Promise.all([signUp(site.url, "dan"), signUp(site.url, "eve")]);
    await using dans = await windowOf(dan, `/#/users/${eve.userId}`, PHONE);
    await using others = await windowOf(dan, `/#/messages/${eve.userId}`);
    await using eves = await windowOf(eve, "/");
    await dans.page.getByRole("link", { name: "Message", exact: true }).click();
    await dans.page.getByText("Nothing here yet; say hello").waitFor();
    await dans.page.getByLabel("Write a message").fill("Hello\nEve");
    await dans.page.getByRole("button", { name: "Send" }).click();
    await bubbles(dans.page).getByText("Hello Eve").waitFor();
    await eves.page.getByRole("link", { name: "Messages, 1" }).first().waitFor(SOON);
    await bubbles(others.page).getByText("Hello Eve").waitFor(SOON);
    await dans.page.getByText("Delivered").waitFor(SOON);
    await eves.page.getByRole("link", { name: "Messages, 1" }).first().click();
    await eves.page.getByRole("link", { name: /dan/ }).click();
    await bubbles(eves.page).getByText("Hello Eve").waitFor();
    await dans.page.getByText("Read").waitFor(SOON);
    await eves.page.getByRole("link", { name: "Messages", exact: true }).first().waitFor();
    await eves.page.getByLabel("Write a message").fill("Hello Dan");
    await eves.page.keyboard.press("Enter");
    for (const { page } of [dans, others]) await bubbles(page).getByText("Hello Dan").waitFor(SOON);
    expect(await bubbles(dans.page).count()).toBe(2);
    await dans.page.goto(`${site.url}/#/messages`);
    await dans.page.getByRole("link", { name: /eve/ }).getByText("Hello Dan").waitFor();
    await write(eve, dan, "One more");
    await dans.page.getByRole("link", { name: /eve/ }).getByText("One more").waitFor(SOON);
    for (const { complaints } of [dans, others, eves]) expect(complaints).toEqual([]);
  });

  test("older messages come when somebody scrolls up, and the place stays", async () => {
    const [finn, gia] = await Promise.all([signUp(site.url, "finn"), signUp(site.url, "gia")]);
    for (let index = 1; index <= 70; index += 1) {
      const [from, to] = index % 3 === 0 ? [gia, finn] : [finn, gia];
      await write(from, to, `Line ${index}`);
    }
    await using visited = await site.visit(`/#/messages/${gia.userId}`, { ...PHONE, ...finn.signedIn() });
    const { page } = visited;
    await page.getByText("Line 70").waitFor();
    expect(await bubbles(page).count()).toBe(30);
    const top = await page.getByText("Line 45", { exact: true }).boundingBox();
    await page.locator(".log").evaluate((log: { scrollTop: number }) => {
      log.scrollTop = -1e6;
    });
    await page.getByText("Line 20", { exact: true }).waitFor({ state: "attached" });
    expect(top).not.toBeNull();
    await page.locator(".log").evaluate((log: { scrollTop: number }) => {
      log.scrollTop = -1e6;
    });
    await page.getByText("Line 1", { exact: true }).waitFor({ state: "attached" });
    expect(await bubbles(page).allInnerTexts()).toHaveLength(70);
  });

  test("a message that was not sent says so and why, and is sent once however often it is tried", async () => {
    const [hal, ida] = await Promise.all([signUp(site.url, "hal"), signUp(site.url, "ida")]);
    await using visited = await windowOf(hal, `/#/messages/${ida.userId}`, PHONE);
    const { page } = visited;
    const say = async (text: string) => {
      await page.getByLabel("Write a message").fill(text);
      await page.getByRole("button", { name: "Send" }).click();
    };
    const posts = /conversations\/\d+\/messages$/;
    // It arrives, but its answer does not: the socket says so, or the same id when it is tried again.
    await page.route(posts, async (route) => {
      await route.fetch();
      await route.abort();
    });
    await say("Twice is once");
    await page.locator(".bubble.sent").waitFor();
    await page.unroute(posts);
    await page.route(posts, (route) => route.abort());
    await say("Lost");
    await page.getByText("The server cannot be reached").waitFor();
    await page.getByText("Not sent").waitFor();
    await photograph(page, "not-sent");
    await page.unroute(posts);
    await page.getByRole("button", { name: "Try again" }).click();
    await page.locator(".bubble.sent", { hasText: "Lost" }).waitFor();
    expect((await as(ida).get(`/conversations/${hal.userId}/messages`)).body.data.results).toHaveLength(2);

    for (let index = 0; index < 18; index += 1) {
      const message = { text: `Filling ${index}`, client_id: randomUUID() };
      await as(hal).post(`/conversations/${ida.userId}/messages`, message);
    }
    await say("Too many");
    await page.getByText("Too many requests, please wait a moment").waitFor();
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByText("Too many requests").waitFor({ state: "detached" });

    await site.world.mysql.write("INSERT INTO author_blocks (user_id, author_id, created_at) VALUES (?, ?, 1)", [
      BigInt(hal.userId),
      BigInt(ida.userId),
    ]);
    await using blocked = await site.visit(`/#/messages/${hal.userId}`, ida.signedIn());
    await blocked.page.getByLabel("Write a message").fill("Still there?");
    await blocked.page.keyboard.press("Enter");
    await blocked.page.getByText("one of you has blocked the other").waitFor();
  });

  test("articles are announced as they are published; a reader without a socket asks, and is told nothing of it", async () => {
    const author = await signUp(site.url, "jo");
    await using refused = await site.visit("/#/channels/102", { prepare: refuseSockets, once: true });
    await using live = await site.visit("/#/channels/102");
    for (const { page } of [refused, live]) await recommended(page);
    await eventually(async () => expect(await openSockets()).toBe(1));
    await as(author).post("/articles", { title: "Just in", content: "now", channel_id: 102 });
    await live.page.getByRole("button", { name: "1 new" }).waitFor(SOON);
    await eventually(async () => {
      await refused.page.clock.fastForward(25_000);
      await refused.page.getByRole("button", { name: "1 new" }).waitFor({ timeout: 5_000 });
    });
    expect(await refused.page.getByRole("alert").count()).toBe(0);
    expect(await refused.page.locator(".toast").count()).toBe(0);
  });

  test("who is without a socket is told of notifications and messages all the same, later", async () => {
    const [kai, lia] = await Promise.all([signUp(site.url, "kai"), signUp(site.url, "lia")]);
    await using visited = await site.visit(`/#/messages/${lia.userId}`, {
      prepare: refuseSockets,
      once: true,
      ...kai.signedIn(),
    });
    const { page } = visited;
    await page.getByText("Nothing here yet; say hello").waitFor();
    await write(lia, kai, "Can you hear me?");
    await as(lia).send("PUT", `/users/${kai.userId}/follow`);
    await eventually(async () => {
      await page.clock.fastForward(61_000);
      await bubbles(page).getByText("Can you hear me?").waitFor({ timeout: 5_000 });
      await page.getByRole("link", { name: "Notifications, 1" }).waitFor({ timeout: 5_000 });
    });
  });

  test("after its gateway was killed, and after it was stopped, a window hears again and has lost nothing", async () => {
    const [mia, ned] = await Promise.all([signUp(site.url, "mia"), signUp(site.url, "ned")]);
    await using gateway = await startGateway(site, site.recommenderAddress);
    await using visited = await windowOf(mia, `/#/messages/${ned.userId}`, { url: gateway.url });
    const { page } = visited;
    await write(ned, mia, "Before");
    await bubbles(page).getByText("Before").waitFor(SOON);
    let told = 0;
    for (const signal of ["SIGKILL", "SIGTERM"] as const) {
      await gateway.end(signal);
      await write(ned, mia, `While it was gone, ${signal}`);
      const likes = [1, 2].map(async (index) => {
        const follower = await signUp(site.url, `${signal}-${index}`);
        await as(follower).send("PUT", `/users/${mia.userId}/follow`);
      });
      await Promise.all(likes);
      told += 2;
      await gateway.start();
      await bubbles(page).getByText(`While it was gone, ${signal}`).waitFor(SOON);
      await page.getByRole("link", { name: `Notifications, ${told}` }).waitFor(SOON);
      await write(ned, mia, `And after, ${signal}`);
      await bubbles(page).getByText(`And after, ${signal}`).waitFor(SOON);
    }
    expect(await bubbles(page).count()).toBe(5);
  });

  test("a token that ends is renewed for the socket too; who signs out is not told any more", async () => {
    const oz = await signUp(site.url, "oz");
    await using visited = await windowOf(oz, "/#/me");
    const { page } = visited;
    await page.evaluate(SPOIL_TOKEN);
    const hears = welcomed(page, oz.userId);
    await page.goto(`${site.url}/?again#/me`);
    await hears;
    await page.getByRole("button", { name: "Sign out" }).first().click();
    await page.getByRole("heading", { name: "Guest" }).waitFor();
    await as(await signUp(site.url, "pip")).send("PUT", `/users/${oz.userId}/follow`);
    await page.waitForTimeout(300);
    expect(await page.locator(".bell").count()).toBe(0);
  });

  test.each([
    ["phone", PHONE],
    ["desktop", DESKTOP],
  ] as const)("messages fit a %s, light and dark", async (device, options) => {
    const [quin, rhea] = await Promise.all([signUp(site.url, `quin-${device}`), signUp(site.url, `rhea-${device}`)]);
    await write(quin, rhea, "A long message that goes on and on, so that it has to break somewhere ".repeat(3));
    await write(rhea, quin, "Ok");
    await using visited = await site.visit("/#/messages", { ...options, ...quin.signedIn() });
    const { page } = visited;
    for (const [path, landmark] of [
      ["/#/messages", ".row"],
      [`/#/messages/${rhea.userId}`, ".bubble"],
      [`/#/users/${rhea.userId}`, ".statistics"],
    ] as const) {
      await page.goto(site.url + path);
      await page.locator("main").locator(landmark).first().waitFor();
      for (const colorScheme of THEMES) {
        await page.emulateMedia({ colorScheme });
        await atRest(page);
        expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(options.viewport.width);
        expect([path, await page.evaluate(FAINT_TEXTS)]).toEqual([path, []]);
        await photograph(page, `${device}-${colorScheme}-${path}`);
      }
    }
  });
});

/** For who looks at the pages: into the folder HEADLINE_SCREENSHOTS, if there is one. */
async function photograph(page: Page, name: string): Promise<void> {
  const folder = process.env["HEADLINE_SCREENSHOTS"];
  if (folder !== undefined) await page.screenshot({ path: `${folder}/${name.replaceAll(/\W+/g, "-")}.png` });
}

/** No socket comes through, and the page's clock can be turned. */
function refuseSockets(page: Page): void {
  void page.routeWebSocket(/socket\.io/, (socket) => socket.close());
  void page.clock.install();
}

/** As if it had expired: its signature does not count any more. */
const SPOIL_TOKEN = `(() => {
  const kept = JSON.parse(localStorage.getItem("headline.signed-in"));
  kept.token = kept.token.slice(0, -4) + "AAAA";
  localStorage.setItem("headline.signed-in", JSON.stringify(kept));
})()`;
