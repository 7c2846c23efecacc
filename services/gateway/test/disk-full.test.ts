import { randomUUID } from "node:crypto";
import { openEmbedded } from "@headline/embedded";
import { openRedis, waitForRedis } from "@headline/redis";
import { CloseStack } from "@headline/service/lifecycle";
import { eventually, smallDisk } from "@headline/testkit";
import { BatchSigner, openTrackKeys } from "@headline/track-token";
import { afterAll, expect, test } from "@jest/globals";
import { type Answer, bearer, client, FAULTY, openWorld, TRACK_SECRET } from "./open-world.js";

const MEGABYTES = 192;
/** Far more than fit into the pages that a table has. */
const WRITES_MAX = 2_000;

const resources = new CloseStack();
const disk = smallDisk(MEGABYTES);
if (disk === undefined) process.stderr.write("skipped: a full disk needs a user who may mount one\n");
else resources.defer(() => disk[Symbol.dispose]());
afterAll(() => resources.close());

(disk ? test : test.skip)(
  "a full disk refuses what cannot be kept, reads go on, and all is well once there is room",
  async () => {
    const { path, fill, free } = disk as NonNullable<typeof disk>;
    const servers = resources.use(await openEmbedded({ dataDir: `${path}/data` }));
    const { mariadb, redis } = servers;
    let ended = 0;
    for (const { exited } of [mariadb, redis])
      void exited.then(() => {
        ended += 1;
      });
    const world = resources.use(
      await openWorld(async () => ({ url: mariadb.url, [Symbol.asyncDispose]: async () => {} })),
    );
    const alice = await world.addUser("alice");
    const [article] = (await world.addArticles(10, { authorId: alice })) as [bigint];
    const stores = { redisUrl: redis.url };
    const recommendation = await world.openRecommendation(stores);
    const gateway = await world.openGateway({ ...stores, ...FAULTY, recommenderAddress: recommendation.address });
    const keys = openRedis(redis.url, { commandTimeoutMs: 10_000 });
    resources.defer(() => keys.disconnect());
    await waitForRedis(keys, 30_000);
    const writer = client(gateway, await bearer(alice));
    const comment = (content: string) => writer.post(`/articles/${article}/comments`, { content });
    let users = 0n;
    const click = () => {
      users += 1n;
      return client(gateway).post("/events", { events: [clickOf(-users, article)] });
    };
    const isLive = async () => {
      const page = await client(gateway, "Anony 5").get("/articles?channel_id=0&per_page=2");
      expect([page.status, page.body.data?.degraded]).toEqual([200, false]);
    };
    await eventually(isLive);

    fill();
    const acknowledged: string[] = [];
    const refused = await untilRefused(async (index) => {
      const content = `${index} ${"x".repeat(400)}`;
      const answer = await comment(content);
      if (answer.status === 201) acknowledged.push(content);
      return answer;
    });
    expect(refused).toMatchObject({ status: 503, body: { code: "UNAVAILABLE" } });
    const clicked: bigint[] = [];
    const unkept = await untilRefused(async () => {
      const answer = await click();
      if (answer.status === 202) clicked.push(-users);
      return answer;
    });
    expect(unkept).toMatchObject({ status: 503, body: { code: "UNAVAILABLE" } });
    await expect(untilThrown(() => keys.set("a", "b".repeat(1_000)))).rejects.toThrow(/^MISCONF/);
    await eventually(async () => {
      const read = await client(gateway).get(`/articles/${article}`);
      expect([read.status, read.body.data.title]).toEqual([200, "article 1"]);
      expect((await client(gateway).get("/articles?channel_id=0")).body.data.results.length).toBeGreaterThan(0);
    });

    free();
    await eventually(async () => expect((await comment("there is room")).status).toBe(201));
    await eventually(async () => expect((await click()).status).toBe(202));
    clicked.push(-users);
    await eventually(isLive);
    const rows = await world.mysql.query<{ content: string }>("SELECT content FROM comments ORDER BY id");
    expect(rows.map(({ content }) => content)).toEqual([...acknowledged, "there is room"]);
    await eventually(async () => {
      const landed = await world.mysql.query<{ user_id: bigint }>("SELECT user_id FROM events ORDER BY id");
      expect(landed.map(({ user_id }) => BigInt(user_id))).toEqual(expect.arrayContaining(clicked));
    });
    expect(ended).toBe(0);
  },
);

async function untilRefused(write: (index: number) => Promise<Answer>): Promise<Answer> {
  for (let index = 0; index < WRITES_MAX; index += 1) {
    const answer = await write(index);
    if (answer.status >= 300) return answer;
  }
  throw new Error("nothing was refused");
}

async function untilThrown(write: () => Promise<unknown>): Promise<void> {
  for (let index = 0; index < WRITES_MAX; index += 1) await write();
}

function clickOf(userId: bigint, articleId: bigint) {
  const ts = Date.now();
  const expiresAtSeconds = Math.floor(ts / 1_000) + 600;
  const batch = { userId, channelId: 0, stamp: ts - 1_000, expiresAtSeconds, bucket: 1 };
  const token = new BatchSigner(openTrackKeys(TRACK_SECRET), batch).article(articleId, 1, 0).click;
  return { id: randomUUID(), type: "click", token, ts };
}
