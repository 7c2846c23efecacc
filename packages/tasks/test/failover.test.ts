import { eventually, openProxy, type ThrowawayRedis, throwawayRedis } from "@headline/testkit";
import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { Redis } from "ioredis";
import { TaskApp } from "../src/index.js";

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

test("tasks are sent to the new server, and workers that waited at the old one do them there", async () => {
  const app = new TaskApp({ broker: url, name: "failover", logger: SILENT });
  const double = app.task("double", (value: number) => 2 * value);
  await app.worker().start();
  expect(await (await double.delay(1)).get({ timeoutMs: 30_000 })).toBe(2);
  await failOver();
  const sent = await eventually(() => double.delay(2));
  expect(await sent.get({ timeoutMs: 30_000 })).toBe(4);
  await app.close();
});
