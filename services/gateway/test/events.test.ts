import { randomUUID } from "node:crypto";
import { type LandedEvent, readEvents } from "@headline/newsroom/events";
import { eventually } from "@headline/testkit";
import { BatchSigner, openTrackKeys } from "@headline/track-token";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Answer, bearer, client, openWorld, TRACK_SECRET, type World } from "./open-world.js";

let world: World;
let gateway: { url: string };
let alice: bigint;
let bob: bigint;
let ids: bigint[];

beforeAll(async () => {
  world = await openWorld();
  alice = await world.addUser("alice");
  bob = await world.addUser("bob");
  ids = await world.addArticles(20, { authorId: alice });
  ({ gateway } = await world.open());
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

const item = (type: string, token: string, more: object = {}) => ({
  id: randomUUID(),
  type,
  token,
  ts: Date.now(),
  ...more,
});
const upload = (events: readonly unknown[], authorization?: string): Promise<Answer> =>
  client(gateway, authorization).post("/events", { events });

/** A fresh page of somebody: the tokens of its articles, and that of the page. */
async function page(authorization: string) {
  const { body } = await client(gateway, authorization).get("/articles?channel_id=101&per_page=3");
  expect(body.data.results.length).toBeGreaterThan(0);
  return body.data as {
    exposure: string;
    results: { article_id: string; trace: Record<"click" | "collect" | "read" | "liking", string> }[];
  };
}

/** The tokens of a batch signed here, for what no page would have. */
function signed({ userId = bob, articleId = ids[0] as bigint, expiresInMs = 60_000, secret = TRACK_SECRET, ago = 5 }) {
  const stamp = Date.now() - ago;
  const expiresAtSeconds = Math.floor((Date.now() + expiresInMs) / 1_000);
  const signer = new BatchSigner(openTrackKeys(secret), { userId, channelId: 0, stamp, expiresAtSeconds, bucket: 1 });
  return { ...signer.article(articleId, 1, 0), exposure: signer.exposure(), stamp };
}

async function landed(userId: bigint): Promise<LandedEvent[]> {
  return (await readEvents(world.mysql, 0n, 10_000)).filter((event) => event.userId === userId);
}

const counts = (accepted: number, duplicates = 0, rejected: unknown[] = []) => ({
  status: 202,
  body: { message: "OK", data: { accepted, duplicates, rejected } },
});

describe("what a reader does with a page", () => {
  test("is accepted by its tokens, and lands with everything that learning needs", async () => {
    const authorization = await bearer(bob);
    const { exposure, results } = await page(authorization);
    const [first] = results;
    const ts = Date.now();
    const events = [
      item("exposure", exposure, { article_ids: [first?.article_id, Number(results[1]?.article_id)] }),
      item("click", first?.trace.click ?? "", { ts }),
      item("read", first?.trace.read ?? "", { duration_ms: 41_999.6, ts: Date.now() + 0.25 }),
    ];
    expect(await upload(events, authorization)).toMatchObject(counts(3));
    const mine = await landed(bob);
    expect(mine.map(({ kind, articleId }) => [kind, String(articleId)])).toEqual([
      ["exposure", first?.article_id],
      ["exposure", results[1]?.article_id],
      ["click", first?.article_id],
      ["read", first?.article_id],
    ]);
    expect(mine[1]).toMatchObject({ position: 1, channelId: 101, reason: expect.any(Number) });
    expect(mine[0]?.reason).toBe(mine[2]?.reason);
    expect(mine[2]).toMatchObject({ position: 0, happenedAtMs: ts, reason: expect.any(Number) });
    expect(mine[3]).toMatchObject({ durationMs: 42_000 });
    expect(new Set(mine.map(({ stamp }) => stamp)).size).toBe(1);

    expect(await upload(events)).toMatchObject(counts(0, 3)); // the same again, without a header
    const later = item("exposure", exposure); // all of the page: one article more than before
    expect(await upload([later])).toMatchObject(counts(1));
    expect(await landed(bob)).toHaveLength(3 + results.length - 1);
  });

  test("counts once for each user, article, batch and kind, however many uploads say so at once", async () => {
    const tokens = signed({ userId: 1_001n });
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => upload([item("click", tokens.click), item("click", tokens.click)])),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202));
    const sum = answers.reduce((total, { body }) => total + body.data.accepted, 0);
    expect(sum).toBe(1);
    expect(await landed(1_001n)).toHaveLength(1);
    const again = signed({ userId: 1_001n, ago: 60_000 }); // however long the uploads took, another moment
    expect(await upload([item("click", again.click)])).toMatchObject(counts(1)); // another batch
  });

  test("comes from guests as well, and by beacon: text/plain and no headers", async () => {
    const { results } = await page("Anony 77");
    const response = await fetch(`${gateway.url}/events`, {
      method: "POST",
      headers: { "content-type": "text/plain;charset=UTF-8" },
      body: JSON.stringify({ events: [item("click", results[0]?.trace.click ?? "")] }),
    });
    expect(response.status).toBe(202);
    expect(response.headers.get("x-anonymous-id")).toBeNull();
    expect(await response.json()).toEqual({ message: "OK", data: { accepted: 1, duplicates: 0, rejected: [] } });
    expect(await landed(-77n)).toHaveLength(1);
  });

  test("happened neither before it was served nor after it was told", async () => {
    const tokens = signed({ userId: 1_002n, ago: 60_000 });
    const beforeMs = Date.now();
    await upload([item("click", tokens.click, { ts: 0 }), item("read", tokens.read, { ts: Date.now() + 9e9 })]);
    const afterMs = Date.now();
    const [click, read] = await landed(1_002n);
    expect(click?.happenedAtMs).toBe(tokens.stamp);
    expect(read?.happenedAtMs).toBeGreaterThanOrEqual(beforeMs);
    expect(read?.happenedAtMs).toBeLessThanOrEqual(afterMs);
  });
});

