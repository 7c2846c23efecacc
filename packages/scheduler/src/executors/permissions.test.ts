import { setTimeout as sleep } from "node:timers/promises";
import { eventually, throwawayRedis } from "@headline/testkit";
import { expect, test } from "@jest/globals";
import { Redis } from "ioredis";
import { BullTaskWorker } from "./bull-task-worker.js";

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

test.each([["evalsha"], ["bzpopmin"]])(
  "a worker without %s asks again at a bounded rate and can be closed",
  async (name) => {
    await using world = await openWorld();
    await world.grant("+@all", `-${name}`);
    let refusals = 0;
    const count = () => {
      refusals += 1;
    };
    const logger = { ...world.logger, debug: count, warn: count };
    const worker = new BullTaskWorker({ connection: world.url, queue: "q", tasks: {}, concurrency: 2, logger });
    await eventually(() => expect(refusals).toBeGreaterThan(0));
    let turns = 0;
    const before = refusals;
    while (refusals < before + 3 && turns < 1_000) {
      await sleep(10); // a loop in microtasks would never give it its turn, one at the speed of Redis a single one
      turns += 1;
    }
    expect(turns).toBeGreaterThan(3);
    await worker.close({ wait: false, timeoutMs: 1_000 });
  },
);
