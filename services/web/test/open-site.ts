import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { eventually as eventuallyWithin } from "@headline/testkit";
import { expect } from "@jest/globals";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { client, openWorld, type World } from "../../gateway/test/open-world.js";
import { builtApp } from "./built-app.js";

const CHROMIUM = process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium";
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--renderer-process-limit=1",
];
/** For a machine that has much else to do. */
const PATIENCE_MS = 30_000;

const COVERS = fileURLToPath(new URL("../../../sample/public", import.meta.url));

/** Console lines of a browser on a busy machine: a page is left while its socket is being opened, a gateway asks to wait. */
const OF_BUSY_MACHINES = /WebSocket is closed before the connection is established|responded with a status of 503/;

export const hasChromium = existsSync(CHROMIUM);
if (!hasChromium) console.log(`the browser tests are SKIPPED: there is no ${CHROMIUM}`);

export const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true } as const;
export const DESKTOP = { viewport: { width: 1280, height: 800 } } as const;
export const PASSWORD = "a password of the tests";

export const eventually = <T>(check: () => T | Promise<T>) =>
  eventuallyWithin(check, { withinMs: PATIENCE_MS, everyMs: 25 });

/** Events that the page sent to POST /events. */
export interface SentEvent {
  readonly type: string;
  readonly token: string;
  readonly article_ids?: readonly string[];
  readonly duration_ms?: number;
  readonly why?: string;
}

export interface Visit extends AsyncDisposable {
  readonly page: Page;
  readonly events: readonly SentEvent[];
  /** Errors and warnings of the browser. */
  readonly complaints: readonly string[];
}

type VisitOptions = BrowserContextOptions & {
  readonly url?: string;
  /** Called with the page before it opens its address. */
  readonly prepare?: (page: Page) => void;
  /** Of a page that is left changed for good, by a turned clock or a script of its own: nobody visits in it afterwards. */
  readonly once?: boolean;
};

export interface Site extends AsyncDisposable {
  readonly world: World;
  readonly url: string;
  readonly recommenderAddress: string;
  readonly assets: readonly string[];
  visit(path?: string, options?: VisitOptions): Promise<Visit>;
}

/** The application as it is built, a gateway and a recommender with 60 articles of three authors, and a browser. */
export async function openSite(): Promise<Site> {
  const [world, browser, dist] = await Promise.all([
    openWorld(),
    chromium.launch({ executablePath: CHROMIUM, args: FLAGS }),
    builtApp(),
  ]);
  await addArticles(world);
  const assets = [dist, COVERS];
  const recommendation = await world.openRecommendation();
  const recommenderAddress = recommendation.address;
  const gateway = await world.openGateway({
    recommenderAddress,
    assets,
    push: { updatesEveryMs: 500 },
    messageRate: { messages: 20, perSeconds: 59 },
  });
  await warmUp(gateway.url);
  const visit = visitor(browser, gateway.url);
  return {
    world,
    recommenderAddress,
    url: gateway.url,
    assets,
    visit,
    async [Symbol.asyncDispose]() {
      await browser.close();
      await world[Symbol.asyncDispose]();
    },
  };
}

/** A first request takes longer than a gateway waits, on a machine that has much else to do. */
async function warmUp(url: string): Promise<void> {
  await signUp(url, "warms-up");
  await eventually(async () => {
    const { body } = await client({ url }, "Anony warms-up").get("/articles?channel_id=0&per_page=1");
    expect(body.data.degraded).toBe(false);
  });
}

export interface SignedUp {
  readonly userId: string;
  readonly authorization: string;
  /** For `visit`: a browser in which they are signed in. */
  signedIn(url?: string): { storageState: NonNullable<BrowserContextOptions["storageState"]> };
}

/** Somebody new, signed up over HTTP; also where the gateway is busy. */
export async function signUp(url: string, name: string): Promise<SignedUp> {
  const { body } = await eventually(async () => {
    const account = { name, password: PASSWORD };
    const made = await client({ url }).post("/users", account);
    // Who is told that the gateway is busy may have been signed up all the same.
    const answer = made.status === 409 ? await client({ url }).post("/authorizations", account) : made;
    expect(answer).toMatchObject({ status: 201 });
    return answer;
  });
  const { user_id: userId, token, refresh_token: refreshToken } = body.data;
  const kept = { name: "headline.signed-in", value: JSON.stringify({ userId, name, token, refreshToken }) };
  return {
    userId,
    authorization: `Bearer ${token}`,
    signedIn: (origin = url) => ({ storageState: { cookies: [], origins: [{ origin, localStorage: [kept] }] } }),
  };
}

