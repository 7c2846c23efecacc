import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { bearer, type Client, client, openWorld, type World } from "./open-world.js";

const CHANNEL = 101;
const ARTICLES = 47;
const PER_PAGE = 5;
/** Twice what a walk over everything takes. */
const PAGES_MAX = 40;

let world: World;
let gateway: { url: string };
let pinned: string[];
let authors = 50n;

beforeAll(async () => {
  world = await openWorld();
  await world.addUser("alice");
  const ids = (await world.addArticles(ARTICLES)).map(String);
  await world.addArticles(20, { channelId: 102 });
  pinned = [ids[3] as string, ids[40] as string];
  await world.mysql.write(
    "INSERT INTO pinned_articles (channel_id, article_id, position) VALUES (?, ?, 1), (?, ?, 2)",
    [CHANNEL, pinned[0] as string, CHANNEL, pinned[1] as string],
  );
  ({ gateway } = await world.open());
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

const guest = async () => client(gateway, `Anony ${randomUUID()}`);
const user = async () => {
  authors += 1n;
  return client(gateway, await bearer(authors));
};

interface FeedPage {
  readonly pre_timestamp: number;
  readonly has_more: boolean;
  readonly degraded: boolean;
  readonly results: readonly { readonly article_id: string; readonly is_top: boolean }[];
}

interface Walk {
  readonly channel?: number;
  readonly withTop?: boolean;
  /** Whether the client takes a `pre_timestamp` of 0 for the end, or sends now in its place and ends with an empty page. */
  readonly endsAtZero: boolean;
  /** Happens after each page, by its number. */
  readonly between?: (page: number) => Promise<unknown> | undefined;
}

/** Scrolls as public front ends of this API do, to the end. A degraded page leaves the cursor where it was, and is asked for again. */
async function walk(reader: Client, { channel = CHANNEL, withTop = false, endsAtZero, between }: Walk) {
  const pages: FeedPage[] = [];
  let cursor = 0;
  for (let asked = 0; asked < PAGES_MAX; asked += 1) {
    const top = withTop ? 1 : 0;
    const query = `channel_id=${channel}&per_page=${PER_PAGE}&timestamp=${cursor || Date.now()}&with_top=${top}`;
    const { body } = await reader.get(`/articles?${query}`);
    const page: FeedPage = body.data;
    cursor = page.pre_timestamp;
    if (page.degraded) continue;
    pages.push(page);
    await between?.(pages.length);
    if (endsAtZero ? cursor === 0 : page.results.length === 0) return pages;
  }
  throw new Error(`no end after ${PAGES_MAX} pages`);
}

function idsOf(pages: readonly FeedPage[]): string[] {
  return pages.flatMap(({ results }) => results.map(({ article_id }) => article_id));
}

const KINDS = [
  { name: "a guest's client that ends at 0", reader: guest, endsAtZero: true },
  { name: "a guest's client that sends now for 0", reader: guest, endsAtZero: false },
  { name: "a user's client that ends at 0", reader: user, endsAtZero: true },
  { name: "a user's client that sends now for 0", reader: user, endsAtZero: false },
];

describe.each(KINDS)("$name", ({ reader, endsAtZero }) => {
  test.each([false, true])("shows each article of the channel once (with_top %s)", async (withTop) => {
    const pages = await walk(await reader(), { withTop, endsAtZero });
    const shown = idsOf(pages);
    expect(new Set(shown).size).toBe(shown.length);
    expect(shown.length).toBeGreaterThanOrEqual(ARTICLES);
    const tops = pages.map(({ results }) => results.filter(({ is_top }) => is_top).map(({ article_id }) => article_id));
    expect(tops).toEqual(pages.map((_, index) => (withTop && index === 0 ? pinned : [])));
  });

  test("shows each once on its second walk too, through what the first one was served and to the end", async () => {
    const who = await reader();
    const first = await walk(who, { endsAtZero });
    const second = await walk(who, { endsAtZero: true });
    expect(idsOf(first).length).toBeGreaterThanOrEqual(ARTICLES);
    expect(new Set(idsOf(second))).toEqual(new Set(idsOf(first)));
    expect(idsOf(second)).toHaveLength(idsOf(first).length);
  });

  test("shows each once while another device refreshes, other channels are read and articles are published", async () => {
    const who = await reader();
    const author = client(gateway, await bearer(1n));
    const between = (page: number) => {
      if (page === 2) return who.get(`/articles?channel_id=${CHANNEL}&per_page=3&timestamp=${Date.now()}&with_top=1`);
      if (page === 3) return who.get(`/articles?channel_id=102&per_page=3`);
      if (page === 4) return author.post("/articles", { title: "新的", content: "text", channel_id: CHANNEL });
      return page === 5 ? who.get(`/articles?channel_id=0&per_page=3&timestamp=${Date.now()}`) : undefined;
    };
    const shown = idsOf(await walk(who, { endsAtZero, withTop: true, between }));
    expect(new Set(shown).size).toBe(shown.length);
    expect(shown.length).toBeGreaterThan(ARTICLES / 2);
  });
});

test("a walk over all channels ends, and shows each article once", async () => {
  const shown = idsOf(await walk(await guest(), { channel: 0, endsAtZero: false }));
  expect(new Set(shown).size).toBe(shown.length);
  expect(shown.length).toBeGreaterThanOrEqual(ARTICLES + 20);
});

test("pages by number show pinned articles on page 1 alone", async () => {
  const reader = await guest();
  const pages: FeedPage[] = [];
  for (let page = 1; page <= 3; page += 1) {
    const { body } = await reader.get(`/articles?channel_id=${CHANNEL}&per_page=${PER_PAGE}&page=${page}&with_top=1`);
    pages.push(body.data);
  }
  const shown = idsOf(pages);
  expect(new Set(shown).size).toBe(shown.length);
  expect(shown.slice(0, 2)).toEqual(pinned);
});
