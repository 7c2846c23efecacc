import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { Refusal } from "@headline/service/errors";
import { Metrics } from "@headline/service/metrics";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Request, RequestHandler } from "express";
import { pino } from "pino";
import { type AppOptions, createApp } from "../src/app.js";
import { FeedPage } from "../src/feed/answers.js";
import { FeedQuery } from "../src/feed/feed-query.js";
import { listArticles } from "../src/feed/list-articles.js";
import type { Page } from "../src/feed/page.js";
import { createAuthenticate } from "../src/http/authenticate.js";
import { onceOver } from "../src/http/exchanges.js";
import { measureRequests } from "../src/http/measure-requests.js";
import { bind } from "../src/http/mount.js";
import { createPresetServer } from "../src/http/preset-server.js";
import { route, type Story } from "../src/http/route.js";

const LARGE = 8;
const REFUSED = 2;
const FAILING = 3;
const SILENT = 4;
const UNKNOWN = 404;

const item = Buffer.from('{"article_id":"1","title":"头条"');
const largeItem = Buffer.from(`{"article_id":"1","title":"${"字".repeat(2_000)}"`);

type Deps = Parameters<typeof listArticles>[0];
const deps: Deps = {
  authenticate: createAuthenticate({
    verify: (token) => {
      if (token === "good") return { userId: 7n };
      return Promise.reject(new Refusal("UNAUTHENTICATED", "no such token"));
    },
  }),
  channels: {
    named: (id: number) => {
      if (id === UNKNOWN) throw new Refusal("NOT_FOUND", "there is no such channel");
      return { pinned: [] };
    },
  } as unknown as Deps["channels"],
  feed: async (userId, { channel_id: channel, timestamp = 1 }, { traceparent, dryRun } = {}): Promise<Page> => {
    if (channel === REFUSED) throw new Refusal("UNAVAILABLE", "not now", { retryAfterSeconds: 7 });
    if (channel === FAILING) throw new TypeError("a bug");
    if (channel === SILENT) return new Promise(() => undefined);
    const reason = `${userId < -1_000n ? "a new guest" : userId} ${traceparent} ${dryRun}`;
    const picks = [{ articleId: 1n, reason, track: undefined }];
    return { mode: "refresh", picks, exposure: "e", timestamp, preTimestamp: 0, hasMore: true, without: [] };
  },
  hydratePage: async (page, { channel_id: channel }) => ({
    page,
    items: [channel === LARGE ? largeItem : item],
    degraded: false,
  }),
  now: () => 1_790_000_000_000,
};

const text =
  (value: string): RequestHandler =>
  (_req, res) =>
    void res.end(value);
const described = { summary: "", description: "", answer: { type: "text/plain" } } as const;
const stories: Story<Deps> = {
  tag: "Feed",
  about: "",
  routes: [
    route({
      ...described,
      method: "get",
      path: "/articles",
      name: "feed",
      access: "guest",
      query: FeedQuery,
      answer: { data: FeedPage },
      hot: true,
      raw: listArticles,
    }),
    route({
      ...described,
      method: "post",
      path: "/articles",
      name: "write",
      access: "public",
      raw: () => text("post"),
    }),
    route({
      ...described,
      method: "get",
      path: "/readyz",
      name: "ready",
      access: "public",
      probe: true,
      raw: () => text("1"),
    }),
    route({
      ...described,
      method: "get",
      path: "/articles/:id",
      name: "one",
      access: "public",
      raw: () => text("one"),
    }),
  ],
};