/** Resolves once a socket of the page was welcomed as this user; to be called before the page opens it. */
export function welcomed(page: Page, userId: string): Promise<void> {
  return new Promise((resolve) => {
    page.on("websocket", (socket) => {
      socket.on("framereceived", ({ payload }) => {
        if (String(payload).includes(`["welcome",{"user_id":"${userId}"`)) resolve();
      });
    });
  });
}

/** Waits for what is recommended: on a busy machine a page may begin with what is hot, which nobody reports as seen. */
export async function recommended(page: Page): Promise<void> {
  const isAway = () => page.getByText("Recommendations are away for a moment").count();
  let isLoaded = true;
  await eventually(async () => {
    if (!isLoaded) await page.reload();
    isLoaded = false;
    await page.getByRole("feed").getByRole("article").nth(9).waitFor();
    expect(await isAway()).toBe(0);
  });
}

/** Signs in through the dialog of the page. */
export async function signIn(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: "Sign in", exact: true }).first().click();
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.locator("dialog").getByRole("button", { name: "Sign in", exact: true }).click();
  await page.locator("dialog").waitFor({ state: "detached" });
}

/**
 * Most of what a visit costs is its window and the process that draws it: a window is used again once nothing of its
 * visit is left in it.
 */
function visitor(browser: Browser, home: string): Site["visit"] {
  const free = new Map<string, Page[]>();
  return async (path = "/", { url = home, prepare, once = false, storageState, colorScheme, ...others } = {}) => {
    const options = { locale: "en-GB", ...DESKTOP, ...others };
    const key = JSON.stringify(options);
    const isReusable = url === home && !once;
    const page = (isReusable && free.get(key)?.pop()) || (await (await browser.newContext(options)).newPage());
    await page.emulateMedia({ colorScheme: colorScheme ?? "light" });
    if (storageState !== undefined) await page.context().setStorageState(storageState);
    const watched = watch(page);
    prepare?.(page);
    page.setDefaultTimeout(PATIENCE_MS);
    await page.goto(url + path);
    return {
      page,
      ...watched,
      async [Symbol.asyncDispose]() {
        if (!isReusable || !(await emptied(page, home))) return await page.context().close();
        free.set(key, [...(free.get(key) ?? []), page]);
      },
    };
  };
}

function watch(page: Page): Pick<Visit, "events" | "complaints"> {
  const events: SentEvent[] = [];
  const complaints: string[] = [];
  page.on("request", (request) => {
    if (new URL(request.url()).pathname === "/events") events.push(...JSON.parse(request.postData() ?? "{}").events);
  });
  page.on("console", (message) => {
    if (["info", "log"].includes(message.type()) || OF_BUSY_MACHINES.test(message.text())) return;
    complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  return { events, complaints };
}

/** Whether the window is now as a new one: it has left the application, and kept nothing of it. */
async function emptied(page: Page, home: string): Promise<boolean> {
  try {
    for (const event of ["request", "console", "pageerror", "websocket"]) page.removeAllListeners(event);
    await page.unrouteAll();
    await page.goto(`${home}/favicon.svg`); // of the same origin, without the application
    await page.evaluate("sessionStorage.clear()");
    await page.context().setStorageState({ cookies: [], origins: [] });
    return true;
  } catch {
    return false;
  }
}

/** With no, one and three covers in turn, the last one the newest. */
async function addArticles(world: World): Promise<void> {
  const authors = [await world.addUser("ann"), await world.addUser("ben"), await world.addUser("cho")];
  const covers = [
    [],
    ["/covers/tea-1.svg"],
    ["/covers/tea-1.svg", "/covers/bike-1.svg", "https://pictures.example/robot.png"],
  ];
  const articles = Array.from({ length: 60 }, (_, index) => ({
    id: index + 1,
    authorId: authors[index % 3],
    channelId: index < 45 ? 101 : 102,
    title: `Article ${index + 1} about something that happened`,
    cover: JSON.stringify(covers[index % 3]),
    publishedAt: Date.now() - (60 - index) * 60_000,
  }));
  await world.mysql.write(
    `INSERT INTO articles (id, author_id, channel_id, title, cover, status, version, published_at, created_at, updated_at)
     VALUES ${articles.map(() => "(?, ?, ?, ?, ?, 1, 1, ?, 1, 1)").join(", ")}`,
    articles.flatMap(({ id, authorId, channelId, title, cover, publishedAt }) => [
      id,
      authorId as bigint,
      channelId,
      title,
      cover,
      publishedAt,
    ]),
  );
  await world.mysql.write(
    `INSERT INTO article_contents (article_id, content) VALUES ${articles.map(() => "(?, ?)").join(", ")}`,
    articles.flatMap(({ id }) => [id, `What article ${id} says.\n\n${"A sentence that goes on. ".repeat(60)}`]),
  );
}
