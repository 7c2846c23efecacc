import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { client, openWorld, type World } from "../../gateway/test/open-world.js";

const CHROMIUM = process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium";
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const WEB = fileURLToPath(new URL("..", import.meta.url));
const COVERS = fileURLToPath(new URL("../../../sample/public", import.meta.url));
const VITE = fileURLToPath(new URL("../../../node_modules/vite/bin/vite.js", import.meta.url));

export const hasChromium = existsSync(CHROMIUM);
if (!hasChromium) console.log(`the browser tests are SKIPPED: there is no ${CHROMIUM}`);

export const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true } as const;
export const DESKTOP = { viewport: { width: 1280, height: 800 } } as const;
export const PASSWORD = "a password of the tests";

/** What the page said to POST /events. */
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
  const dist = mkdtempSync(join(tmpdir(), "headline-web-"));
  const building = promisify(execFile)(process.execPath, [VITE, "build", "--outDir", dist, "--logLevel", "error"], {
    cwd: WEB,
  });
  const [world, browser] = await Promise.all([
    openWorld(),
    chromium.launch({ executablePath: CHROMIUM, args: FLAGS }),
    building,
  ]);
  await addArticles(world);
  const assets = [dist, COVERS];
  const recommendation = await world.openRecommendation();
  const recommenderAddress = recommendation.address;
  const gateway = await world.openGateway({ recommenderAddress, assets, push: { updatesEveryMs: 500 } });
  return {
    world,
    recommenderAddress,
    url: gateway.url,
    assets,
    visit: (path = "/", { url = gateway.url, ...options } = {}) => visit(browser, url + path, options),
    async [Symbol.asyncDispose]() {
      await browser.close();
      await world[Symbol.asyncDispose]();
      rmSync(dist, { recursive: true });
    },
  };
}

export interface SignedUp {
  readonly userId: string;
  readonly authorization: string;
  /** For `visit`: a browser in which they are signed in. */
  signedIn(url?: string): { storageState: NonNullable<BrowserContextOptions["storageState"]> };
}

/** Somebody new, signed up over HTTP. */
export async function signUp(url: string, name: string): Promise<SignedUp> {
  const { body } = await client({ url }).post("/users", { name, password: PASSWORD });
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

/** Signs in through the dialog of the page. */
export async function signIn(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: "Sign in", exact: true }).first().click();
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.locator("dialog").getByRole("button", { name: "Sign in", exact: true }).click();
  await page.locator("dialog").waitFor({ state: "detached" });
}

async function visit(
  browser: Browser,
  address: string,
  { prepare, ...options }: BrowserContextOptions & { prepare?: ((page: Page) => void) | undefined },
): Promise<Visit> {
  const context = await browser.newContext({ locale: "en-GB", ...DESKTOP, ...options });
  const page = await context.newPage();
  prepare?.(page);
  page.setDefaultTimeout(8_000);
  const events: SentEvent[] = [];
  const complaints: string[] = [];
  page.on("request", (request) => {
    if (new URL(request.url()).pathname === "/events") events.push(...JSON.parse(request.postData() ?? "{}").events);
  });
  page.on("console", (message) => {
    if (message.type() !== "info" && message.type() !== "log") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(address);
  return { page, events, complaints, [Symbol.asyncDispose]: () => context.close() };
}

/** With no, one and three covers in turn, the last one the newest. */
async function addArticles(world: World): Promise<void> {
  const authors = [await world.addUser("ann"), await world.addUser("ben"), await world.addUser("cho")];
  const covers = [[], ["/covers/tea-1.svg"], ["/covers/tea-1.svg", "/covers/bike-1.svg", "/covers/robot-1.svg"]];
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
