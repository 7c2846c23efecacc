import { type LandedEvent, readEvents } from "@headline/newsroom/events";
import { createLog } from "@headline/service/log";
import { eventually } from "@headline/testkit";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { bearer, type Client, client, FAULTY, openWorld, type World } from "./open-world.js";

let world: World;
let gateway: { url: string };
let other: { url: string };
let recommenderAddress: string;
let alice: bigint;
let writer: Client;
let anybody: Client;

beforeAll(async () => {
  world = await openWorld();
  alice = await world.addUser("alice");
  const { recommendation, gateway: here } = await world.open();
  gateway = here;
  recommenderAddress = recommendation.address;
  other = await world.openGateway({ recommenderAddress });
  writer = client(gateway, await bearer(alice));
  anybody = client(gateway);
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

const newArticle = async () => (await world.addArticles(1, { authorId: alice }))[0] as bigint;
const commentCount = async (articleId: bigint, at = gateway) =>
  (await client(at).get(`/articles/${articleId}`)).body.data.comment_count;

describe("comments", () => {
  test("are counted by the next read, and read newest first, a page at a time, while others write", async () => {
    const article = await newArticle();
    expect((await anybody.get(`/articles/${article}/comments`)).body.data).toEqual({
      results: [],
      has_more: false,
      next: null,
    });
    for (let index = 1; index <= 7; index += 1) {
      const written = await writer.post(`/articles/${article}/comments`, { content: ` 第 ${index} 条 ` });
      expect(written).toMatchObject({
        status: 201,
        body: { message: "OK", data: { article_id: String(article), user_name: "alice", content: `第 ${index} 条` } },
      });
      expect(await commentCount(article)).toBe(index);
    }
    const seen: string[] = [];
    let path = `/articles/${article}/comments?per_page=3`;
    for (let next: string | null = ""; next !== null; ) {
      const { body } = await anybody.get(path);
      expect(body.data.has_more).toBe(body.data.next !== null);
      seen.push(...body.data.results.map(({ content }: { content: string }) => content));
      next = body.data.next;
      path = `/articles/${article}/comments?per_page=3&before=${next}`;
      if (seen.length === 3) await writer.post(`/articles/${article}/comments`, { content: "meanwhile" });
    }
    expect(seen).toEqual([7, 6, 5, 4, 3, 2, 1].map((index) => `第 ${index} 条`));
    await eventually(async () => expect(await commentCount(article, other)).toBe(8));
    const [newest] = (await anybody.get(`/articles/${article}/comments?per_page=1`)).body.data.results;
    expect(newest).toEqual({
      comment_id: expect.stringMatching(/^\d+$/),
      article_id: String(article),
      user_id: String(alice),
      user_name: "alice",
      content: "meanwhile",
      created_at: expect.stringMatching(/^\d{4}-.*Z$/),
    });
  });

  test("are deleted by who wrote them, and by nobody else", async () => {
    const article = await newArticle();
    const elsewhere = await newArticle();
    const { body } = await writer.post(`/articles/${article}/comments`, { content: "a" });
    const path = `/articles/${article}/comments/${body.data.comment_id}`;
    const stranger = client(gateway, await bearer(await world.addUser("bob")));
    expect((await anybody.send("DELETE", path)).status).toBe(401);
    expect((await stranger.send("DELETE", path)).status).toBe(403);
    expect((await writer.send("DELETE", path.replace(`${article}`, `${elsewhere}`))).status).toBe(404);
    const deletions = await Promise.all([1, 2, 3].map(() => writer.send("DELETE", path)));
    for (const { status, body } of deletions)
      expect([status, body.data]).toEqual([200, { comment_id: path.split("/").at(-1) }]);
    expect((await stranger.send("DELETE", path)).status).toBe(404);
    expect((await writer.send("DELETE", path.replace(`${article}`, `${elsewhere}`))).status).toBe(404);
    expect(await commentCount(article)).toBe(0);
  });

  test("are written once for an Idempotency-Key, however often they are sent", async () => {
    const article = await newArticle();
    const send = (content: string, on = article) =>
      writer.post(`/articles/${on}/comments`, { content }, { "idempotency-key": `comment-${article}` });
    const first = await send("once");
    const again = await Promise.all([send("once"), send("once")]);
    for (const answer of again) expect(answer.status === 409 || answer.body.data.comment_id).toBeTruthy();
    expect(await send("once")).toMatchObject({ status: 201, body: { data: first.body.data } });
    expect((await send("twice")).status).toBe(422);
    expect((await send("once", await newArticle())).status).toBe(422);
    expect(await commentCount(article)).toBe(1);
  });

  test("of somebody whom only another token issuer knows have a name all the same", async () => {
    const article = await newArticle();
    const unknown = client(gateway, await bearer("900000000000000007"));
    const { body } = await unknown.post(`/articles/${article}/comments`, { content: "hello" });
    expect(body.data.user_name).toBe("user 900000000000000007");
  });

  test("written by many at once are all counted", async () => {
    const article = await newArticle();
    const answers = await Promise.all(
      Array.from({ length: 40 }, async (_, index) =>
        client(index % 2 === 0 ? gateway : other, await bearer(alice)).post(`/articles/${article}/comments`, {
          content: `comment ${index}`,
        }),
      ),
    );
    const written = answers.filter(({ status }) => status === 201).length;
    expect(answers.filter(({ status }) => status !== 201 && status !== 503)).toEqual([]);
    expect(written).toBeGreaterThan(0);
    // Who was told 503 may have been too late to hear of a commit.
    const [row] = await world.mysql.query<{ count: string }>(
      "SELECT COUNT(*) AS count FROM comments WHERE article_id = ?",
      [article],
    );
    const kept = Number(row?.count);
    expect(kept).toBeGreaterThanOrEqual(written);
    expect(kept).toBeLessThanOrEqual(answers.length);
    await eventually(async () => expect(await commentCount(article)).toBe(kept));
    expect((await anybody.get(`/articles/${article}/comments?per_page=50`)).body.data.results).toHaveLength(kept);
  });
});

describe("the event log", () => {
  const told = async (articleId: bigint): Promise<LandedEvent[]> =>
    (await readEvents(world.mysql, 0n, 10_000)).filter((event) => event.articleId === articleId);
  const kinds = async (articleId: bigint) => (await told(articleId)).map(({ kind }) => kind);
  const uuidOf = (id: string) =>
    BigInt(id)
      .toString(16)
      .padStart(32, "0")
      .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");

  test("has a comment once, however often it is sent, and its deletion", async () => {
    const [article = 0n] = await world.addArticles(1, { authorId: alice, channelId: 102 });
    const send = (at = writer) =>
      at.post(`/articles/${article}/comments`, { content: "once" }, { "idempotency-key": `told-${article}` });
    const { body } = await send();
    const here = { userId: alice, channelId: 102, stamp: 0, reason: 0, position: 0, bucket: 0, durationMs: undefined };
    const comment = { ...here, kind: "comment", occurrence: uuidOf(body.data.comment_id) };
    const written = await told(article);
    expect(written).toMatchObject([comment]);
    expect(written[0]?.happenedAtMs).toBe(Date.parse(body.data.created_at));
    expect((await send()).status).toBe(201);
    expect((await send(client(other, await bearer(alice)))).status).toBe(201);
    expect(await kinds(article)).toEqual(["comment"]);
    const second = await writer.post(`/articles/${article}/comments`, { content: "another" });
    expect(await kinds(article)).toEqual(["comment", "comment"]);
    const path = `/articles/${article}/comments/${body.data.comment_id}`;
    expect((await writer.send("DELETE", path)).status).toBe(200);
    expect((await writer.send("DELETE", path)).status).toBe(200);
    const all = await told(article);
    expect(all.map(({ kind }) => kind)).toEqual(["comment", "comment", "uncomment"]);
    expect(all[1]?.occurrence).toBe(uuidOf(second.body.data.comment_id));
    expect(all[2]).toMatchObject({ ...comment, kind: "uncomment" });
  });

  test("that is away fails no comment, which is told when it is sent again, or with its deletion", async () => {
    const log = createLog({ name: "gateway", level: "warn" });
    const warned: string[] = [];
    log.warn = ((_: unknown, message: string) => void warned.push(message)) as typeof log.warn;
    await using patient = await world.openGateway({ recommenderAddress, log, ...FAULTY });
    const commenter = client(patient, await bearer(alice));
    const [sentAgain, deleted] = [await newArticle(), await newArticle()];
    const send = (article: bigint) =>
      commenter.post(`/articles/${article}/comments`, { content: "a" }, { "idempotency-key": `away-${article}` });
    let id = "";
    await world.mysql.transaction(async (tx) => {
      // Whoever holds this row writes events: nobody else does meanwhile.
      await tx.write("INSERT INTO event_turns (id) VALUES (1) ON DUPLICATE KEY UPDATE id = id");
      await tx.query("SELECT id FROM event_turns WHERE id = 1 FOR UPDATE");
      const answers = [await send(sentAgain), await send(deleted)];
      expect(answers.map(({ status }) => status)).toEqual([201, 201]);
      id = answers[1]?.body.data.comment_id;
    });
    expect([await commentCount(sentAgain), await commentCount(deleted)]).toEqual([1, 1]);
    expect([await kinds(sentAgain), await kinds(deleted)]).toEqual([[], []]);
    expect(warned).toContain("a comment did not reach the recommender");
    expect((await send(sentAgain)).status).toBe(201);
    expect(await kinds(sentAgain)).toEqual(["comment"]);
    expect((await commenter.send("DELETE", `/articles/${deleted}/comments/${id}`)).status).toBe(200);
    expect(await kinds(deleted)).toEqual(["comment", "uncomment"]);
  });
});

describe("a comment that cannot be", () => {
  test.each([
    [{}, "content"],
    [{ content: "" }, "content"],
    [{ content: "  \t " }, "content"],
    [{ content: "\u3164\u{e0067}" }, "content"],
    [{ content: "nul \u0000" }, "content"],
    [{ content: "\ud800" }, "content"],
    [{ content: "字".repeat(1_001) }, "content"],
    [{ content: 7 }, "content"],
    [{ content: "a", more: 1 }, "more"],
    [[], "body"],
  ])("%j is 400 and names the field", async (body, field) => {
    const answer = await writer.post(`/articles/${await newArticle()}/comments`, body);
    expect(answer.status).toBe(400);
    expect(answer.body.errors.map((error: { field: string }) => error.field)).toContain(field);
  });

  test("breaks stay as they are read, each as one", async () => {
    const articleId = await newArticle();
    const { body } = await writer.post(`/articles/${articleId}/comments`, { content: "one\r\n\r\ntwo\n" });
    expect(body.data.content).toBe("one\n\ntwo");
    const { results } = (await writer.get(`/articles/${articleId}/comments`)).body.data;
    expect(results[0].content).toBe("one\n\ntwo");
  });

  test("a thousand families can", async () => {
    const content = "👨‍👩‍👧‍👦".repeat(1_000);
    const { status, body } = await writer.post(`/articles/${await newArticle()}/comments`, { content });
    expect({ status, content: body.data.content }).toEqual({ status: 201, content });
  });

  test("a thousand characters can, emoji included", async () => {
    const content = "😀".repeat(1_000);
    const { status, body } = await writer.post(`/articles/${await newArticle()}/comments`, { content });
    expect([status, body.data.content]).toEqual([201, content]);
  });

  test("is refused without sign-in, without an article, and with nonsense for numbers", async () => {
    const article = await newArticle();
    expect((await anybody.post(`/articles/${article}/comments`, { content: "a" })).status).toBe(401);
    expect((await writer.post("/articles/999999/comments", { content: "a" })).status).toBe(404);
    expect((await anybody.get("/articles/999999/comments")).status).toBe(404);
    await writer.send("DELETE", `/articles/${article}`);
    expect((await writer.post(`/articles/${article}/comments`, { content: "a" })).status).toBe(404);
    for (const query of ["per_page=0", "per_page=51", "per_page=1&per_page=2", "before=-1", "before=1e3", "before="]) {
      const answer = await anybody.get(`/articles/${article}/comments?${query}`);
      expect([query, answer.status]).toEqual([query, 400]);
      expect(answer.body.errors[0].field).toBe(query.split("=")[0]);
    }
    for (const path of ["/articles/x/comments", "/articles/1/comments/x"])
      expect((await writer.send("DELETE", path)).status).toBe(path.endsWith("s") ? 405 : 400);
  });
});
