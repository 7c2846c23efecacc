import { eventually, throwawayRedis } from "@headline/testkit";
import { expect, test } from "@jest/globals";
import { Redis } from "ioredis";
import { TaskApp } from "../src/index.js";

/** A Redis, its administrator, and the address of a user with the rules of an ACL. */
async function openWorld() {
  const server = await throwawayRedis({ tcp: true });
  const admin = new Redis(server.url);
  const warnings: string[] = [];
  const logger = { debug() {}, info() {}, warn: (line: string) => void warnings.push(line), error() {} };
  return {
    warnings,
    logger,
    url: server.url.replace("redis://", "redis://app:pw@"),
    grant: (...rules: string[]) => admin.call("acl", "setuser", "app", "on", ">pw", "~*", "&*", ...rules),
    [Symbol.asyncDispose]: async () => {
      admin.disconnect();
      await server[Symbol.asyncDispose]();
    },
  };
}

test("without INFO workers say what they lack, leave timers and signals their turn, and begin once it is granted", async () => {
  await using world = await openWorld();
  await world.grant("+@all", "-info");
  const app = new TaskApp({ broker: world.url, name: "permissions", logger: world.logger });
  const double = app.task("double", (value: number) => 2 * value);
  const worker = app.worker();
  const started = worker.start();
  await eventually(() => expect(world.warnings.join("\n")).toMatch(/BullMQ needs INFO, which Redis refuses.*NOPERM/));
  await expect(double.delay(4)).rejects.toThrow(/NOPERM/);
  await world.grant("+@all");
  await started;
  expect(await (await double.delay(4)).get({ timeoutMs: 10_000 })).toBe(8);
  await app.close();
});

test("a worker that is closed while INFO is refused ends", async () => {
  await using world = await openWorld();
  await world.grant("+@all", "-info");
  const app = new TaskApp({ broker: world.url, name: "permissions", logger: world.logger });
  const started = app.worker().start();
  await eventually(() => expect(world.warnings).not.toEqual([]));
  await app.close();
  await started;
});
