import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Page } from "playwright-core";
import { type Client, client } from "../../gateway/test/open-world.js";
import { DESKTOP, eventually, hasChromium, openSite, PASSWORD, PHONE, type Site, signIn, signUp } from "./open-site.js";

const inBrowser = hasChromium ? describe : describe.skip;
/** Of one call of the client: the first and two retries. */
const ATTEMPTS = 3;

inBrowser("somebody signed in, in a browser", () => {
  let site: Site;
  beforeAll(async () => {
    site = await openSite();
  });
  afterAll(async () => {
    await site?.[Symbol.asyncDispose]();
  });

  const entries = (page: Page) => page.getByRole("feed").getByRole("article");
  const mine = (page: Page) => page.locator(".rows .row");

  test("signs up, signs out, signs in, and is told what is wrong", async () => {
    await using visited = await site.visit("/", PHONE);
    const { page } = visited;
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("button", { name: "No account yet? Sign up" }).click();
    await page.getByLabel("Name").fill("dora");
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Sign up", exact: true }).click();
    await page.getByText("Hello, dora").waitFor();
    await entries(page).nth(3).waitFor();
    await page.getByRole("link", { name: "Me", exact: true }).click();
    await page.getByRole("heading", { name: "dora" }).waitFor();
    await page.getByText("You have not published anything yet").waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Guest" }).waitFor();
    await page.locator("main").getByRole("button", { name: "Sign in" }).click();
    await page.getByLabel("Name").fill("dora");
    await page.getByLabel("Password").fill("not her password");
    const submit = page.getByRole("dialog").getByRole("button", { name: "Sign in", exact: true });
    await submit.click();
    await page.getByText("Name and password do not belong together").waitFor();
    await page.getByLabel("Password").fill(PASSWORD);
    await submit.click();
    await page.getByRole("heading", { name: "dora" }).waitFor();
  });

  test("is told in words how long to wait after ten wrong passwords", async () => {
    await signUp(site.url, "guessed");
    const guess = { name: "guessed", password: "wrong" };
    for (let wrong = 0; wrong < 10; ) {
      const { status } = await client(site).post("/authorizations", guess);
      if (status === 401) wrong += 1;
      else if (status === 429) break; // one that a busy gateway answered with 503 has counted, too
    }
    await using visited = await site.visit("/", PHONE);
    const { page } = visited;
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByLabel("Name").fill("guessed");
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("dialog").getByRole("button", { name: "Sign in", exact: true }).click();
    await page.getByText(/Too many attempts, please try again in 1[45] minutes/).waitFor();
  });

  test("a token that has expired is renewed; one that cannot be ends the sign-in, and the page says so", async () => {
    await signUp(site.url, "emil");
    await using visited = await site.visit("/");
    const { page } = visited;
    await signIn(page, "emil");
    await page.evaluate(`(${SPOIL_TOKENS})(["token"])`);
    await page.goto(`${site.url}/?again#/me`);
    await page.getByRole("heading", { name: "emil" }).waitFor();
    await eventually(async () => {
      const number = page.locator(".statistics dd", { hasText: "0" }).first();
      await number.waitFor({ timeout: 5_000 }).catch(() => page.reload()); // a gateway that is busy says so
      expect(await number.isVisible()).toBe(true);
    });
    await page.evaluate(`(${SPOIL_TOKENS})(["token", "refreshToken"])`);
    await page.goto(`${site.url}/?again-again#/me`);
    await page.getByText("Your sign-in has expired").waitFor();
    await page.getByRole("heading", { name: "Guest" }).waitFor();
  });

  test("likes and saves an article from the feed, takes that back, and a guest is asked to sign in first", async () => {
    await signUp(site.url, "fay");
    await using visited = await site.visit("/", PHONE);
    const { page } = visited;
    await entries(page).first().getByRole("link").click();
    await page.getByRole("button", { name: "Like" }).click();
    await page.getByText("Sign in to like and save").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
    await page.goBack();
    await signIn(page, "fay");
    await entries(page).first().getByRole("link").click();
    const like = page.getByRole("button", { name: /^Like, \d/ });
    await like.click();
    await page.getByRole("button", { name: /^Save, \d/ }).click();
    await eventually(async () => expect(await countsOf(page)).toEqual({ likes: 1, collects: 1 }));
    expect(await like.getAttribute("aria-pressed")).toBe("true");
    expect(await like.innerText()).toContain("1");
    await page.reload();
    await page.getByText("What article").waitFor();
    expect(await like.getAttribute("aria-pressed")).toBe("true");
    await like.click();
    await eventually(async () => expect(await countsOf(page)).toEqual({ likes: 0, collects: 1 }));
  });

  test("follows an author and comments; only their own comment can be deleted", async () => {
    const { authorization } = await signUp(site.url, "gil");
    await signUp(site.url, "hana");
    const reader = client({ url: site.url }, authorization);
    for (let index = 1; index <= 22; index += 1)
      await reader.post("/articles/7/comments", { content: `Said ${index}` });
    await using visited = await site.visit("/#/articles/7");
    const { page } = visited;
    await page.getByText("Said 22").waitFor();
    await page.getByRole("button", { name: "Load more" }).click();
    await page.getByText("Said 1", { exact: true }).waitFor();
    await signIn(page, "hana");
    await page.getByRole("button", { name: "Follow", exact: true }).click();
    await page.getByRole("button", { name: "Following", exact: true }).waitFor();
    await page.getByText("1 follower").waitFor();
    await page.getByLabel("What do you think?").fill("It moved me\nvery much");
    await page.getByRole("button", { name: "Send" }).click();
    const own = page.locator(".comment", { hasText: "It moved me very much" });
    await own.waitFor();
    expect(await page.getByRole("button", { name: "Delete" }).count()).toBe(1);
    await own.getByRole("button", { name: "Delete" }).click();
    await own.waitFor({ state: "detached" });
    expect((await reader.get("/articles/7/comments?per_page=1")).body.data.results[0].content).toBe("Said 22");
  });

  test("a comment whose answer was lost is sent again and stands there once; the same words later are another", async () => {
    const { authorization } = await signUp(site.url, "lena");
    await using visited = await site.visit("/#/articles/8");
    const { page } = visited;
    await signIn(page, "lena");
    let lost = 0;
    await page.route("**/articles/8/comments", async (route) => {
      if (route.request().method() !== "POST" || lost === ATTEMPTS) return route.continue();
      lost += 1;
      await route.fetch();
      return route.abort();
    });
    const send = page.getByRole("button", { name: "Send" });
    const said = page.locator(".comment", { hasText: "Well said" });
    await page.getByLabel("What do you think?").fill("Well said");
    await send.click();
    await page.locator(".comment-form [role=alert]").waitFor();
    await send.click();
    await said.waitFor();
    const written = async () =>
      (await client({ url: site.url }, authorization).get("/articles/8/comments")).body.data.results.length;
    expect([lost, await written(), await said.count()]).toEqual([ATTEMPTS, 1, 1]);
    await page.getByLabel("What do you think?").fill("Well said");
    await send.click();
    await said.nth(1).waitFor();
    expect(await written()).toBe(2);
  });

  test("publishes, edits and deletes an article; a draft outlives the page", async () => {
    await signUp(site.url, "ines");
    await using visited = await site.visit("/", PHONE);
    const { page } = visited;
    await signIn(page, "ines");
    await page.getByRole("link", { name: "Publish" }).click();
    await page.getByLabel("Title").fill("A bakery that bakes at night");
    await page.reload();
    await page.getByText("Your unpublished draft is back").waitFor();
    expect(await page.getByLabel("Title").inputValue()).toBe("A bakery that bakes at night");
    await page.locator("select").selectOption({ label: "Culture" });
    await page.getByLabel("Text").fill("First line\nSecond line");
    await page.getByLabel("Covers").fill("/covers/tea-1.svg");
    await page.locator("form").getByRole("button", { name: "Publish" }).click();
    await page.getByRole("heading", { name: "A bakery that bakes at night" }).waitFor();
    await page.getByRole("link", { name: "Edit" }).click();
    await page.getByLabel("Title").fill("A bakery that bakes by day");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { name: "A bakery that bakes by day" }).waitFor();
    await page.goto(`${site.url}/#/me`);
    await mine(page).getByRole("button", { name: "Delete" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete", exact: true }).click();
    await page.getByText("You have not published anything yet").waitFor();
  });

  test("publishes later, moves that, and holds it back", async () => {
    const { authorization } = await signUp(site.url, "jon");
    const author = client({ url: site.url }, authorization);
    await using visited = await site.visit("/", DESKTOP);
    const { page } = visited;
    await signIn(page, "jon");
    await page.getByRole("link", { name: "Publish" }).first().click();
    await page.getByLabel("Title").fill("Tomorrow's weather");
    await page.locator("select").selectOption({ label: "Fun" });
    await page.getByLabel("Text").fill("Rain");
    await page.getByText("Publish later").first().click();
    await page.getByLabel("Time").fill(await page.evaluate<string>(LOCAL_TIME_IN_A_DAY));
    await page.locator("form").getByRole("button", { name: "Publish later" }).click();
    await mine(page).getByText("Scheduled").waitFor();
    const [scheduled] = (await author.get("/users/me/articles")).body.data.results;
    expect(Date.parse(scheduled.publish_at) - Date.now()).toBeGreaterThan(23 * 3_600_000);
    await mine(page).getByRole("link", { name: "Tomorrow's weather", exact: true }).click();
    await page.getByRole("heading", { name: "Tomorrow's weather" }).waitFor();
    await page.locator(".content", { hasText: "Rain" }).waitFor();
    await page.locator("article .status.scheduled").waitFor();
    expect(await page.locator(".comments").count()).toBe(0);
    await page.getByRole("link", { name: "Edit" }).click();
    expect(await page.getByLabel("Text").inputValue()).toBe("Rain");
    await page.getByText("Hold back").click();
    await page.getByRole("button", { name: "Save" }).click();
    await mine(page).getByText("Held").waitFor();
    expect((await author.get("/users/me/articles")).body.data.results[0]).toMatchObject({ status: "held" });
  });

  test("orders a promotion, sees the time to pay run, pays; readers see what it is", async () => {
    const { authorization } = await signUp(site.url, "kim");
    const author = client({ url: site.url }, authorization);
    const { body } = await author.post("/articles", { title: "Please read this", content: "Thanks", channel_id: 101 });
    await using visited = await site.visit("/", PHONE);
    const { page } = visited;
    await signIn(page, "kim");
    await page.goto(`${site.url}/#/me`);
    const orderIt = async () => {
      await mine(page).getByRole("button", { name: "Promote" }).click();
      await page.getByRole("button", { name: /^Place the order/ }).click();
      await mine(page).getByText("To be paid").waitFor();
      await mine(page).getByText("Please read this").first().waitFor();
    };
    await orderIt();
    await page.getByRole("button", { name: "Cancel", exact: true }).click();
    await mine(page).getByText("Cancelled", { exact: true }).waitFor();
    await page.goto(`${site.url}/#/me`);
    await orderIt();
    const before = await page.locator(".countdown b").innerText();
    expect(before).toMatch(/^(30:00|29:\d\d)$/);
    await eventually(async () => expect(await page.locator(".countdown b").innerText()).not.toBe(before));
    await page.getByRole("button", { name: "Pay CN¥9.90" }).click();
    await mine(page).getByText("Paid", { exact: true }).waitFor();
    expect((await author.get("/orders")).body.data.results).toMatchObject([
      { status: "paid", article_id: body.data.article_id },
      { status: "cancelled" },
    ]);

    await eventually(async () => {
      await using reading = await site.visit("/#/channels/101");
      await entries(reading.page).nth(4).waitFor();
      const promoted = entries(reading.page).filter({ hasText: "Please read this" });
      expect(await promoted.locator(".reason").innerText({ timeout: 5_000 })).toBe("Promoted");
    });

    await page.goto(`${site.url}/#/me`);
    await mine(page).getByRole("button", { name: "Delete" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("A promotion that is not paid yet is cancelled").waitFor();
    await dialog.getByRole("button", { name: "Delete", exact: true }).click();
    await dialog.getByText("what was paid is not paid back").waitFor();
    expect(await dialog.locator(".request-id").count()).toBe(0); // it is a question, and no failure to report
    expect(await dialog.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)).toBe(0);
    expect((await author.get(`/articles/${body.data.article_id}`)).status).toBe(200);
    await dialog.getByRole("button", { name: "Delete and give up the promotion" }).click();
    await page.getByText("You have not published anything yet").waitFor();
    expect((await author.get(`/articles/${body.data.article_id}`)).status).toBe(404);
  });

  test("is told of what happened, where the gateway tells it", async () => {
    const { userId, authorization } = await signUp(site.url, "lea");
    const { authorization: others } = await signUp(site.url, "max");
    await client({ url: site.url }, others).send("PUT", `/users/${userId}/follow`);
    await eventually(async () => {
      const { body } = await client({ url: site.url }, authorization).get("/notifications");
      expect(body.data.unread).toBe(1);
    });
    await using visited = await site.visit("/");
    const { page } = visited;
    await signIn(page, "lea");
    await page.getByRole("link", { name: "Notifications, 1" }).click();
    await page.getByText("max follows you").waitFor();
    await page.getByRole("link", { name: "Notifications", exact: true }).waitFor();
  });

  test("finds in Me what they saved, liked and read, takes it out again, and unblocks an author", async () => {
    const lena = await signUp(site.url, "lena-lists");
    const asLena = client({ url: site.url }, lena.authorization);
    await eventually(async () => {
      const { trace } = (await asLena.get("/articles/10")).body.data;
      const events = (["collect", "liking", "click", "block"] as const).map((type) => ({
        id: crypto.randomUUID(),
        type,
        token: trace[type === "block" ? "click" : type],
        ts: Date.now(),
      }));
      // Liked and read, and the author of another article blocked.
      const { trace: other } = (await asLena.get("/articles/11")).body.data;
      const upload = events.map((event) => (event.type === "block" ? { ...event, token: other.click } : event));
      expect((await asLena.post("/events", { events: upload })).body.data.rejected).toEqual([]);
      expect(await countOf(asLena, "read")).toBe(1);
    });

    const draft = { title: "Not for long", content: "Text", channel_id: 101 };
    const { article_id: gone } = (await asLena.post("/articles", draft)).body.data;
    const { trace: own } = (await asLena.get(`/articles/${gone}`)).body.data;
    const saving = { id: crypto.randomUUID(), type: "collect", token: own.collect, ts: Date.now() };
    await asLena.post("/events", { events: [saving] });
    await asLena.send("DELETE", `/articles/${gone}`);
    expect(await countOf(asLena, "collected")).toBe(2);

    await using visited = await site.visit("/#/me", { ...PHONE, ...lena.signedIn() });
    const { page } = visited;
    const title = "Article 10 about something that happened";
    await page.goto(`${site.url}/#/me/collected`);
    await page.getByText("2 in all").waitFor();
    await page
      .locator(".gone", { hasText: "This article was deleted" })
      .getByRole("button", { name: "Remove" })
      .click();
    await page.goBack();
    for (const [name, list] of [
      ["Saved", "collected"],
      ["Liked", "liked"],
    ] as const) {
      await page.locator("main").getByRole("link", { name, exact: true }).click();
      await page.getByRole("heading", { name, exact: true }).waitFor();
      await page.getByText("1 in all").waitFor();
      await page.getByRole("button", { name: `Remove: ${title}` }).click();
      await page.getByText("Nothing here yet").waitFor();
      await eventually(async () => expect(await countOf(asLena, list)).toBe(0));
      await page.goBack();
    }
    await page.getByRole("link", { name: "History" }).click();
    await page.getByRole("link", { name: title }).waitFor();
    await page.getByRole("button", { name: "Clear", exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Clear", exact: true }).click();
    await page.getByText("Nothing here yet").waitFor();
    expect(await countOf(asLena, "read")).toBe(0);
    await page.goBack();
    await page.getByRole("link", { name: "Blocked" }).click();
    await page.getByRole("button", { name: "Unblock: ben" }).click();
    await page.getByText("is not blocked any more").waitFor();
    expect(await countOf(asLena, "blocked")).toBe(0);
  });

  test("goes from the counts of a profile to who follows, and follows back", async () => {
    const mona = await signUp(site.url, "mona");
    const nils = await signUp(site.url, "nils");
    const asNils = client({ url: site.url }, nils.authorization);
    await eventually(async () => expect((await asNils.send("PUT", `/users/${mona.userId}/follow`)).status).toBe(200));
    await using visited = await site.visit("/#/me", { ...DESKTOP, ...mona.signedIn() });
    const { page } = visited;
    await page.getByRole("link", { name: "Followers, 1" }).click();
    await page.getByRole("link", { name: "nils" }).waitFor();
    await page.locator("main").getByRole("button", { name: "Follow", exact: true }).click();
    await page.locator("main").getByRole("button", { name: "Following", exact: true }).waitFor();
    await eventually(async () => {
      const { body } = await asNils.get(`/users/${nils.userId}/followers`);
      expect(body.data).toMatchObject({ count: 1, results: [{ name: "mona", following: true }] });
    });
  });

  async function countOf(reader: Client, list: "collected" | "liked" | "read" | "blocked"): Promise<number> {
    return (await reader.get(`/users/me/${list}`)).body.data.count;
  }

  async function countsOf(page: Page) {
    const id = new URL(page.url()).hash.replace("#/articles/", "");
    const { like_count, collect_count } = (await client({ url: site.url }).get(`/articles/${id}`)).body.data;
    return { likes: like_count, collects: collect_count };
  }
});

/** As if they had expired: their signatures do not count any more. */
const SPOIL_TOKENS = `(names) => {
  const kept = JSON.parse(localStorage.getItem("headline.signed-in"));
  for (const name of names) kept[name] = kept[name].slice(0, -4) + "AAAA";
  localStorage.setItem("headline.signed-in", JSON.stringify(kept));
}`;

const LOCAL_TIME_IN_A_DAY = `(() => {
  const ms = Date.now() + 24 * 3_600_000;
  return new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
})()`;
