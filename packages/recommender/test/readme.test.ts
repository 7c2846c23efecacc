import { inFlightGate, openServer } from "@headline/grpc";
import { expect, test } from "@jest/globals";
import { connectRecommender, type Recommend, recommendService, userRecommendService } from "../src/index.js";
import { recommendation } from "./support.js";

test("the README's example holds", async () => {
  const bugs: unknown[] = [];
  const recommend: Recommend = async ({ userId }) =>
    recommendation({ recommends: [{ articleId: userId, track: undefined }], reasons: ["hot"] });
  const countUpdates = () => ({ count: 3 });
  const edge = { onBug: (error: unknown) => void bugs.push(error), gate: inFlightGate(512) };

  await using server = await openServer({
    address: "127.0.0.1:0",
    services: [userRecommendService(recommend, edge), recommendService({ recommend, countUpdates }, edge)],
  });
  await using recommender = connectRecommender({ address: server.address, timeoutMs: 20_000 });
  const request = { userId: 7n, channelId: 0, articleNum: 10, timeStamp: 0n };
  const { recommends, mode, reasons } = await recommender.recommend(request);
  expect({ recommends, mode, reasons }).toMatchObject({
    recommends: [{ articleId: 7n }],
    mode: "refresh",
    reasons: ["hot"],
  });
  expect(bugs).toEqual([]);
});
