import { appendChanges } from "@headline/newsroom/changes";
import { eventually, inFull } from "@headline/testkit";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { bearer, type Client, client, FAULTY, openWorld, type World } from "./open-world.js";

let world: World;
let here: { url: string };
let there: { url: string };
let alice: bigint;
let author: Client;

beforeAll(async () => {
  world = await openWorld();
  alice = await world.addUser("alice");
  const opened = await world.open();
  here = opened.gateway;
  there = await world.openGateway({ recommenderAddress: opened.recommendation.address });
  author = client(here, await bearer(alice));
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

const draft = (fields: object = {}) => ({ title: "a title", content: "a text", channel_id: 101, ...fields });

async function publish(fields: object = {}): Promise<string> {
  const answer = await author.post("/articles", draft(fields));
  expect(answer.status).toBe(201);
  return answer.body.data.article_id;
}

describe("the next request sees what was done", () => {
  test("through this gateway and through another one: published, edited, moved, deleted", async () => {
    for (let round = 1; round <= inFull(4, 10); round += 1) {
      const soon = await nextArticleId();
      for (const gateway of [here, there]) expect((await client(gateway).get(`/articles/${soon}`)).status).toBe(404);
      const id = await publish({ title: `round ${round}` });
      expect(id).toBe(soon);
      await bothSee(id, { title: `round ${round}`, content: "a text", channel_id: "101" });

      expect((await author.send("PATCH", `/articles/${id}`, { body: { title: "edited" } })).status).toBe(200);
      await bothSee(id, { title: "edited", content: "a text" });
      await author.send("PATCH", `/articles/${id}`, { body: { content: "new text", channel_id: "102" } });
      await bothSee(id, { title: "edited", content: "new text", channel_id: "102" });

      expect((await author.send("DELETE", `/articles/${id}`)).status).toBe(200);
      for (const gateway of [here, there]) expect((await client(gateway).get(`/articles/${id}`)).status).toBe(404);
      for (const gateway of [here, there]) {
        const listed = await client(gateway).get(`/users/${alice}/articles?per_page=50`);
        expect(listed.body.data.results.map((article: { article_id: string }) => article.article_id)).not.toContain(id);
      }
    }
  });

  test("the author's count follows, through both", async () => {
    const count = async (gateway: { url: string }) =>
      (await client(gateway).get(`/users/${alice}`)).body.data.article_count;
    for (let round = 1; round <= inFull(4, 10); round += 1) {
      const before = await count(there);
      const id = await publish();
      expect([await count(here), await count(there)]).toEqual([before + 1, before + 1]);
      await author.send("DELETE", `/articles/${id}`);
      expect([await count(there), await count(here)]).toEqual([before, before]);
    }
  });

  test("following shows with both users, through both, and again is the same", async () => {
    const bob = await world.addUser("bob");
    const counts = async (gateway: { url: string }) => ({
      followers: (await client(gateway).get(`/users/${alice}`)).body.data.follower_count,
      followings: (await client(gateway, await bearer(bob)).get("/users/me")).body.data.following_count,
    });
    const reader = client(here, await bearer(bob));
    expect(await counts(there)).toEqual({ followers: 0, followings: 0 });
    for (const method of ["PUT", "PUT", "DELETE", "DELETE", "PUT"]) {
      expect((await reader.send(method, `/users/${alice}/follow`)).status).toBe(200);
      const following = method === "PUT" ? 1 : 0;
      for (const gateway of [there, here])
        expect(await counts(gateway)).toEqual({ followers: following, followings: following });
    }
  });

  test("a gateway whose messages from Redis do not come follows within two seconds all the same", async () => {
    const id = await publish({ title: "old" });
    const { proxy, redisUrl } = await world.redisProxy();
    const deaf = await world.openGateway({ ...FAULTY, recommenderAddress: "127.0.0.1:1", redisUrl });
    expect((await client(deaf).get(`/articles/${id}`)).body.data.title).toBe("old");
    proxy.blackhole();
    await author.send("PATCH", `/articles/${id}`, { body: { title: "new" } });
    await eventually(async () => expect((await client(deaf).get(`/articles/${id}`)).body.data.title).toBe("new"));
  });

  test("what Redis was not told it is told later, so that a gateway started then does not believe it", async () => {
    await using alone = await openWorld();
    const user = await bearer(await alone.addUser("alice"));
    const [id, other = 0n] = await alone.addArticles(2);
    const { proxy, redisUrl } = await alone.redisProxy();
    const cutOff = await alone.openGateway({ ...FAULTY, recommenderAddress: "127.0.0.1:1", redisUrl });
    const titleOf = async (article: bigint | undefined) =>
      (await client(cutOff).get(`/articles/${article}`)).body.data.title;
    expect([await titleOf(id), await titleOf(other)]).toEqual(["article 1", "article 2"]);
    proxy.blackhole();
    const edit = await client(cutOff, user).send("PATCH", `/articles/${id}`, { body: { title: "new" } });
    expect(edit.status).toBe(200);
    await alone.mysql.transaction(async (tx) => {
      await tx.write("UPDATE articles SET title = 'read', version = 2 WHERE id = ?", [other]);
      await appendChanges(tx, { topic: "article", subjectId: other, version: 2 });
    });
    await eventually(async () => expect(await titleOf(other)).toBe("read")); // its own reading of the changes finds Redis gone as well
    // Long enough ago for a gateway that starts now not to read it again.
    await alone.mysql.write("UPDATE changes SET created_at = created_at - 60000");
    proxy.heal();
    await eventually(async () => {
      await using fresh = await alone.openGateway({ recommenderAddress: "127.0.0.1:1" });
      expect((await client(fresh).get(`/articles/${id}`)).body.data.title).toBe("new");
    });
  });

  async function bothSee(id: string, article: object): Promise<void> {
    for (const gateway of [here, there]) {
      const answer = await client(gateway).get(`/articles/${id}`);
      expect(answer).toMatchObject({ status: 200, body: { data: { article_id: id, ...article } } });
    }
  }

  async function nextArticleId(): Promise<string> {
    const [row] = await world.mysql.query<{ next: string }>("SELECT COALESCE(MAX(id), 0) + 1 AS next FROM articles");
    return String(row?.next);
  }
});

describe("an Idempotency-Key", () => {
  const post = (key: string, fields: object = {}) =>
    author.post("/articles", draft(fields), { "idempotency-key": key });

  test("answers the same body with the same article, and publishes it once", async () => {
    const first = await post("same", { title: "once" });
    const again = await post("same", { title: "once" });
    expect(again).toMatchObject({ status: 201, body: first.body });
    expect(again.headers.get("location")).toBe(`/articles/${first.body.data.article_id}`);
    expect(await rowsTitled("once")).toBe(1);
  });

  test("is 422 with another body, 400 when it is not a sane one, and each author's own", async () => {
    await post("mine", { title: "first" });
    expect(await post("mine", { title: "second" })).toMatchObject({
      status: 422,
      body: { code: "FAILED_PRECONDITION" },
    });
    expect(await rowsTitled("second")).toBe(0);
    for (const bad of ["a b", "ä", "x".repeat(256), ""]) {
      const answer = await post(bad);
      expect(answer).toMatchObject({ status: 400, body: { errors: [{ field: "Idempotency-Key" }] } });
    }
    const carol = client(here, await bearer(await world.addUser("carol")));
    expect((await carol.post("/articles", draft({ title: "hers" }), { "idempotency-key": "mine" })).status).toBe(201);
  });

  test("is free again after 24 hours", async () => {
    const first = await post("old", { title: "yesterday" });
    await world.mysql.write(
      "UPDATE idempotency_keys SET created_at = created_at - 86400001 WHERE idempotency_key = 'old'",
    );
    const second = await post("old", { title: "today" });
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.body.data.article_id).not.toBe(first.body.data.article_id);
    expect((await post("old", { title: "today" })).body).toEqual(second.body);
  });

  test("is 409 while another request with it is running, which then counts", async () => {
    const both = await world.mysql.transaction(async (tx) => {
      await tx.query("SELECT * FROM user_statistics WHERE user_id = ? FOR UPDATE", [alice]); // holds the author's count
      const posts = [1, 2].map(() => post("running", { title: "slow" }));
      expect(await Promise.race(posts)).toMatchObject({ status: 409, body: { code: "ALREADY_EXISTS" } });
      return { posts };
    });
    const [first = 0, second] = (await Promise.all(both.posts)).map(({ status }) => status).sort();
    expect([201, 503]).toContain(second === 409 ? first : second); // on a busy machine, the wait was too long for the first
    expect([first, second]).toContain(409);
    expect((await post("running", { title: "slow" })).status).toBe(201);
    expect(await rowsTitled("slow")).toBe(1);
  });

  test("of 20 requests at once makes one article", async () => {
    for (let round = 1; round <= inFull(2, 5); round += 1) {
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => post(`rush ${round}`.replace(" ", "-"), { title: `rush ${round}` })),
      );
      const made = answers.filter(({ status }) => status === 201);
      expect(made.length).toBeGreaterThan(0);
      expect(new Set(made.map(({ body }) => body.data.article_id)).size).toBe(1);
      for (const { status } of answers) expect([201, 409]).toContain(status);
      expect(await rowsTitled(`rush ${round}`)).toBe(1);
    }
  });

  async function rowsTitled(title: string): Promise<number> {
    return (await world.mysql.query("SELECT id FROM articles WHERE title = ?", [title])).length;
  }
});

