import { Refusal } from "@headline/service/errors";
import { expect, test } from "@jest/globals";
import { unaryRecommender } from "../src/index.js";
import { after, openRecommender, recommendation } from "./support.js";

test("the README's example for another service holds: health, round_robin, the deadline and the one retry", async () => {
  const asked: { server: string; timeStamp: bigint; deadlineMs: number }[] = [];
  const stumbling = { times: 1 };
  const openNamed = (server: string) =>
    openRecommender(async ({ timeStamp, articleNum }, { deadlineMs }) => {
      asked.push({ server, timeStamp, deadlineMs });
      if (stumbling.times-- > 0) throw new Refusal("UNAVAILABLE", "not now");
      const recommends = Array.from({ length: articleNum }, (_, at) => ({ articleId: BigInt(at), track: undefined }));
      return recommendation({ recommends, timeStamp: 900n, exposure: server });
    });
  await using first = await openNamed("first");
  await using second = await openNamed("second");

  await using recommender = unaryRecommender({
    address: `ipv4:${first.address},${second.address}`,
    timeoutMs: 20_000,
  });
  const { signal } = new AbortController();
  const healthy = await recommender.check("UserRecommend");
  const request = { userId: 7n, channelId: 0, articleNum: 10, timeStamp: BigInt(Date.now()) };
  const { recommends, timeStamp, mode } = await recommender.recommend(request, { attemptMs: 10_000, signal });
  const older = await recommender.recommend({ ...request, timeStamp });

  expect({ healthy, mode, timeStamp }).toEqual({ healthy: true, mode: "refresh", timeStamp: 900n });
  expect([recommends.length, older.recommends.length]).toEqual([10, 10]);
  expect(asked.map((ask) => ask.timeStamp)).toEqual([request.timeStamp, request.timeStamp, 900n]);
  expect(asked.every(({ deadlineMs }) => deadlineMs <= 20_000)).toBe(true);
  for (let call = 0; call < 20; call += 1) {
    await recommender.recommend(request);
    await after(5);
  }
  expect(new Set(asked.map(({ server }) => server))).toEqual(new Set(["first", "second"]));
});
