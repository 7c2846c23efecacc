import { randomUUID } from "node:crypto";
import { type Change, followChanges } from "@headline/newsroom/changes";
import { readEvents } from "@headline/newsroom/events";
import { pruneReceipts } from "@headline/newsroom/reactions";
import { correctStatistics } from "@headline/newsroom/statistics";
import { openRedis, waitForRedis } from "@headline/redis";
import { eventually, inFull } from "@headline/testkit";
import { BatchSigner, openTrackKeys } from "@headline/track-token";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Answer, bearer, client, openWorld, TRACK_SECRET, type World } from "./open-world.js";

let world: World;
let gateway: { url: string };
let other: { url: string };
let author: bigint;
let readers: bigint[];

beforeAll(async () => {
  world = await openWorld();
  author = await world.addUser("author");
  readers = await Promise.all(Array.from({ length: 12 }, (_, index) => world.addUser(`reader ${index}`)));
  const { recommendation, gateway: here } = await world.open();
  gateway = here;
  other = await world.openGateway({ recommenderAddress: recommendation.address });
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

const newArticle = async (authorId = author) => (await world.addArticles(1, { authorId }))[0] as bigint;

/** Article as a reader's page has it. */
function tokensOf(userId: bigint, articleId: bigint) {
  const stamp = Date.now();
  const batch = { userId, channelId: 0, stamp, expiresAtSeconds: Math.floor(stamp / 1_000) + 60, bucket: 1 };
  return new BatchSigner(openTrackKeys(TRACK_SECRET), batch).article(articleId, 1, 0);
}

type Tokens = ReturnType<typeof tokensOf>;
const KIND = {
  collect: "collect",
  uncollect: "collect",
  liking: "liking",
  unliking: "liking",
  dislike: "click",
  undislike: "click",
  block: "click",
  unblock: "click",
} as const;

const event = (tokens: Tokens, type: keyof typeof KIND, id: string = randomUUID()) => ({
  id,
  type,
  token: tokens[KIND[type]],
  ts: Date.now(),
});
const upload = (events: readonly unknown[], at = gateway): Promise<Answer> => client(at).post("/events", { events });
/** As a client does: what was not taken for lack of time is sent again. */
const uploadUntilTaken = (events: readonly unknown[], at = gateway) =>
  eventually(async () => {
    const { status, body } = await upload(events, at);
    expect([status, body.data?.rejected]).toEqual([202, []]);
  });
const react = (tokens: Tokens, type: keyof typeof KIND, id?: string) => upload([event(tokens, type, id)]);
const verdict = (accepted: number, duplicates = 0) => ({ status: 202, body: { data: { accepted, duplicates } } });

async function counts(articleId: bigint, at = gateway) {
  const { body } = await client(at).get(`/articles/${articleId}`);
  return [body.data.like_count, body.data.collect_count];
}
const likesReceived = async (userId = author) =>
  (await client(gateway).get(`/users/${userId}`)).body.data.like_received_count;

describe("likes and collections", () => {
  test("count at once, once a reader, and no more when they are taken back", async () => {
    const article = await newArticle();
    const before = await likesReceived();
    const [mine, hers] = readers.slice(0, 2).map((reader) => tokensOf(reader, article)) as [Tokens, Tokens];
    expect(await counts(article)).toEqual([0, 0]);

    expect(await react(mine, "liking")).toMatchObject(verdict(1));
    expect(await counts(article)).toEqual([1, 0]);
    expect(await react(mine, "liking")).toMatchObject(verdict(0, 1)); // liked already
    expect(await upload([event(hers, "liking"), event(hers, "collect"), event(mine, "collect")])).toMatchObject(
      verdict(3),
    );
    expect(await counts(article)).toEqual([2, 2]);
    expect(await likesReceived()).toBe(before + 2);

    expect(await upload([event(mine, "unliking"), event(hers, "uncollect")])).toMatchObject(verdict(2));
    expect(await counts(article)).toEqual([1, 1]);
    expect(await react(mine, "unliking")).toMatchObject(verdict(0, 1));
    expect(await react(mine, "liking")).toMatchObject(verdict(1)); // a change of mind, with the token of the same page
    expect(await counts(article)).toEqual([2, 1]);
    expect(await likesReceived()).toBe(before + 2);
    await eventually(async () => expect(await counts(article, other)).toEqual([2, 1]));

    const log = (await readEvents(world.mysql, 0n, 10_000)).filter(({ articleId }) => articleId === article);
    expect(log.map(({ kind }) => kind).sort()).toEqual(
      ["liking", "liking", "collect", "collect", "unliking", "uncollect", "liking"].sort(),
    );
  });

  test("of an upload that comes again after the reader has changed their mind change nothing", async () => {
    const article = await newArticle();
    const tokens = tokensOf(readers[0] as bigint, article);
    const id = randomUUID();
    expect(await react(tokens, "liking", id)).toMatchObject(verdict(1));
    expect(await react(tokens, "unliking")).toMatchObject(verdict(1));
    expect(await react(tokens, "liking", id)).toMatchObject(verdict(0, 1));
    expect(await counts(article)).toEqual([0, 0]);
  });

  test("are right after many readers like, collect and take back at once, through two gateways", async () => {
    const articles = [await newArticle(), await newArticle(), await newArticle(readers[0])];
    await Promise.all(
      readers.map(async (reader, index) => {
        const tokens = articles.map((article) => tokensOf(reader, article));
        const at = index % 2 === 0 ? gateway : other;
        for (let round = 0; round < inFull(2, 4); round += 1) {
          const order = index % 3 === 0 ? [...tokens].reverse() : tokens;
          const liking = order.flatMap((token) => [event(token, "liking"), event(token, "collect")]);
          await uploadUntilTaken(liking, at);
          const back = order.filter((_, at) => (at + index) % 2 === 0).map((token) => event(token, "unliking"));
          await uploadUntilTaken(back, at);
        }
      }),
    );
    const rows = await world.mysql.query<{ id: string; likes: string; collects: string }>(
      `SELECT a.id, (SELECT COUNT(*) FROM article_likes l WHERE l.article_id = a.id) AS likes,
              (SELECT COUNT(*) FROM article_collects c WHERE c.article_id = a.id) AS collects
         FROM articles a WHERE a.id IN (${articles.join(",")})`,
    );
    for (const row of rows) {
      expect(Number(row.collects)).toBe(readers.length);
      const expected = [Number(row.likes), Number(row.collects)];
      await eventually(async () => {
        expect(await counts(BigInt(row.id))).toEqual(expected);
        expect(await counts(BigInt(row.id), other)).toEqual(expected);
      });
    }
    const redis = openRedis(world.redis.url, { commandTimeoutMs: 10_000 });
    await waitForRedis(redis, 30_000);
    const report = await correctStatistics({ mysql: world.mysql, redis });
    redis.disconnect();
    const wrong = report.statistics.flatMap(({ counters }) =>
      Object.values(counters).map(
        ({ wrongInMysql, wrongInRedis, staleInRedis }) => wrongInMysql + wrongInRedis - staleInRedis,
      ),
    );
    expect(report.complete).toBe(true);
    // The articles of these tests were written without being counted.
    expect(wrong.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(2);
    expect(report.statistics.find(({ name }) => name === "article-statistics")?.counters).toMatchObject({
      likes: { wrongInMysql: 0, wrongInRedis: 0 },
      collects: { wrongInMysql: 0, wrongInRedis: 0 },
    });
  });

  test("are for who is signed in; a guest's click is still a click", async () => {
    const tokens = tokensOf(-5n, await newArticle());
    const answer = await upload([event(tokens, "liking"), { ...event(tokens, "dislike"), type: "click" }]);
    expect(answer).toMatchObject(verdict(1));
    expect(answer.body.data.rejected).toEqual([{ index: 0, reason: expect.stringContaining("is a guest's") }]);
  });

  test("need an article that is there, and can be taken back when it is gone", async () => {
    const article = await newArticle();
    const reader = readers[1] as bigint;
    const tokens = tokensOf(reader, article);
    await react(tokens, "liking");
    await client(gateway, await bearer(author)).send("DELETE", `/articles/${article}`);
    const late = await react(tokensOf(readers[2] as bigint, article), "liking");
    expect(late).toMatchObject({
      status: 400,
      body: { errors: [{ field: "events[0].token", detail: "is of an article that does not exist any more" }] },
    });
    expect(await react(tokens, "unliking")).toMatchObject(verdict(1));
    const [row] = await world.mysql.query<{ likes: string }>(
      "SELECT likes FROM article_statistics WHERE article_id = ?",
      [article],
    );
    expect(row?.likes).toBe("0");
  });
});

describe("dislikes and blocks", () => {
  test("are kept, taken back, and told to the recommender as the reader's", async () => {
    const article = await newArticle();
    const guest = -9n;
    const heard: Change[] = [];
    await using _following = followChanges({
      mysql: world.mysql,
      pollMs: 50,
      onChanges: (changes) => void heard.push(...changes),
    });
    const tokens = tokensOf(guest, article);
    const kept = async () => [
      (await world.mysql.query("SELECT article_id FROM article_dislikes WHERE user_id = ?", [guest])).length,
      (
        await world.mysql.query("SELECT author_id FROM author_blocks WHERE user_id = ? AND author_id = ?", [
          guest,
          author,
        ])
      ).length,
    ];
    expect(await upload([event(tokens, "dislike"), event(tokens, "block")])).toMatchObject(verdict(2));
    expect(await kept()).toEqual([1, 1]);
    await eventually(() =>
      expect(heard.filter(({ subjectId }) => subjectId === guest).map(({ topic }) => topic)).toEqual([
        "dislikes",
        "blocks",
      ]),
    );
    expect(await upload([event(tokens, "undislike"), event(tokens, "unblock")])).toMatchObject(verdict(2));
    expect(await kept()).toEqual([0, 0]);
    expect(await counts(article)).toEqual([0, 0]);
  });

  test("say why, where the reader said it, in the row and in the log, and so does the undoing", async () => {
    const article = await newArticle();
    const guest = -10n;
    const tokens = tokensOf(guest, article);
    const disliking = (why: string) => ({ ...event(tokens, "dislike"), why });
    const kept = async () =>
      (
        await world.mysql.query<{ why: string | null }>("SELECT why FROM article_dislikes WHERE user_id = ?", [guest])
      ).map(({ why }) => why);
    const logged = async () =>
      (await readEvents(world.mysql, 0n, 100_000))
        .filter(({ userId }) => userId === guest)
        .map(({ kind, why }) => [kind, why]);
    expect(await upload([disliking("seen")])).toMatchObject(verdict(1));
    expect(await upload([disliking("poor")])).toMatchObject(verdict(0, 1)); // disliked already
    expect(await kept()).toEqual(["seen"]);
    const undo = event(tokens, "undislike");
    expect(await upload([undo])).toMatchObject(verdict(1));
    expect(await kept()).toEqual([]);
    const undone = [
      ["dislike", "seen"],
      ["undislike", "seen"],
    ];
    expect(await logged()).toEqual(undone);

    // It comes again because nobody knows whether it was logged.
    await world.mysql.write("DELETE FROM events WHERE user_id = ? AND kind = 'undislike'", [guest]);
    expect(await upload([undo])).toMatchObject(verdict(1));
    expect(await logged()).toEqual(undone);

    expect(await upload([event(tokens, "dislike"), event(tokens, "undislike")])).toMatchObject(verdict(2));
    expect(await logged()).toEqual([...undone, ["dislike", undefined], ["undislike", undefined]]);
  });

  test("nobody blocks themselves", async () => {
    const answer = await react(tokensOf(author, await newArticle()), "block");
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ detail: "is of the reader's own article" }] } });
  });
});

test("receipts of events whose tokens have long expired go", async () => {
  const insert = (agoHours: number) =>
    world.mysql.write(
      "INSERT INTO reaction_receipts (user_id, event_id, created_at) VALUES (999, UNHEX(?), UNIX_TIMESTAMP() * 1000 - ?)",
      [randomUUID().replaceAll("-", ""), agoHours * 3_600_000],
    );
  for (const agoHours of [1, 47, 49, 500]) await insert(agoHours);
  await pruneReceipts(world.mysql);
  expect(await world.mysql.query("SELECT event_id FROM reaction_receipts WHERE user_id = 999")).toHaveLength(2);
});
