import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { eventually, makeCertificates, type ThrowawayRedis, throwawayRedis } from "@headline/testkit";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Redis } from "ioredis";
import { heard } from "../../test/quiet.js";
import { BullExecutor, BullTaskWorker } from "../executors/index.js";
import { date, Scheduler } from "../index.js";
import { RedisJobStore } from "./redis.js";

let server: ThrowawayRedis;
let admin: Redis;

beforeAll(async () => {
  server = await throwawayRedis({ tcp: true });
  admin = new Redis(server.url);
});

afterAll(async () => {
  admin?.disconnect();
  await server?.[Symbol.asyncDispose]();
});

function grant(user: string, ...rules: string[]): Promise<unknown> {
  return admin.call("acl", "setuser", user, "on", ">pw", "~*", "+@all", ...rules);
}

function as(login: string): string {
  return server.url.replace("redis://", `redis://${login}@`);
}

async function figure(section: string, pattern: RegExp): Promise<number> {
  return Number(pattern.exec(await admin.info(section))?.[1] ?? 0);
}

const connections = () => figure("stats", /total_connections_received:(\d+)/);
const refusedSubscriptions = () => figure("commandstats", /cmdstat_subscribe:.*rejected_calls=(\d+)/);

describe("a user of Redis without the right to channels", () => {
  test("has its jobs run by polling over the connections it has, is warned once, and listens once it may", async () => {
    await grant("mute", "resetchannels");
    const logger = heard();
    const store = new RedisJobStore({ url: as("mute:pw"), namespace: "mute", logger });
    const scheduler = new Scheduler({ stores: { default: store }, timezone: "UTC", logger: heard(), pollMs: 50 });
    scheduler.registerTask("task", () => "done");
    await scheduler.start();
    await eventually(async () => expect(await refusedSubscriptions()).toBe(1));
    const before = await connections();
    await scheduler.addJob({ func: "task", trigger: date({ in: { milliseconds: 20 } }) });
    await eventually(async () =>
      expect((await scheduler.executions()).executions).toMatchObject([{ state: "executed", result: "done" }]),
    );
    await eventually(async () => expect(await refusedSubscriptions()).toBeGreaterThanOrEqual(2));
    expect(await connections()).toBe(before);
    expect(logger.lines.filter((line) => line.startsWith("warn"))).toEqual([
      expect.stringMatching(/refuses the channel \{scheduler:mute\}:wake, jobs are found by polling instead: NOPERM/),
    ]);
    await grant("mute", "allchannels");
    const channel = "{scheduler:mute}:wake";
    await eventually(async () => expect(await admin.pubsub("NUMSUB", channel)).toEqual([channel, 1]));
    await scheduler.shutdown();
  });
});

describe("a login that Redis refuses", () => {
  const refused = /Redis refuses the login \(name or password\): WRONGPASS/;

  test.each([
    [
      "the store",
      () => new Scheduler({ stores: { default: new RedisJobStore({ url: as("app:wrong") }) }, logger: heard() }),
    ],
    [
      "the executor",
      () =>
        new Scheduler({
          executors: { far: new BullExecutor({ connection: as("app:wrong"), queue: "q" }) },
          logger: heard(),
        }),
    ],
  ])("is named when %s starts", async (_, make) => {
    const scheduler = make();
    await expect(scheduler.start()).rejects.toThrow(refused);
    expect(scheduler.state).toBe("stopped");
  });

  test("is named by a worker", async () => {
    const logger = heard();
    const worker = new BullTaskWorker({ connection: as("app:wrong"), queue: "q", tasks: {}, logger });
    await eventually(() => expect(logger.lines.join("\n")).toMatch(refused));
    await worker.close();
  });
});

test("a certificate that is not trusted is named", async () => {
  await using certificates = await makeCertificates();
  const { certificate, key } = certificates.issue("localhost");
  const tls = createTlsServer({ cert: certificate, key });
  await once(tls.listen(0, "127.0.0.1"), "listening");
  const { port } = tls.address() as AddressInfo;
  const store = new RedisJobStore({ url: `rediss://127.0.0.1:${port}` });
  await expect(store.start()).rejects.toThrow(/TLS with Redis failed \(\w+\)/);
  store.close();
  tls.close();
});

test("a server that hangs up, and one that is not there, are told apart", async () => {
  const rude = createServer((socket) => socket.destroy());
  await once(rude.listen(0, "127.0.0.1"), "listening");
  const { port } = rude.address() as AddressInfo;
  const starts = [`redis://127.0.0.1:${port}`, "redis://127.0.0.1:1"].map(async (url) => {
    const store = new RedisJobStore({ url });
    await expect(store.start()).rejects.toThrow(
      url.endsWith(":1") ? /cannot be reached: .*ECONNREFUSED/ : /closed before|ECONNRESET|EPIPE/,
    );
    store.close();
  });
  await Promise.all(starts);
  rude.close();
});