describe("what an article may be", () => {
  test.each([
    ["a title of 100 characters", { title: "标".repeat(100) }],
    ["a title of 100 emoji", { title: "😀".repeat(100) }],
    ["a title that is trimmed to 100", { title: ` ${"x".repeat(100)} ` }],
    ["a content of 65,535 bytes", { content: "x".repeat(65_535) }],
    ["a content of Chinese to the last byte", { content: "字".repeat(21_845) }],
    ["the largest channel given as a number", { channel_id: 103 }],
    ["three covers", { cover: ["/a.svg", "https://x.test/b.png", "/c"] }],
  ])("%s is taken and comes back as it was", async (_, fields) => {
    const id = await publish(fields);
    const { body } = await client(there).get(`/articles/${id}`);
    const { title, content, cover } = draft({ cover: [], ...fields }) as Record<string, unknown>;
    expect(body.data).toMatchObject({ title: String(title).trim(), content, cover });
  });

  test.each([
    ["title", { title: "x".repeat(101) }],
    ["title", { title: "😀".repeat(101) }],
    ["title", { title: "  " }],
    ["title", { title: "a\nb" }],
    ["title", { title: "a\u0000b" }],
    ["title", { title: "a\u2028b" }],
    ["title", { title: "\ud800" }],
    ["title", { title: 7 }],
    ["title", { title: undefined }],
    ["content", { content: "x".repeat(65_536) }],
    ["content", { content: "字".repeat(21_846) }],
    ["content", { content: " \n " }],
    ["content", { content: "a\u0000" }],
    ["content", { content: "\udc00" }],
    ["channel_id", { channel_id: 0 }],
    ["channel_id", { channel_id: 999 }],
    ["channel_id", { channel_id: "9223372036854775808" }],
    ["channel_id", { channel_id: 1e300 }],
    ["channel_id", { channel_id: -101 }],
    ["channel_id", { channel_id: "0101" }],
    ["cover", { cover: "/a" }],
    ["cover", { cover: ["/a", "/b", "/c", "/d"] }],
    ["cover[0]", { cover: ["javascript:alert(1)"] }],
    ["cover[1]", { cover: ["/a", "//evil.test/x"] }],
    ["cover[0]", { cover: [`/${"x".repeat(512)}`] }],
    ["author_id", { author_id: 9 }],
    ["__proto__", JSON.parse('{"__proto__": {"x": 1}}')],
  ])("%s that is not allowed is named: %j", async (field, fields) => {
    const body = JSON.stringify({ ...draft(), ...fields }).slice(0, -1);
    const raw = field === "__proto__" ? `${body},"__proto__":{"title":"x"}}` : `${body}}`;
    const answer = await author.send("POST", "/articles", { raw, headers: { "content-type": "application/json" } });
    expect(answer).toMatchObject({ status: 400, body: { code: "INVALID_ARGUMENT", errors: [{ field }] } });
  });
});

