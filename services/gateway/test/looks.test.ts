import { openRedis, type Redis, waitForRedis } from "@headline/redis";
import { CloseStack } from "@headline/service/lifecycle";
import { eventually } from "@headline/testkit";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { RunningGateway } from "../src/open-gateway.js";
import { client, openWorld, type World } from "./open-world.js";

const FEED = "/articles?channel_id=101&per_page=5";
const FIRST_VISIT_SECONDS = 6 * 3_600;

const resources = new CloseStack();
let world: World;
let gateway: RunningGateway;
let redis: Redis;

beforeAll(async () => {
  world = resources.use(await openWorld());
  await world.addArticles(40);
  ({ gateway } = await world.open());
  redis = openRedis(world.redis.url, { commandTimeoutMs: 10_000 });
  resources.defer(() => redis.disconnect());
  await waitForRedis(redis, 30_000);
  await live("Anony 70");
});
afterAll(() => resources.close());

/** A page that the recommender made, and recorded. */
const live = (guest: string) =>
  eventually(async () => {
    const answer = await client(gateway, guest).get(FEED);
    expect(answer.body.data?.degraded).toBe(false);
  });
const recorded = (id: string) => redis.keys(`*{-${id}}*`);

test.each<[string, string, Record<string, string>]>([
  ["HEAD", "HEAD", {}],
  ["a prefetch", "GET", { "sec-purpose": "prefetch;prerender" }],
  ["a prefetch of older browsers", "GET", { purpose: "prefetch" }],
])("%s is answered and records nothing", async (_, method, headers) => {
  for (const query of ["", "&page=1", `&timestamp=${Date.now()}`]) {
    const look = { method, headers: { authorization: "Anony 71", ...headers } };
    const answer = await fetch(`${gateway.url}${FEED}${query}`, look);
    const body = await answer.text();
    expect([answer.status, answer.status === 200 ? "" : body]).toEqual([200, ""]);
  }
  expect(await recorded("71")).toEqual([]);
});

test("a crawler gets pages, and leaves nothing of the guest that it is not", async () => {
  const headers = { "user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1)" };
  const answer = await client(gateway).send("GET", FEED, { headers });
  expect(answer.body.data?.results).toHaveLength(5);
  expect(await recorded(answer.headers.get("x-anonymous-id") ?? "")).toEqual([]);
});

test("visitors without a cookie leave nothing that is kept for longer than hours, unless they come back", async () => {
  const agents = ["Mozilla/5.0 (X11; Linux x86_64)", "curl/8.5.0", "python-requests/2.32", ""];
  const ids: string[] = [];
  for (const agent of [...agents, ...agents, ...agents]) {
    const answer = await client(gateway).send("GET", FEED, { headers: { "user-agent": agent } });
    expect(answer.body.data?.degraded).toBe(false);
    ids.push(answer.headers.get("x-anonymous-id") as string);
  }
  for (const id of ids.slice(0, 3)) await live(`Anony ${id}`);
  const histories = await Promise.all(ids.map((id) => redis.ttl(`feed:{-${id}}`)));
  expect(histories.map(isShort)).toEqual(ids.map((_, at) => at >= 3));
  const keys = (await Promise.all(ids.map(recorded))).flat().filter((key) => !key.startsWith("feed:"));
  expect((await Promise.all(keys.map((key) => redis.ttl(key)))).map(isShort)).toEqual(keys.map(() => true));
});

test("the first batch of a guest is kept for hours, and for a week once the guest comes back", async () => {
  await live("Anony 72");
  expect(await redis.ttl("feed:{-72}")).toBeLessThanOrEqual(FIRST_VISIT_SECONDS);
  await live("Anony 72");
  expect(await redis.ttl("feed:{-72}")).toBeGreaterThan(FIRST_VISIT_SECONDS);
});

/** Not without an end, and not kept for a week. */
function isShort(ttlSeconds: number): boolean {
  return ttlSeconds > 0 && ttlSeconds <= FIRST_VISIT_SECONDS;
}
