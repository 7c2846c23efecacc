import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { eventually } from "@headline/testkit";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { JWT_SECRET, openWorld, TRACK_SECRET, type World } from "./open-world.js";
import { spawnService } from "./service-process.js";

const SERVICES = ["recommendation", "jobs"] as const;
const FAULTS = ["refuse", "blackhole"] as const;

let world: World;

beforeAll(async () => {
  world = await openWorld();
  await world.addUser("alice");
  await world.addArticles(10);
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

async function start(name: (typeof SERVICES)[number], stores: { mysqlUrl: string; redisUrl?: string }) {
  const port = await freePort();
  const { child, says } = await spawnService(name, {
    MYSQL_URL: stores.mysqlUrl,
    REDIS_URL: stores.redisUrl ?? world.redis.url,
    GRPC_ADDRESS: `127.0.0.1:${port}`,
    HOST: "127.0.0.1",
    JOBS_PORT: String(port),
    RECOMMENDER_ADDRESS: "127.0.0.1:1",
    JWT_SECRET,
    TRACK_SECRET,
  });
  return {
    says,
    port,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    /** SIGTERM; answers with how it ended. */
    async stop() {
      const exited = once(child, "exit");
      child.kill("SIGTERM");
      const [code] = await exited;
      return code;
    },
    [Symbol.dispose]: () => void child.kill("SIGKILL"),
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function takesConnections(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  return new Promise((resolve) => {
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
  }).finally(() => socket.destroy()) as Promise<boolean>;
}

/** Refused and silent at the same time: most of it is waiting. */
const bothWays = (work: (fault: (typeof FAULTS)[number]) => Promise<void>) => async () => {
  await Promise.all(FAULTS.map(work));
};

describe.each(SERVICES)("%s, started while MySQL is away, refusing or silent,", (name) => {
  test(
    "says what it waits for, takes no calls, and does after healing",
    bothWays(async (fault) => {
      const { proxy, mysqlUrl } = await world.mysqlProxy();
      await proxy[fault]();
      using service = await start(name, { mysqlUrl });
      const listens = service.says(`${name} listens`);
      await service.says("waits for MySQL");
      await service.says("waits for MySQL"); // and again
      expect(await takesConnections(service.port)).toBe(false);
      await proxy.listen();
      proxy.heal();
      await listens;
      expect(await takesConnections(service.port)).toBe(true);
      expect(await service.stop()).toBe(0);
    }),
  );

  test(
    "ends with 0, when it is told to",
    bothWays(async (fault) => {
      const { proxy, mysqlUrl } = await world.mysqlProxy();
      await proxy[fault]();
      using service = await start(name, { mysqlUrl });
      await service.says("waits for MySQL");
      expect(await service.stop()).toBe(0);
    }),
  );

  test(
    "and it is Redis that is away, serves all the same",
    bothWays(async (fault) => {
      const { proxy, redisUrl } = await world.redisProxy();
      await proxy[fault]();
      using service = await start(name, { mysqlUrl: world.mysqlUrl, redisUrl });
      await service.says(`${name} listens`);
      await proxy.listen();
      proxy.heal();
      await eventually(() => expect(service.isRunning()).toBe(true));
      expect(await service.stop()).toBe(0);
    }),
  );
});