describe("who publishes", () => {
  test("a user whom only another token issuer knows can, and has a profile from then on, everywhere", async () => {
    const stranger = 77_000_000_001n;
    const token = await bearer(stranger);
    for (const gateway of [here, there]) expect((await client(gateway, token).get("/users/me")).status).toBe(404);
    expect((await client(here, token).post("/articles", draft())).status).toBe(201);
    for (const gateway of [here, there]) {
      const me = await client(gateway, token).get("/users/me");
      expect(me.body.data).toMatchObject({ user_id: String(stranger), article_count: 1 });
    }
  });

  test("nobody without a token, and nobody another's article", async () => {
    const id = await publish();
    const bob = client(here, await bearer(99n));
    for (const reader of [client(here), client(here, "Anony 7")]) {
      expect((await reader.post("/articles", draft())).status).toBe(401);
      expect((await reader.send("DELETE", `/articles/${id}`)).status).toBe(401);
    }
    expect((await bob.send("PATCH", `/articles/${id}`, { body: { title: "x" } })).status).toBe(403);
    expect((await bob.send("DELETE", `/articles/${id}`)).status).toBe(403);
    expect((await bob.send("DELETE", "/articles/9223372036854775807")).status).toBe(404);
    expect((await author.send("PATCH", `/articles/${id}`, { body: {} })).status).toBe(400);
  });

  test("with the largest id there is, and sign-ups go on", async () => {
    const largest = client(here, await bearer(9_223_372_036_854_775_807n));
    expect((await largest.post("/articles", draft())).status).toBe(201);
    const signUp = await client(here).post("/users", { name: "after the largest", password: "long enough" });
    expect(signUp).toMatchObject({ status: 201, body: { data: { name: "after the largest" } } });
  });
});