describe("a token", () => {
  test("of another kind, expired, of a strange key or made up is refused, and the rest counts", async () => {
    const tokens = signed({ userId: 1_003n });
    const expired = signed({ userId: 1_003n, expiresInMs: -1_000 });
    const strange = signed({ userId: 1_003n, secret: "another secret, which nobody here has ever heard of" });
    const swapped = [...tokens.click.slice(0, -10), ...tokens.read.slice(-10)].join("");
    const answer = await upload([
      item("click", tokens.read),
      item("read", tokens.click),
      item("click", expired.click),
      item("click", strange.click),
      item("click", swapped),
      item("click", "v1.nonsense"),
      item("click", ""),
      item("exposure", tokens.click),
      item("click", tokens.exposure),
      item("click", tokens.click),
    ]);
    const not = "token does not count for this type";
    expect(answer).toMatchObject(
      counts(
        1,
        0,
        [
          not,
          not,
          "token has expired",
          "token is signed with a key that does not count any more",
          not,
          "token is not a token of this site",
          "token is missing",
          not,
          not,
        ].map((reason, index) => ({ index, reason })),
      ),
    );
    expect(await landed(1_003n)).toHaveLength(1);
  });

  test("is its reader's: not somebody else's who is signed in, nor another guest's", async () => {
    const tokens = signed({ userId: bob });
    const refused = { status: 400, body: { code: "INVALID_ARGUMENT" } };
    for (const authorization of [await bearer(alice), "Anony 5"]) {
      const answer = await upload([item("click", tokens.click)], authorization);
      expect(answer).toMatchObject(refused);
      expect(answer.body.errors).toEqual([{ field: "events[0].token", detail: "is another reader's" }]);
    }
    expect(await upload([item("click", tokens.click)], await bearer(bob))).toMatchObject(counts(1));
    expect((await upload([item("click", tokens.click)], "Bearer nonsense")).status).toBe(401);
  });

  test("of a page says nothing of articles that were not on it", async () => {
    const tokens = signed({ userId: 1_004n, articleId: ids[3] as bigint });
    const answer = await upload([item("exposure", tokens.exposure, { article_ids: [ids[3], ids[4]].map(String) })]);
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toEqual([{ field: "events[0].article_ids[1]", detail: "is not of this batch" }]);
  });

  test("signed with the secret before counts while that is named", async () => {
    const previous = "the tracking secret of the day before, long enough";
    const rotated = await world.openGateway({
      recommenderAddress: "127.0.0.1:1",
      trackSecretPrevious: previous,
    });
    const old = signed({ userId: 1_005n, secret: previous });
    const answer = await client(rotated).post("/events", { events: [item("click", old.click)] });
    expect(answer).toMatchObject(counts(1));
  });
});

