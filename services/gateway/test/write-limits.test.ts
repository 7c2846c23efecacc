import { CloseStack } from "@headline/service/lifecycle";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type WriteRates, writeRates } from "../src/http/write-limits.js";
import type { RunningGateway } from "../src/open-gateway.js";
import { type Answer, bearer, client, openWorld, type World } from "./open-world.js";
import { connected } from "./push-client.js";

const RATES: WriteRates = {
  events: { reader: 3, network: 5 },
  articles: { reader: 2, network: 3 },
  comments: { reader: 2, network: 3 },
  sockets: { reader: 2, network: 3 },
};
const NOWHERE = "127.0.0.1:1";

const resources = new CloseStack();
let world: World;
let gateways: readonly RunningGateway[];
let readers: readonly string[];
let article: bigint;

beforeAll(async () => {
  world = resources.use(await openWorld());
  const users = await Promise.all(["alice", "bob", "carol"].map((name) => world.addUser(name)));
  readers = await Promise.all(users.map((user) => bearer(user)));
  [article] = (await world.addArticles(1)) as [bigint];
  const config = { recommenderAddress: NOWHERE, trustProxy: 1, writeRates: RATES };
  gateways = [await world.openGateway(config), await world.openGateway(config)];
});
afterAll(() => resources.close());

/** The statuses of `count` requests of one reader from one address, in turns over the gateways. */
async function statuses(count: number, path: string, from: { address: string; reader?: number }, body: unknown) {
  const answers: Answer[] = [];
  for (let at = 0; at < count; at += 1) {
    const gateway = gateways[at % 2] as RunningGateway;
    const authorization = from.reader === undefined ? undefined : readers[from.reader];
    answers.push(await client(gateway, authorization).post(path, body, { "x-forwarded-for": from.address }));
  }
  for (const { status, headers, body: problem } of answers) {
    if (status !== 429) continue;
    expect(problem.code).toBe("RESOURCE_EXHAUSTED");
    expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
    expect(Number(headers.get("retry-after"))).toBeLessThanOrEqual(60);
  }
  return answers.map(({ status }) => status);
}

const draft = { title: "t", content: "c", channel_id: "101" };

test("articles are limited by reader, and by network whoever writes, over all gateways together", async () => {
  expect(await statuses(3, "/articles", { address: "192.0.2.1", reader: 0 }, draft)).toEqual([201, 201, 429]);
  expect(await statuses(1, "/articles", { address: "192.0.2.2", reader: 0 }, draft)).toEqual([429]);
  expect(await statuses(2, "/articles", { address: "192.0.2.1", reader: 1 }, draft)).toEqual([201, 429]);
  expect(await statuses(1, "/articles", { address: "2001:db8::1", reader: 2 }, draft)).toEqual([201]);
});

test("comments likewise", async () => {
  const path = `/articles/${article}/comments`;
  const comment = { content: "well said" };
  expect(await statuses(3, path, { address: "192.0.2.3", reader: 0 }, comment)).toEqual([201, 201, 429]);
  expect(await statuses(2, path, { address: "192.0.2.3", reader: 1 }, comment)).toEqual([201, 429]);
});

test("uploads of events count by network where no reader is named", async () => {
  const upload = { events: [{}] };
  expect(await statuses(6, "/events", { address: "2001:db8:0:1::1" }, upload)).toEqual([400, 400, 400, 400, 400, 429]);
  expect(await statuses(1, "/events", { address: "2001:db8:0:1:ffff::2", reader: 2 }, upload)).toEqual([429]);
  expect(await statuses(4, "/events", { address: "2001:db8:0:2::1", reader: 0 }, upload)).toEqual([400, 400, 400, 429]);
});

test("an upload that names no reader takes nothing of what its tokens' readers may upload", async () => {
  const upload = { events: [{}] };
  for (const address of ["192.0.2.11", "192.0.2.12"])
    expect(await statuses(3, "/events", { address }, upload)).toEqual([400, 400, 400]);
  expect(await statuses(4, "/events", { address: "192.0.2.13", reader: 1 }, upload)).toEqual([400, 400, 400, 429]);
});

test("a port that a proxy writes, or another spelling, makes no other network", async () => {
  const spellings = ["192.0.2.14", "192.0.2.14:1", "192.0.2.14:2", "::ffff:192.0.2.14", "[::ffff:c000:20e]:3"];
  for (const address of spellings) expect(await statuses(1, "/events", { address }, { events: [{}] })).toEqual([400]);
  expect(await statuses(1, "/events", { address: "192.0.2.14:4" }, { events: [{}] })).toEqual([429]);
});

test("sockets are limited as they open", async () => {
  const [gateway] = gateways as [RunningGateway];
  const open = async (auth: Record<string, unknown>) => {
    try {
      using socket = await connected(gateway, auth);
      return socket.socket.connected;
    } catch (error) {
      return (error as { data: unknown }).data;
    }
  };
  const guest = { anonymous_id: "17" };
  expect([await open(guest), await open(guest)]).toEqual([true, true]);
  expect(await open(guest)).toMatchObject({ code: "RESOURCE_EXHAUSTED", retry_after_ms: expect.any(Number) });
});

test("the rates that are configured are those that differ, or none", () => {
  expect(writeRates.parse("off")).toBe("off");
  expect(writeRates.parse("articles=1/2, events=3/4")).toMatchObject({
    articles: { reader: 1, network: 2 },
    events: { reader: 3, network: 4 },
    comments: { reader: 20, network: 200 },
  });
  for (const text of ["", "articles", "articles=0/1", "articles=1", "likes=1/2", "articles=1/2,"])
    expect(writeRates.safeParse(text).success).toBe(false);
});
