import { openRedis, waitForRedis } from "@headline/redis";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type JobsProcess, startJobsProcess } from "../../gateway/test/service-process.js";
import { bearer, type Client, client, eventually, openWorld, type World } from "./open-world.js";

const LEASE_MS = 2_000;
const SLOTS = 100;

let world: World;
let author: bigint;
let shop: Client;

beforeAll(async () => {
  world = await openWorld();
  author = await world.addUser("author");
  const gateway = await world.openGateway({
    recommenderAddress: "127.0.0.1:1",
    promotionTerms: { timeoutMs: 1_500, slotsPerDay: SLOTS },
  });
  shop = client(gateway, await bearer(author));
});

afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
});

const day = (ahead: number) => new Date(Date.now() + ahead * 86_400_000).toISOString().slice(0, 10);
const startJobs = () => startJobsProcess(world, { LEASE_MS: String(LEASE_MS) });

async function placeOrders(count: number, on: string): Promise<string[]> {
  const ids = await world.addArticles(count, { authorId: author });
  const orders: string[] = [];
  for (const id of ids) {
    const { status, body } = await shop.post("/orders", { article_id: String(id), day: on });
    expect(status).toBe(201);
    orders.push(body.data.order_id);
  }
  return orders;
}

/** All cancelled, each told once, and every slot back: neither more nor less. */
async function expectAllCancelledOnce(orders: readonly string[], on: string): Promise<void> {
  await eventually(
    async () => {
      const statuses = await Promise.all(orders.map(async (id) => (await shop.get(`/orders/${id}`)).body.data.status));
      expect(new Set(statuses)).toEqual(new Set(["cancelled"]));
    },
    { everyMs: 100 },
  );
  const [slots] = await world.mysql.query<{ available: number }>("SELECT available FROM promotion_days WHERE day = ?", [
    on,
  ]);
  expect(slots?.available).toBe(SLOTS);
  const [told] = await world.mysql.query<{ told: string }>(
    `SELECT COUNT(*) AS told FROM notifications WHERE kind = 'order_cancelled' AND subject_id IN (${orders.join(",")})`,
  );
  expect(told?.told).toBe(String(orders.length));
}

/** The last was placed last; by the clock of the database. */
async function haveExpired(orders: readonly string[]): Promise<void> {
  await eventually(async () => {
    const [{ waiting = "" } = {}] = await world.mysql.query<{ waiting: string }>(
      `SELECT COUNT(*) AS waiting FROM orders WHERE id IN (${orders.join(",")}) AND expires_at >= UNIX_TIMESTAMP(NOW(3)) * 1000`,
    );
    expect(waiting).toBe("0");
  });
}

describe("orders that are not paid", () => {
  test("are cancelled once although one of two job services is killed in the midst of it", async () => {
    await using one = await startJobs();
    await using two = await startJobs();
    const orders = await placeOrders(40, day(1));
    await eventually(async () => expect((await shop.get(`/orders/${orders[3]}`)).body.data.status).toBe("cancelled"));
    await one.kill();
    await expectAllCancelledOnce(orders, day(1));
    expect(two.url).not.toBe(one.url);
  });

  test("wait for a job service that is away when their time comes, and a FLUSHALL changes nothing", async () => {
    const orders = await placeOrders(10, day(2));
    await haveExpired(orders);
    const redis = openRedis(world.redis.url, { commandTimeoutMs: 10_000 });
    await waitForRedis(redis, 30_000);
    await redis.flushall();
    redis.disconnect();
    expect((await shop.get(`/orders/${orders[0]}`)).body.data.status).toBe("unpaid");
    const late = await shop.post(`/orders/${orders[0]}/payment`, {});
    expect(late.body.code).toBe("ORDER_EXPIRED");
    await using jobs: JobsProcess = await startJobs();
    await expectAllCancelledOnce(orders, day(2));
    expect(await jobs.stop()).toBe(0);
  });
});
