import { openRedis, waitForRedis } from "@headline/redis";
import { eventually, throwawayRedis } from "@headline/testkit";
import { expect, test } from "@jest/globals";
import { JWT_SECRET, openWorld } from "../../gateway/test/open-world.js";
import { spawnService } from "../../gateway/test/service-process.js";

test("a job service whose Redis user lacks rights names them, and ends when it is asked to", async () => {
  await using world = await openWorld();
  await using server = await throwawayRedis({ tcp: true });
  const admin = openRedis(server.url, { commandTimeoutMs: 10_000 });
  await waitForRedis(admin, 30_000);
  await admin.call("acl", "setuser", "app", "on", ">pw", "~*", "&*", "+@all", "-info", "-ltrim");
  const { child, says } = await spawnService("jobs", {
    HOST: "127.0.0.1",
    JOBS_PORT: "0",
    MYSQL_URL: world.mysqlUrl,
    REDIS_URL: server.url.replace("redis://", "redis://app:pw@"),
    RECOMMENDER_ADDRESS: "127.0.0.1:1",
    JWT_SECRET,
  });
  const [{ missing }] = await Promise.all([says("lacks rights"), says("BullMQ needs INFO"), says("jobs listens")]);
  expect((missing as string[]).map((line) => line.split(":")[0])).toEqual(["info", "ltrim"]);
  child.kill("SIGTERM");
  await eventually(() => expect(child.exitCode).toBe(0));
  admin.disconnect();
});