/** A gateway's app with the hot route, or with the router alone, and everything that it lets be observed. */
async function openApp({ isHot, ...options }: { isHot: boolean } & Partial<AppOptions>) {
  const observed: unknown[] = [];
  const logged: string[] = [];
  const metrics = new Metrics("gateway");
  const observe: RequestHandler = (req, res, next) => {
    onceOver(res, () => observed.push(fieldsOf(req, res.headersSent ? res.statusCode : 0)));
    next();
  };
  const edge = { authenticate: deps.authenticate, writeLimits: {} as never };
  const routes = bind(stories, deps, edge).map(({ hot, ...each }) => (isHot && hot ? { ...each, hot } : each));
  const app = createApp({
    routes,
    observers: [measureRequests(metrics), observe],
    budgetMs: 60_000,
    trustProxy: 1,
    corsOrigins: ["https://app.example"],
    coverOrigins: [],
    compress: true,
    assets: [],
    log: pino({ level: "warn", base: null, timestamp: false }, { write: (line: string) => void logged.push(line) }),
    ...options,
  });
  const server = createPresetServer(app, { stallTimeoutMs: 60_000 }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    observed,
    logged,
    send: (requests: string) => exchange(port, requests),
    counts: async () =>
      (await metrics.text()).split("\n").filter((line) => /request_seconds_count|in_flight/.test(line)),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function fieldsOf(req: Request, status: number) {
  const { method, url, originalUrl, baseUrl, params, ip, path } = req;
  const route = (req.route as { path: string } | undefined)?.path;
  const { headers } = req;
  return {
    method,
    url,
    originalUrl,
    baseUrl,
    params: { ...params },
    ip,
    path,
    route,
    status,
    tags: headers["if-none-match"],
  };
}

/** Sends bytes as they are and reads until the other end closes. */
async function exchange(port: number, requests: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.write(requests, "latin1");
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.on("error", () => undefined); // the other end may close before all is read
  await once(socket, "close");
  return Buffer.concat(chunks).toString("latin1");
}

/** Hides what is random or of the moment: dates, durations, and ids where none was given. */
function steady(answer: string): string {
  const masked = answer
    .replaceAll(/^Date: .*/gm, "Date:")
    .replaceAll(/(?<=dur=)[\d.]+/g, "0")
    .replaceAll(/(?<=X-Anonymous-Id: )\d+/g, "guest");
  if (masked.includes(ID)) return masked;
  return masked
    .replaceAll(/[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[\da-f]{4}-[\da-f]{12}/g, "uuid")
    .replaceAll(/00-[\da-f]{32}-[\da-f]{16}-/g, "trace");
}

function requestOf(line: string, headers: readonly string[], body = ""): string {
  return `${[`${line} HTTP/1.1`, "Host: news.example", "Connection: close", ...headers].join("\r\n")}\r\n\r\n${body}`;
}

const ID = "X-Request-Id: mine-1";
const TRACE = "Traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const PRODUCT_OF_TARGETS = [
  "/articles?channel_id=7",
  "/articles?channel_id=7&per_page=3&timestamp=9&with_top=1",
  "/articles?channel_id=8",
  "/articles?channel_id=2",
  "/articles?channel_id=404",
  "/articles",
  "/articles?",
  "/articles?channel_id=7&channel_id=7",
  "/articles?channel_id=%E0%A4%A&per_page=1e3",
  `/articles?${"a=1&".repeat(70)}`,
  "/articles/",
  "/Articles?channel_id=7",
  "/articles/1?channel_id=7",
  "/articles%3Fchannel_id=7",
  "//articles?channel_id=7",
  "http://other.example/articles?channel_id=7",
];
const HEADERS: readonly (readonly string[])[] = [
  [],
  [ID],
  ["X-Request-Id: not a sane one"],
  [ID, TRACE],
  [ID, "Authorization: Anony 5"],
  [ID, "Authorization: Anony bad!id"],
  [ID, "Authorization: Bearer good"],
  [ID, "Authorization: Bearer bad"],
  [ID, "Authorization: nonsense"],
  [ID, "Origin: https://app.example"],
  [ID, "Origin: https://other.example"],
  [ID, "Accept-Encoding: gzip"],
  [ID, "Accept-Encoding: br, gzip;q=0.5"],
  [ID, "Accept-Encoding: gzip", "Cache-Control: no-transform"],
  [ID, "Accept-Encoding: identity"],
  [ID, 'If-None-Match: "a-gzip", W/"b;br"'],
  [ID, "X-Server-Timing: 1"],
  [ID, "Sec-Purpose: prefetch"],
  [ID, "User-Agent: somebot"],
  [ID, "X-Forwarded-For: 192.0.2.1, 198.51.100.2"],
  [ID, "host: second.example"],
  [ID, "Transfer-Encoding: gzip, chunked"],
];

/** Requests in all the ways that either path could tell apart. */
function inputs(): string[] {
  const product = PRODUCT_OF_TARGETS.flatMap((target) => HEADERS.map((headers) => requestOf(`GET ${target}`, headers)));
  const target = "/articles?channel_id=7";
  return [
    ...product,
    ...["HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"].map((method) => requestOf(`${method} ${target}`, [ID])),
    requestOf(`OPTIONS ${target}`, [ID, "Origin: https://app.example", "Access-Control-Request-Method: GET"]),
    requestOf(`GET ${target}`, [ID, "Content-Length: 2"], "{}"),
    requestOf(`GET ${target}`, [ID, "Transfer-Encoding: chunked"], "2\r\n{}\r\n0\r\n\r\n"),
    requestOf(`GET ${target}`, [ID, "Transfer-Encoding: identity"]),
    requestOf("GET /articles?channel_id=3", [ID]),
    requestOf("GET /readyz", [ID]),
    requestOf("GET /nothing?channel_id=7", [ID]),
    `GET ${target} HTTP/1.0\r\n${ID}\r\n\r\n`,
    `GET ${target} HTTP/1.1\r\nConnection: close\r\n\r\n`,
  ];
}

type App = Awaited<ReturnType<typeof openApp>>;

describe("the hot route", () => {
  let hot: App;
  let routed: App;
  beforeAll(async () => {
    [hot, routed] = await Promise.all([openApp({ isHot: true }), openApp({ isHot: false })]);
  });
  afterAll(async () => {
    await Promise.all([hot?.[Symbol.asyncDispose](), routed?.[Symbol.asyncDispose]()]);
  });

  test("answers as the router does, header by header and byte by byte, and is observed as it is", async () => {
    for (const request of inputs()) {
      const [fast, slow] = await Promise.all([hot.send(request), routed.send(request)]);
      expect([request, steady(fast)]).toEqual([request, steady(slow)]);
      expect(fast).toMatch(/^HTTP\/1\.1 \d{3} /);
    }
    expect(hot.observed).toEqual(routed.observed);
    expect(hot.logged.map(withoutStack)).toEqual(routed.logged.map(withoutStack));
    expect(hot.logged).toHaveLength(1);
    expect(await hot.counts()).toEqual(await routed.counts());
  });

  test("is counted by its route once it is reached, and by none where a request is refused before", async () => {
    hot.observed.length = 0;
    await hot.send(requestOf("GET /articles?channel_id=7", [ID]));
    await hot.send(requestOf("GET /articles?channel_id=7", [ID, "host: second.example"]));
    expect(hot.observed).toMatchObject([
      { route: "/articles", status: 200 },
      { route: undefined, status: 400 },
    ]);
  });

  test("refuses pipelined requests beyond the limit as the router does", async () => {
    const silent = requestOf(`GET /articles?channel_id=${SILENT}`, [ID]).replace("Connection: close\r\n", "");
    const apps = await Promise.all([true, false].map((isHot) => openApp({ isHot, budgetMs: 300 })));
    const [fast = "", slow = ""] = await Promise.all(apps.map(({ send }) => send(silent.repeat(40))));
    expect(steady(fast)).toBe(steady(slow));
    const statuses = Array.from(fast.matchAll(/HTTP\/1\.1 (\d+) /g), ([, status]) => status);
    expect(statuses).toEqual([...Array.from({ length: 32 }, () => "503"), "429"]);
    await Promise.all(apps.map((app) => app[Symbol.asyncDispose]()));
  });
});

test.each([
  ["too many in flight", { inFlightMax: 0 }, "/articles?channel_id=7"],
  ["an answer that takes too long", { budgetMs: 60 }, `/articles?channel_id=${SILENT}`],
  ["a page that is not compressed", { compress: false }, `/articles?channel_id=${LARGE}`],
  ["no other origins", { corsOrigins: [] }, "/articles?channel_id=7"],
])("the hot route answers as the router does: %s", async (_what, options, target) => {
  const apps = await Promise.all([true, false].map((isHot) => openApp({ isHot, ...options })));
  const request = requestOf(`GET ${target}`, [ID, "Origin: https://app.example", "Accept-Encoding: gzip"]);
  const [fast = "", slow = ""] = await Promise.all(apps.map(({ send }) => send(request)));
  expect(steady(fast)).toBe(steady(slow));
  expect(apps[0]?.observed).toEqual(apps[1]?.observed);
  await Promise.all(apps.map((app) => app[Symbol.asyncDispose]()));
});

function withoutStack(line: string): unknown {
  const { err, ...entry } = JSON.parse(line);
  return { ...entry, err: err.message };
}
