import { eventually, openProxy, type ThrowawayRedis, throwawayRedis } from "@headline/testkit";
import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { Redis } from "ioredis";
import { claiming, FAR, job } from "../conformance/kit.js";
import { RedisJobStore } from "../redis.js";

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

/** Two servers of which one address is meant; after a failover the old one lives on, read-only. */
let servers: readonly [old: ThrowawayRedis, next: ThrowawayRedis];
let proxy: Awaited<ReturnType<typeof openProxy>>;
let url = "";

beforeAll(async () => {
  servers = await Promise.all([throwawayRedis({ tcp: true }), throwawayRedis({ tcp: true })]);
  proxy = await openProxy({ target: servers[0].target });
  url = `redis://127.0.0.1:${proxy.port}`;
});
beforeEach(async () => {
  await on(servers[0], (client) => client.replicaof("NO", "ONE"));
  proxy.moveTo(servers[0].target);
});
afterAll(async () => {
  await proxy?.[Symbol.asyncDispose]();
  await Promise.all(servers?.map((server) => server.stop()) ?? []);
});

async function on<T>(server: ThrowawayRedis, work: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(server.url);
  try {
    return await work(client);
  } finally {
    client.disconnect();
  }
}

/** The old server becomes a replica of the new one, to which the address leads from now on. */
async function failOver(): Promise<void> {
  await on(servers[0], (client) => client.replicaof("127.0.0.1", servers[1].port!));
  proxy.moveTo(servers[1].target);
}

test("the store leaves a server that became a replica, and goes on at the one the address leads to", async () => {
  const store = new RedisJobStore({ url, namespace: "failover", logger: SILENT });
  await store.start();
  await store.insert(job({ id: "before", nextRunMs: FAR }));
  const next = new RedisJobStore({ url: servers[1].url, namespace: "failover", logger: SILENT });
  await next.start();
  await next.insert(job({ id: "due" }));
  await failOver();
  await eventually(async () => expect((await store.claimDue(claiming())).jobs.map(({ id }) => id)).toEqual(["due"]));
  await eventually(() => store.insert(job({ id: "after", nextRunMs: FAR })));
  expect(await next.get("after")).toBeDefined();
  expect(await store.get("before")).toBeUndefined();
  for (const each of [store, next]) each.close();
});
