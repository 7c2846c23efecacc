import { fileURLToPath } from "node:url";
import { type Mysql, migrate, openMysql } from "@headline/mysql";
import { openRecommendation, type RecommendationConfig, type RunningRecommendation } from "@headline/recommendation";
import { CloseStack } from "@headline/service/lifecycle";
import { createLog } from "@headline/service/log";
import {
  type Proxy as FaultyLink,
  migratedMysql,
  openProxy,
  type ThrowawayRedis,
  throwawayRedis,
} from "@headline/testkit";
import { SignJWT } from "jose";
import { budgetsOf } from "../src/budgets.js";
import { type GatewayConfig, openGateway, type RunningGateway } from "../src/open-gateway.js";

const MIGRATIONS = fileURLToPath(new URL("../../../packages/newsroom/migrations", import.meta.url));
export const JWT_SECRET = "the signing secret of the tests, long enough";
export const TRACK_SECRET = "the tracking secret of the tests, long enough";
/** On a busy machine a page may take its time. */
export const PATIENT_PAGE_MS = 16_000;
/** Of tests that wait until what a dependency may take is used up: four times the product's, in a page that may take its time. */
export const FAULTY = { budgets: { ...budgetsOf(3_200), pageMs: PATIENT_PAGE_MS } };
export const PATIENT_RECOMMENDER = { redisTimeoutMs: 5_000, readerTimeoutMs: 10_000 };
const log = createLog({ name: "test", level: process.env["TEST_LOG"] ?? "silent" });

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers as a client does
  readonly body: any;
}

/** A client of one gateway, as somebody. */
export interface Client {
  get(path: string): Promise<Answer>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>;
  send(
    method: string,
    path: string,
    options?: { body?: unknown; raw?: string; headers?: Record<string, string> },
  ): Promise<Answer>;
}

export interface World extends AsyncDisposable {
  readonly mysql: Mysql;
  readonly mysqlUrl: string;
  readonly redis: ThrowawayRedis;
  openRecommendation(config?: Partial<RecommendationConfig>): Promise<RunningRecommendation>;
  openGateway(config: Partial<GatewayConfig> & { recommenderAddress: string }): Promise<RunningGateway>;
  /** A recommendation service and a gateway in front of it. */
  open(): Promise<{ recommendation: RunningRecommendation; gateway: RunningGateway }>;
  addUser(name: string): Promise<bigint>;
  /** `count` articles of one author, the last one the newest. */
  addArticles(count: number, article?: { authorId?: bigint; channelId?: number }): Promise<bigint[]>;
  /** A proxy in front of Redis, and the address to reach it through. */
  redisProxy(): Promise<{ proxy: FaultyLink; redisUrl: string }>;
  mysqlProxy(): Promise<{ proxy: FaultyLink; mysqlUrl: string }>;
  recommenderProxy(
    recommendation: Pick<RunningRecommendation, "port">,
  ): Promise<{ proxy: FaultyLink; recommenderAddress: string }>;
}

/** Real MariaDB with the schema, real Redis, and channels 101 to 103. */
export async function openWorld(
  openMysqlServer: () => Promise<{ url: string } & AsyncDisposable> = () =>
    migratedMysql((url) => migrate(url, MIGRATIONS)),
): Promise<World> {
  const resources = new CloseStack();
  const database = resources.use(await openMysqlServer());
  await migrate(database.url, MIGRATIONS);
  const redis = resources.use(await throwawayRedis());
  const mysql = resources.use(openMysql(database.url, { acquireTimeoutMs: 5_000, statementTimeoutMs: 10_000 }));
  await mysql.write(
    "INSERT INTO channels (id, name, name_en, position) VALUES (101, '文化', 'Culture', 1), (102, '娱乐', 'Fun', 2), (103, '体育', 'Sports', 3)",
  );

  const world: World = {
    mysql,
    mysqlUrl: database.url,
    redis,
    async openRecommendation(config = {}) {
      return resources.use(
        await openRecommendation({
          address: "127.0.0.1:0",
          mysqlUrl: database.url,
          redisUrl: redis.url,
          room: { articles: 10_000, readers: 2_000 },
          trackSecret: TRACK_SECRET,
          log,
          ...PATIENT_RECOMMENDER,
          ...config,
        }),
      );
    },
    async openGateway(config) {
      return resources.use(
        await openGateway({
          host: "127.0.0.1",
          port: 0,
          mysqlUrl: database.url,
          redisUrl: redis.url,
          tokenKeys: { secret: JWT_SECRET },
          trackSecret: TRACK_SECRET,
          log,
          graceMs: 0,
          signUpsPerHour: 10_000,
          writeRates: "off",
          pageBudgetMs: PATIENT_PAGE_MS,
          ...config,
        }),
      );
    },
    async open() {
      const recommendation = await world.openRecommendation();
      const gateway = await world.openGateway({ recommenderAddress: recommendation.address });
      return { recommendation, gateway };
    },
    async addUser(name) {
      const { insertId } = await mysql.write("INSERT INTO users (name, created_at) VALUES (?, 1)", [name]);
      return insertId;
    },
    async addArticles(count, { authorId = 1n, channelId = 101 } = {}) {
      const ids: bigint[] = [];
      for (let index = 1; index <= count; index += 1) {
        const { insertId } = await mysql.write(
          `INSERT INTO articles (author_id, channel_id, title, cover, status, version, published_at, created_at, updated_at)
           VALUES (?, ?, ?, '[]', 1, 1, ?, 1, 1)`,
          [authorId, channelId, `article ${index}`, Date.now() - (count - index) * 1_000],
        );
        ids.push(insertId);
      }
      return ids;
    },
    async redisProxy() {
      const proxy = resources.use(await openProxy({ target: redis.target }));
      return { proxy, redisUrl: `redis://127.0.0.1:${proxy.port}` };
    },
    async mysqlProxy() {
      const url = new URL(database.url);
      const proxy = resources.use(await openProxy({ target: { path: url.searchParams.get("socketPath") ?? "" } }));
      return { proxy, mysqlUrl: `mysql://root@127.0.0.1:${proxy.port}${url.pathname}` };
    },
    async recommenderProxy({ port }) {
      const proxy = resources.use(await openProxy({ target: { host: "127.0.0.1", port } }));
      return { proxy, recommenderAddress: proxy.address };
    },
    [Symbol.asyncDispose]: () => resources.close(),
  };
  return world;
}

/** A client without a sign-in, as a guest, or as a user. */
export function client(gateway: { url: string }, authorization?: string): Client {
  const send: Client["send"] = async (method, path, { body, raw, headers = {} } = {}) => {
    const response = await fetch(gateway.url + path, {
      method,
      headers: {
        ...(authorization !== undefined && { authorization }),
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(raw !== undefined && { body: raw }),
      signal: AbortSignal.timeout(40_000),
    });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.includes("json") ?? false;
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  };
  return {
    send,
    get: (path) => send("GET", path),
    post: (path, body, headers = {}) => send("POST", path, { body, headers }),
  };
}

/** The Authorization of a signed-in user. */
export async function bearer(
  userId: bigint | string,
  claims: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
) {
  const token = await new SignJWT({
    iss: "headline",
    aud: "headline",
    sub: String(userId),
    exp: Math.floor(Date.now() / 1_000) + 600,
    ...claims,
  })
    .setProtectedHeader({ alg: "HS256", typ: "at+jwt", ...header })
    .sign(new TextEncoder().encode(JWT_SECRET));
  return `Bearer ${token}`;
}
