import { eventually, type ThrowawayRedis, throwawayRedis } from "@headline/testkit";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Redis } from "ioredis";
import { heard } from "../../scheduler/test/quiet.js";
import { TaskApp } from "../src/index.js";

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

function as(login: string): string {
  return server.url.replace("redis://", `redis://${login}@`);
}

test("a user without the right to channels sends tasks and has their results", async () => {
  await admin.call("acl", "setuser", "quiet", "on", ">pw", "~*", "+@all", "resetchannels");
  await using app = new TaskApp({ broker: as("quiet:pw"), name: "quiet", logger: heard() });
  const double = app.task("double", (value: number) => 2 * value);
  await app.worker().start();
  expect(await (await double.delay(4)).get({ timeoutMs: 30_000 })).toBe(8);
});

test("a login that Redis refuses is named by a call of a task, by its result, and by a worker", async () => {
  const refused = /Redis refuses the login \(name or password\): WRONGPASS/;
  const logger = heard();
  const app = new TaskApp({ broker: as("app:wrong"), logger });
  await expect(app.sendTask("a")).rejects.toThrow(refused);
  await expect(app.AsyncResult("a").status()).rejects.toThrow(/WRONGPASS/);
  const started = app.worker().start();
  await eventually(() => expect(logger.lines.join("\n")).toMatch(refused));
  await app.close();
  await started;
});
