import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { CloseStack } from "@headline/service/lifecycle";
import { eventually, turnableClock } from "@headline/testkit";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { bearer, client, JWT_SECRET, openWorld, type World } from "./open-world.js";

let world: World;
let gateway: { url: string };
let recommenderAddress: string;

beforeAll(async () => {
  world = await openWorld();
  await world.addUser("alice");
  await world.addArticles(30);
  const opened = await world.open();
  gateway = opened.gateway;
  recommenderAddress = opened.recommendation.address;
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

const FEED = "/articles?channel_id=101";
const nowSeconds = () => Math.floor(Date.now() / 1_000);

/** A token put together by hand, for what a library would not sign. */
function handMade(payload: unknown, { alg = "HS256", typ = "at+jwt", more = {}, secret = JWT_SECRET } = {}): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${part({ alg, typ, ...more })}.${part(payload)}`;
  const digest = alg === "HS512" ? "sha512" : "sha256";
  const signature = alg === "none" ? "" : createHmac(digest, secret).update(signed).digest("base64url");
  return `Bearer ${signed}.${signature}`;
}

const claims = (more: object = {}) => ({
  iss: "headline",
  aud: "headline",
  sub: "1",
  exp: nowSeconds() + 600,
  ...more,
});

describe("a Bearer token", () => {
  test("that is right counts, in any case of the scheme", async () => {
    const token = await bearer(1n);
    expect((await client(gateway, token).get("/users/me")).body.data).toMatchObject({ user_id: "1", name: "alice" });
    expect((await client(gateway, token.replace("Bearer", "bearer")).get("/users/me")).status).toBe(200);
    expect((await client(gateway, handMade(claims())).get("/users/me")).status).toBe(200);
    const several = handMade(claims({ aud: ["other", "headline"] }));
    expect((await client(gateway, several).get("/users/me")).status).toBe(200);
  });

  const bad: [string, () => string][] = [
    ["expired", () => handMade(claims({ exp: nowSeconds() - 1 }))],
    ["not yet valid", () => handMade(claims({ nbf: nowSeconds() + 600 }))],
    ["without exp", () => handMade({ ...claims(), exp: undefined })],
    ["exp 1e308", () => handMade(claims({ exp: 1e308 }))],
    ["exp a string", () => handMade(claims({ exp: String(nowSeconds() + 600) }))],
    ["a refresh token", () => handMade(claims(), { typ: "rt+jwt" })],
    ["typ JWT", () => handMade(claims(), { typ: "JWT" })],
    ["alg none", () => handMade(claims(), { alg: "none" })],
    ["HS512", () => handMade(claims(), { alg: "HS512" })],
    ["another secret", () => handMade(claims(), { secret: "x".repeat(40) })],
    ["unknown crit", () => handMade(claims(), { more: { crit: ["b64x"], b64x: true } })],
    ["another issuer", () => handMade(claims({ iss: "elsewhere" }))],
    ["another audience", () => handMade(claims({ aud: "elsewhere" }))],
    ["without audience", () => handMade({ ...claims(), aud: undefined })],
    ["without sub", () => handMade({ ...claims(), sub: undefined })],
    ["sub an object", () => handMade(claims({ sub: { toString: "1" } }))],
    ["sub a number", () => handMade(claims({ sub: 1 }))],
    ["sub 0", () => handMade(claims({ sub: "0" }))],
    ["sub negative", () => handMade(claims({ sub: "-1" }))],
    ["sub beyond int64", () => handMade(claims({ sub: "9223372036854775808" }))],
    ["sub with spaces", () => handMade(claims({ sub: " 1" }))],
    ["a payload that is a list", () => handMade([claims()])],
    ["a payload that is a text", () => handMade("1")],
    ["garbage", () => "Bearer a.b.c"],
    ["nothing", () => "Bearer"],
    ["two tokens", () => "Bearer a b"],
    ["Basic", () => "Basic dXNlcjpwYXNz"],
    ["Anony without an id", () => "Anony"],
    ["Anony with an odd id", () => "Anony a/b"],
    ["Anony with a long id", () => `Anony ${"x".repeat(65)}`],
  ];
  test.each(bad)("%s is 401, never a guest", async (_, authorization) => {
    const [reader] = [client(gateway, authorization())];
    for (const path of [FEED, "/articles/updates?channel_id=101&since=1", "/users/me"]) {
      const answer = await reader.get(path);
      expect(answer).toMatchObject({ status: 401, body: { code: "UNAUTHENTICATED" } });
      expect(answer.headers.get("www-authenticate")).toBe("Bearer");
      expect(answer.headers.get("x-anonymous-id")).toBeNull();
      expect(JSON.stringify(answer.body)).not.toMatch(/JWS|JWT|jose|signature verification/);
    }
    expect((await reader.post("/articles", { title: "t", content: "c", channel_id: 101 })).status).toBe(401);
  });

  test("that was good ends with its time", async () => {
    const clock = turnableClock(Date.now());
    const turned = await world.openGateway({ recommenderAddress, now: clock.now });
    const reader = client(turned, await bearer(1n, { exp: Math.floor(clock.now() / 1_000) + 60 }));
    expect((await reader.get("/users/me")).status).toBe(200);
    clock.advance(61_000);
    expect((await reader.get("/users/me")).status).toBe(401);
  });
});

describe("a guest", () => {
  const idsOf = async (authorization: string | undefined, query = "") => {
    const answer = await client(gateway, authorization).get(`${FEED}&per_page=5${query}`);
    expect(answer.status).toBe(200);
    return { answer, ids: answer.body.data.results.map((article: { article_id: string }) => article.article_id) };
  };

  test("is made up where there is none, told so, and has a history of its own from then on", async () => {
    const first = await idsOf(undefined);
    const id = first.answer.headers.get("x-anonymous-id");
    expect(id).toMatch(/^[1-9]\d{0,18}$/);
    const second = await idsOf(`Anony ${id}`);
    expect(second.answer.headers.get("x-anonymous-id")).toBeNull();
    expect(second.ids).toHaveLength(5);
    expect(second.ids.filter((article: string) => first.ids.includes(article))).toEqual([]);
    expect((await idsOf(undefined)).answer.headers.get("x-anonymous-id")).not.toBe(id);
  });

  test.each([
    "12",
    "-12",
    "9223372036854775807",
    "9223372036854775808",
    "0",
    "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
    "device.7:b_c",
  ])("may be called %s", async (id) => {
    const first = await idsOf(`Anony ${id}`);
    const second = await idsOf(`Anony ${id}`);
    expect(second.ids.filter((article: string) => first.ids.includes(article))).toEqual([]);
  });

  test("is never the user of the same number", async () => {
    await idsOf("Anony 555");
    const user = await idsOf(await bearer(555n));
    const { timestamp, pre_timestamp, exhausted } = user.answer.body.data;
    expect({ pre_timestamp, exhausted }).toEqual({ pre_timestamp: timestamp - 1, exhausted: false }); // a history that begins now
    expect((await client(gateway, "Anony 1").get("/users/me")).status).toBe(401);
  });
});

describe("signing up and in", () => {
  const anybody = () => client(gateway);

  test("gives an access token that counts and a refresh token that renews it, neither for the other", async () => {
    const signedUp = await anybody().post("/users", { name: " 小明 ", password: "correct horse" });
    expect(signedUp).toMatchObject({ status: 201, body: { data: { expires_in: 7_200 } } });
    const { user_id, token, refresh_token } = signedUp.body.data;
    const me = await client(gateway, `Bearer ${token}`).get("/users/me");
    expect(me.body.data).toMatchObject({ user_id, name: "小明", article_count: 0 });

    const signedIn = await anybody().post("/authorizations", { name: "小明", password: "correct horse" });
    expect(signedIn).toMatchObject({ status: 201, body: { data: { user_id } } });
    for (const renew of [
      () => anybody().send("PUT", "/authorizations", { body: { refresh_token } }),
      () => client(gateway, `Bearer ${refresh_token}`).send("PUT", "/authorizations"),
    ]) {
      const renewed = await renew();
      expect(renewed.status).toBe(201);
      expect((await client(gateway, `Bearer ${renewed.body.data.token}`).get("/users/me")).status).toBe(200);
    }
    expect((await client(gateway, `Bearer ${refresh_token}`).get("/users/me")).status).toBe(401);
    expect((await client(gateway, `Bearer ${token}`).send("PUT", "/authorizations")).status).toBe(401);
  });

  test("a name that is taken is 409, and of several at once one gets it", async () => {
    const answers = await Promise.all(
      Array.from({ length: 5 }, (_, at) => anybody().post("/users", { name: "rush", password: `long enough ${at}` })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409]);
    expect(await anybody().post("/users", { name: "alice", password: "long enough" })).toMatchObject({
      status: 409,
      body: { errors: [{ field: "name" }] },
    });
  });

  test("a wrong password and an unknown name are the same 401", async () => {
    await anybody().post("/users", { name: "known", password: "long enough" });
    const wrong = await anybody().post("/authorizations", { name: "known", password: "wrong enough" });
    const unknown = await anybody().post("/authorizations", { name: "unknown", password: "wrong enough" });
    const withoutPassword = await anybody().post("/authorizations", { name: "alice", password: "" });
    for (const answer of [wrong, unknown, withoutPassword]) {
      expect(answer).toMatchObject({ status: 401, body: { message: wrong.body.message } });
    }
  });

  test.each([
    ["name", { name: "" }],
    ["name", { name: "x".repeat(33) }],
    ["name", { name: "user 12" }],
    ["password", { password: "short" }],
    ["password", { password: "x".repeat(129) }],
  ])("refuses a %s like %j", async (field, fields) => {
    const answer = await anybody().post("/users", { name: "somebody", password: "long enough", ...fields });
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ field }] } });
  });
});

describe("with another issuer's keys", () => {
  const stack = new CloseStack();
  let keys: Awaited<ReturnType<typeof openIssuer>>;
  let site: { url: string };

  beforeAll(async () => {
    keys = await openIssuer();
    site = await world.openGateway({ recommenderAddress, tokenKeys: { jwksUrl: keys.url } });
  });
  afterAll(async () => {
    await stack.close();
  });

  async function openIssuer() {
    const { publicKey, privateKey } = await generateKeyPair("ES256");
    const jwk = { ...(await exportJWK(publicKey)), kid: "k1", alg: "ES256", use: "sig" };
    let broken = false;
    const server = createServer((_req, res) => {
      if (broken) res.writeHead(500).end();
      else res.setHeader("Content-Type", "application/json").end(JSON.stringify({ keys: [jwk] }));
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    stack.defer(() => server.close());
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`,
      setBroken: (value: boolean) => {
        broken = value;
      },
      token: (more: object = {}, kid = "k1") =>
        new SignJWT(claims(more)).setProtectedHeader({ alg: "ES256", typ: "at+jwt", kid }).sign(privateKey),
    };
  }

  test("their tokens count, ours and unknown keys do not", async () => {
    // A busy issuer may not answer in time with its keys.
    await eventually(async () =>
      expect((await client(site, `Bearer ${await keys.token()}`).get("/users/me")).status).toBe(200),
    );
    expect((await client(site, await bearer(1n)).get("/users/me")).status).toBe(401);
    expect((await client(site, `Bearer ${await keys.token({}, "k2")}`).get("/users/me")).status).toBe(401);
    expect((await client(site, `Bearer ${await keys.token({ aud: "x" })}`).get("/users/me")).status).toBe(401);
  });

  test("nobody signs up or in here, and nobody is made by trying", async () => {
    const eve = { name: "eve", password: "long enough" };
    for (const path of ["/users", "/authorizations"]) expect((await client(site).post(path, eve)).status).toBe(404);
    expect(await world.mysql.query("SELECT id FROM users WHERE name = 'eve'")).toEqual([]);
  });

  test("an issuer that does not answer is 503, not a bad token", async () => {
    const issuer = await openIssuer();
    for (const jwksUrl of ["http://127.0.0.1:1/jwks.json", issuer.url]) {
      issuer.setBroken(true);
      const lost = await world.openGateway({ recommenderAddress, tokenKeys: { jwksUrl } });
      const answer = await client(lost, `Bearer ${await keys.token()}`).get("/users/me");
      expect(answer).toMatchObject({ status: 503, body: { code: "UNAVAILABLE" } });
      expect((await client(lost, "Anony 4").get(FEED)).status).toBe(200);
    }
  });
});
