import { openRedis, waitForRedis } from "@headline/redis";
import { throwawayRedis } from "@headline/testkit";
import { expect, test } from "@jest/globals";
import { RECENT_TASKS_KEY, RecentTasks } from "../src/background/recent-tasks.js";

test("an attempt that cannot be read costs itself, and the list shows the others", async () => {
  await using server = await throwawayRedis();
  const redis = openRedis(server.url);
  try {
    await waitForRedis(redis);
    const unreadable: unknown[] = [];
    const recent = new RecentTasks(redis, fail, (error) => unreadable.push(error));
    await recent.recorded({ id: "1", task: "fan-out", args: [7], retries: 0 }, async () => ({ sent: 3 }));
    const [sound = ""] = await redis.lrange(RECENT_TASKS_KEY, 0, 0);
    const broken = ["", "{", "null", "7", "{}", sound.replace(/"startedAtMs":\d+/, '"startedAtMs":9e99')];
    await redis.lpush(RECENT_TASKS_KEY, ...broken);
    expect(await recent.list()).toMatchObject([{ task: "fan-out", outcome: '{"sent":3}' }]);
    expect(unreadable).toHaveLength(broken.length);
  } finally {
    redis.disconnect();
  }
});

function fail(error: unknown): never {
  throw error;
}
