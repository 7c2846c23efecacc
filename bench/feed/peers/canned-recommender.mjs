/**
 * The recommender's contract with canned answers: ten ids in turn and tokens as long as real ones. It shows what everything but
 * choosing costs. The naive peer asks it too. Environment: ADDRESS, ARTICLES.
 */
import { inFlightGate, openServer } from "@headline/grpc";
import { recommendService, userRecommendService } from "@headline/recommender";

const articles = Number(process.env.ARTICLES);
const token = (kind) => `v1.abcd.${"A".repeat(48)}.${kind.repeat(11)}`;
const track = { click: token("c"), collect: token("o"), read: token("r"), liking: token("l") };
let next = 0;

const recommend = async ({ articleNum }) => {
  const count = articleNum || 10;
  const recommends = Array.from({ length: count }, () => {
    next = (next % articles) + 1;
    return { articleId: BigInt(next), track };
  });
  const stamp = BigInt(Date.now());
  return {
    exposure: token("e"),
    timeStamp: stamp - 1n,
    recommends,
    mode: "refresh",
    stamp,
    algo: "canned",
    reasons: recommends.map(() => "hot"),
  };
};
const edge = { onBug: console.error, gate: inFlightGate(5_000) };
await openServer({
  address: process.env.ADDRESS,
  services: [
    userRecommendService(recommend, edge),
    recommendService({ recommend, countUpdates: () => ({ count: 0 }) }, edge),
  ],
});
console.log("ready");