describe("an upload", () => {
  test("has 1 to 100 events", async () => {
    const tokens = Array.from({ length: 100 }, (_, index) => signed({ userId: 1_006n, articleId: BigInt(index + 1) }));
    const events = tokens.map(({ click }) => item("click", click));
    expect(await upload(events)).toMatchObject(counts(100));
    for (const wrong of [[], [...events, events[0]]]) {
      const answer = await upload(wrong);
      expect(answer.status).toBe(400);
      expect(answer.body.errors).toEqual([{ field: "events", detail: "must have 1 to 100 events" }]);
    }
  });

  test("of which every item is refused is 400, and says of each why", async () => {
    const { click, read } = signed({ userId: 1_007n });
    const wrong: [unknown, string, string][] = [
      [null, "events[0]", "must be a JSON object"],
      [[], "events[1]", "must be a JSON object"],
      [{ ...item("click", click), id: "7" }, "events[2].id", "must be a UUID"],
      [item("share", click), "events[3].type", expect.stringContaining("must be one of exposure, click") as never],
      [{ ...item("click", click), ts: "now" }, "events[4].ts", expect.stringContaining("milliseconds") as never],
      [item("read", read, { duration_ms: -1 }), "events[5].duration_ms", expect.stringContaining("from 0") as never],
      [item("click", click, { duration_ms: 1 }), "events[6].duration_ms", "is for a read only"],
      [item("click", click, { article_ids: ["1"] }), "events[7].article_ids", "is for an exposure only"],
      [item("click", click, { durationMs: 1 }), "events[8].durationMs", "is not known here"],
      [item("click", 7 as never), "events[9].token", "must be a text"],
      [item("comment", click), "events[10].type", expect.stringMatching(/block, unblock$/) as never],
      [item("uncomment", click), "events[11].type", expect.stringMatching(/block, unblock$/) as never],
      [item("dislike", click, { why: "ugly" }), "events[12].why", "must be one of dull, seen, poor, old"],
      [item("dislike", click, { why: null }), "events[13].why", "must be one of dull, seen, poor, old"],
      [item("undislike", click, { why: "seen" }), "events[14].why", "is for a dislike only"],
      [item("click", click, { why: "seen" }), "events[15].why", "is for a dislike only"],
    ];
    const answer = await upload(wrong.map(([event]) => event));
    expect(answer).toMatchObject({ status: 400, body: { code: "INVALID_ARGUMENT" } });
    expect(answer.body.errors).toEqual(wrong.map(([, field, detail]) => ({ field, detail })));
    expect(await landed(1_007n)).toEqual([]);
  });

  test.each([
    ["nothing", 400, "", "application/json"],
    ["no list", 400, '{"events":{}}', "application/json"],
    ["another field", 400, '{"events":[{}],"more":1}', "application/json"],
    ["no JSON", 400, "events", "text/plain"],
    ["a form", 415, "events=1", "application/x-www-form-urlencoded"],
    ["too much", 413, "too much", "text/plain"],
  ])("with %s is %s", async (_, status, text, type) => {
    const raw = text === "too much" ? `{"events":["${"x".repeat(1_100_000)}"]}` : text;
    const answer = await client(gateway).send("POST", "/events", { raw, headers: { "content-type": type } });
    expect(answer.status).toBe(status);
    expect(answer.headers.get("content-type")).toMatch(/^application\/problem\+json/);
  });

  test("is safe to send again by several gateways", async () => {
    const { address } = await world.openRecommendation();
    const other = await world.openGateway({ recommenderAddress: address });
    const { click } = signed({ userId: 1_008n });
    const events = [item("click", click)];
    const answers = await Promise.all(
      [gateway, other, gateway, other].map((at) => client(at).post("/events", { events })),
    );
    expect(answers.map(({ body }) => body.data.accepted).sort()).toEqual([0, 0, 0, 1]);
    await eventually(async () => expect(await landed(1_008n)).toHaveLength(1));
  });
});
