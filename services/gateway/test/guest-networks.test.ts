import { randomUUID } from "node:crypto";
import { readEvents } from "@headline/newsroom/events";
import { CloseStack } from "@headline/service/lifecycle";
import { eventually } from "@headline/testkit";
import { BatchSigner, openTrackKeys } from "@headline/track-token";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { createGuestNetwork } from "../src/events/guest-network.js";
import type { RunningGateway } from "../src/open-gateway.js";
import { client, openWorld, TRACK_SECRET, type World } from "./open-world.js";

const NOWHERE = "127.0.0.1:1";
const networkOf = createGuestNetwork(TRACK_SECRET);

const resources = new CloseStack();
let world: World;
let gateways: readonly RunningGateway[]; // each behind as many proxies as its place says
let articles: readonly bigint[];
let lastUser = 0n;

beforeAll(async () => {
  world = resources.use(await openWorld());
  articles = await world.addArticles(4);
  gateways = await Promise.all(
    [0, 1, 2].map((trustProxy) => world.openGateway({ recommenderAddress: NOWHERE, trustProxy })),
  );
});
afterAll(() => resources.close());

/** Clicks of new readers, each with a page of their own, in one upload that names no reader. */
async function clicks(
  count: number,
  from: { trust: number; forwarded?: string; articleId?: bigint; signedIn?: boolean },
) {
  const users = Array.from({ length: count }, () => {
    lastUser += 1n;
    return from.signedIn ? lastUser : -lastUser;
  });
  const events = users.map((userId) => ({
    id: randomUUID(),
    type: "click",
    token: clickToken(userId, from.articleId ?? (articles[0] as bigint)),
    ts: Date.now(),
  }));
  const headers: Record<string, string> = from.forwarded === undefined ? {} : { "x-forwarded-for": from.forwarded };
  const gateway = gateways[from.trust] as RunningGateway;
  const { status, body } = await client(gateway).post("/events", { events }, headers);
  expect([status, body.data?.accepted]).toEqual([202, count]);
  return users;
}

function clickToken(userId: bigint, articleId: bigint): string {
  const nowMs = Date.now();
  const expiresAtSeconds = Math.floor(nowMs / 1_000) + 600;
  const batch = { userId, channelId: 0, stamp: nowMs - 1_000, expiresAtSeconds, bucket: 1 };
  return new BatchSigner(openTrackKeys(TRACK_SECRET), batch).article(articleId, 1, 0).click;
}

async function networkOfClick(from: Parameters<typeof clicks>[1]): Promise<number | undefined> {
  const [userId] = await clicks(1, from);
  return eventually(async () => {
    const event = (await readEvents(world.mysql, 0n, 10_000)).find((each) => each.userId === userId);
    if (event === undefined) throw new Error("the click has not landed");
    return event.network;
  });
}

test.each([
  ["192.0.2.7", 1, "192.0.2.0"],
  ["192.0.2.200", 1, "192.0.2.0"],
  ["::ffff:192.0.2.9", 1, "192.0.2.0"],
  ["::ffff:c000:20a", 1, "192.0.2.0"],
  ["192.0.2.8:4711", 1, "192.0.2.0"],
  ["192.0.3.7", 1, "192.0.3.0"],
  ["2001:db8:1::7", 1, "2001:db8:1::"],
  ["2001:DB8:1:ffff::9", 1, "2001:db8:1::"],
  ["[2001:db8:1:2::9]:443", 1, "2001:db8:1::"],
  ["2001:db8:2::7", 1, "2001:db8:2::"],
  ["198.51.100.1, 192.0.2.7", 1, "192.0.2.0"], // the first was written by the client
  ["198.51.100.1, 192.0.2.7, 10.0.0.1", 2, "192.0.2.0"],
  ["192.0.2.7", 0, "127.0.0.1"],
  [undefined, 1, "127.0.0.1"],
])("a guest with X-Forwarded-For %s behind %i proxies is logged as of %s", async (forwarded, trust, network) => {
  expect(await networkOfClick({ trust, ...(forwarded !== undefined && { forwarded }) })).toBe(networkOf(network));
});

test("of a reader who is signed in no network is logged", async () => {
  expect(await networkOfClick({ trust: 1, forwarded: "192.0.2.7", signedIn: true })).toBeUndefined();
});

test("sixty guests of one network weigh two for all, each guest of another network and each reader one", async () => {
  await using recommendation = await world.openRecommendation({ metricsPort: 0, metricsHost: "127.0.0.1" });
  const learnt = async () => {
    const text = await (await fetch(`http://127.0.0.1:${recommendation.metricsPort}/metrics`)).text();
    const of = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1]);
    return { lag: of("headline_learner_lag_events"), clicks: of("headline_learner_clicks_total") };
  };
  /** Clicks by a scrape that began after the lag was 0: the figures of one scrape are not of one moment. */
  const caughtUp = async () => {
    await eventually(async () => expect((await learnt()).lag).toBe(0));
    return (await learnt()).clicks;
  };
  const before = await caughtUp();
  const [, ipv4, ipv6, others] = articles as [bigint, bigint, bigint, bigint];
  await clicks(60, { trust: 1, forwarded: "203.0.113.7", articleId: ipv4 });
  await clicks(30, { trust: 1, forwarded: "2001:db8:7:1::1", articleId: ipv6 });
  await clicks(30, { trust: 1, forwarded: "2001:db8:7:2::1", articleId: ipv6 });
  for (const forwarded of ["203.0.113.7", "203.0.114.7", "2001:db8:8::1"])
    await clicks(1, { trust: 1, forwarded, articleId: others });
  await clicks(5, { trust: 1, forwarded: "203.0.113.7", articleId: others, signedIn: true });
  await eventually(async () => expect(await caughtUp()).toBe(before + 2 + 2 + 3 + 5));
});
