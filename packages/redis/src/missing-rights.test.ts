import { throwawayRedis } from "@headline/testkit";
import { expect, test } from "@jest/globals";
import { openRedis, waitForRedis } from "./client.js";
import { cacheCommands, missingRights } from "./missing-rights.js";

test("rights that a user lacks are named, of commands, keys and channels, and nothing is run", async () => {
  await using server = await throwawayRedis({ tcp: true });
  const admin = openRedis(server.url, { commandTimeoutMs: 10_000 });
  await waitForRedis(admin, 30_000);
  const missingWith = async (...rules: string[]) => {
    await admin.call("acl", "setuser", "app", "reset", "on", ">pw", ...rules);
    const redis = openRedis(server.url.replace("redis://", "redis://app:pw@"), { commandTimeoutMs: 10_000 });
    await waitForRedis(redis, 30_000);
    const missing = await missingRights(redis, [
      ...cacheCommands("article"),
      ["publish", "changes@0", ""],
      ["xlen", "events:{log}"],
    ]);
    redis.disconnect();
    return missing.map((line) => line.split(":")[0]);
  };
  expect(await missingWith("~*", "&*", "+@all")).toEqual([]);
  expect(await missingWith("~*", "&*", "+@all", "-evalsha", "-xlen")).toEqual(["evalsha", "xlen"]);
  expect(await missingWith("~article:*", "&other", "+@all")).toEqual(["publish", "xlen"]);
  expect(await missingWith("~*", "&*", "+@all", "-multi")).toEqual([]);
  expect(await admin.dbsize()).toBe(0);
  admin.disconnect();
});
