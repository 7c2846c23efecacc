import { clientTls } from "@headline/grpc";
import { unaryRecommender } from "@headline/recommender";
import { type Certificates, eventually, makeCertificates } from "@headline/testkit";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { client, openWorld, type World } from "./open-world.js";
import {
  type RecommendationProcess,
  startGatewayProcess,
  startJobsProcess,
  startRecommendationProcess,
} from "./service-process.js";

const reader = { userId: 7n, channelId: 0, articleNum: 5, timeStamp: 0n };

describe("a recommender with certificates", () => {
  let world: World;
  let ours: Certificates;
  let others: Certificates;
  let recommendation: RecommendationProcess;
  beforeAll(async () => {
    world = await openWorld();
    await world.addArticles(12, { authorId: await world.addUser("carol") });
    [ours, others] = await Promise.all([makeCertificates(), makeCertificates()]);
    recommendation = await startRecommendationProcess(world, ours.issue("recommendation").env);
  });
  afterAll(async () => {
    await recommendation[Symbol.asyncDispose]();
    await Promise.all([ours[Symbol.asyncDispose](), others[Symbol.asyncDispose]()]);
    await world[Symbol.asyncDispose]();
  });

  const ask = async (credentials?: ReturnType<typeof clientTls>, serverName?: string) => {
    await using recommender = unaryRecommender({
      address: recommendation.address,
      timeoutMs: 20_000,
      credentials,
      serverName,
    });
    return (await recommender.recommend(reader)).recommends.length;
  };

  test("answers who is of the same authority", async () => {
    expect(await ask(clientTls(ours.issue("caller")))).toBe(5);
    expect(await ask(clientTls(ours.issue("caller")), "recommendation")).toBe(5);
  });

  test("explains a feed to who is of the same authority, where it is made", async () => {
    const credentials = clientTls(ours.issue("caller"));
    await using recommender = unaryRecommender({ address: recommendation.address, timeoutMs: 20_000, credentials });
    expect((await recommender.explain(reader, { timeoutMs: 20_000 })).candidates.length).toBeGreaterThan(0);
  });

  test("refuses who shows no certificate, or one of another authority", async () => {
    const { ca } = ours.issue("caller");
    const unavailable = { code: "UNAVAILABLE" };
    await expect(ask()).rejects.toMatchObject(unavailable);
    await expect(ask(clientTls({ ...others.issue("caller"), ca }))).rejects.toMatchObject(unavailable);
  });

  test("is refused by a caller who looks for another name", async () => {
    await expect(ask(clientTls(ours.issue("caller")), "elsewhere")).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });

  test("serves gateways and job services that are configured with files, and none without", async () => {
    const recommenderAddress = recommendation.address;
    const known = { ...ours.issue("gateway").env, TLS_SERVER_NAME: "recommendation" };
    await using gateway = await startGatewayProcess(world, { recommenderAddress, env: known });
    await using stranger = await startGatewayProcess(world, { recommenderAddress });
    const degraded = async ({ url }: { url: string }) =>
      (await client({ url }).get("/articles?channel_id=0")).body.data.degraded;
    await eventually(async () => expect(await degraded(gateway)).toBe(false));
    expect(await degraded(stranger)).toBe(true);
    const jobsEnv = { ...known, RECOMMENDER_ADDRESS: recommenderAddress };
    await using jobs = await startJobsProcess(world, jobsEnv);
    expect((await client(jobs).get("/readyz")).status).toBe(200);
  });
});
