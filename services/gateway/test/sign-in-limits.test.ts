import { openRedis, waitForRedis } from "@headline/redis";
import { createSignInLimit } from "@headline/redis/limits";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Answer, client, FAULTY, openWorld, type World } from "./open-world.js";

const NOWHERE = "127.0.0.1:1";
const PASSWORD = "correct horse";
/** Each takes a core for a while. */
const SIGN_UPS = 8;

let world: World;
let here: { url: string };
let there: { url: string };

beforeAll(async () => {
  world = await openWorld();
  [here, there] = await Promise.all([
    world.openGateway({ recommenderAddress: NOWHERE, trustProxy: 1 }),
    world.openGateway({ recommenderAddress: NOWHERE, trustProxy: 1 }),
  ]);
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

/** So many wrong passwords from an address already, as the gateways count them, without looking at any: that takes a core 20 ms each. */
async function wrongBefore(address: string, count: number): Promise<void> {
  const redis = openRedis(world.redis.url, { commandTimeoutMs: 10_000 });
  await waitForRedis(redis, 30_000);
  const limit = createSignInLimit(redis);
  for (let index = 0; index < count; index += 1)
    await limit({ name: `${address} before ${index}`, address }, async () => undefined);
  redis.disconnect();
}

const from = (address: string) => ({ "x-forwarded-for": address });
const signUp = (gateway: { url: string }, name: string, headers = {}) =>
  client(gateway).post("/users", { name, password: PASSWORD }, headers);
const signIn = (gateway: { url: string }, name: string, password: string, headers = {}) =>
  client(gateway).post("/authorizations", { name, password }, headers);

/** The statuses of this many, one after the other, turn and turn about. */
async function statuses(count: number, ask: (index: number) => Promise<Answer>): Promise<number[]> {
  const all: number[] = [];
  for (let index = 0; index < count; index += 1) all.push((await ask(index)).status);
  return all;
}

function expectTooMany(answer: Answer, within: { seconds: number }): void {
  expect(answer).toMatchObject({ status: 429, body: { code: "RESOURCE_EXHAUSTED", status: 429 } });
  expect(answer.headers.get("content-type")).toMatch(/^application\/problem\+json/);
  const retryAfter = Number(answer.headers.get("retry-after"));
  expect(retryAfter).toBeGreaterThan(within.seconds - 60);
  expect(retryAfter).toBeLessThanOrEqual(within.seconds);
}

describe("signing in", () => {
  test("after ten wrong passwords for a name, on all gateways together, waits, also with the right one", async () => {
    await signUp(here, "alice", from("10.0.0.1"));
    const guess = (index: number) =>
      signIn(index % 2 ? here : there, "alice", `guess ${index}`, from(`10.0.1.${index}`));
    expect(await statuses(11, guess)).toEqual([...Array(10).fill(401), 429]);
    expectTooMany(await signIn(here, "alice", PASSWORD, from("10.0.0.1")), { seconds: 900 });
    expectTooMany(await signIn(there, " alice ", PASSWORD, from("10.0.0.1")), { seconds: 900 });
  });

  test("rightly makes the count begin anew", async () => {
    await signUp(here, "bob", from("10.0.0.1"));
    for (const gateway of [here, there]) {
      expect(await statuses(9, () => signIn(gateway, "bob", "wrong", from("10.0.0.2")))).toEqual(Array(9).fill(401));
      expect((await signIn(gateway, "bob", PASSWORD, from("10.0.0.2"))).status).toBe(201);
    }
  });

  test("is refused for names that are not there as for those that are", async () => {
    expect(await statuses(11, () => signIn(here, "nobody", "wrong", from("10.0.0.3")))).toEqual([
      ...Array(10).fill(401),
      429,
    ]);
  });

  test("after a hundred wrong passwords from an address waits there, and nowhere else", async () => {
    await signUp(here, "carol", from("10.0.0.1"));
    await wrongBefore("10.0.0.4", 80);
    const guesses = await Promise.all(
      Array.from({ length: 5 }, (_, lane) =>
        statuses(6, (index) => signIn(index % 2 ? here : there, `${lane} ${index}`, "wrong", from("10.0.0.4"))),
      ),
    );
    expect(guesses.flat().filter((status) => status === 401)).toHaveLength(20);
    expectTooMany(await signIn(here, "carol", PASSWORD, from("10.0.0.4")), { seconds: 900 });
    expect((await signIn(here, "carol", PASSWORD, from("10.0.0.5"))).status).toBe(201);
  });

  test("counts where the proxy says who asks, whatever the reader says; without a proxy the connection", async () => {
    const lies = (index: number) => from(`10.9.9.${index}, 10.0.0.6`);
    await wrongBefore("10.0.0.6", 97);
    expect(await statuses(4, (index) => signIn(here, `lie ${index}`, "wrong", lies(index)))).toEqual([
      401, 401, 401, 429,
    ]);
    const direct = await world.openGateway({ recommenderAddress: NOWHERE });
    const claimed = (index: number) => signIn(direct, `claim ${index}`, "wrong", from(`10.8.8.${index}`));
    await wrongBefore("127.0.0.1", 97);
    expect(await statuses(4, claimed)).toEqual([401, 401, 401, 429]);
  });
});

describe("signing up", () => {
  test("is for so many from an address and hour, names that were taken included", async () => {
    await using one = await world.openGateway({ recommenderAddress: NOWHERE, trustProxy: 1, signUpsPerHour: SIGN_UPS });
    await using two = await world.openGateway({ recommenderAddress: NOWHERE, trustProxy: 1, signUpsPerHour: SIGN_UPS });
    const home = from("10.1.0.1");
    await client(one).post("/users", { name: "short", password: "short" }, home); // 400 is no sign-up
    const all = await statuses(SIGN_UPS + 1, (index) => {
      const person = { name: `many ${index >> 1}`, password: index % 2 ? "of another person" : PASSWORD };
      return client(index % 2 ? one : two).post("/users", person, home);
    });
    expect(all).toEqual([...Array.from({ length: SIGN_UPS }, (_, index) => (index % 2 ? 409 : 201)), 429]);
    expectTooMany(await signUp(one, "one more", home), { seconds: 3_600 });
    expect((await signUp(one, "from elsewhere", from("10.1.0.2"))).status).toBe(201);
    expect(await world.mysql.query("SELECT id FROM users WHERE name = 'one more'")).toEqual([]);
  });
});

describe("a Redis that is", () => {
  test("away limits on each gateway alone", async () => {
    await using alone = await openWorld();
    const gateway = await alone.openGateway({ recommenderAddress: NOWHERE });
    await signUp(gateway, "dave");
    await alone.redis.kill();
    expect((await signUp(gateway, "erin")).status).toBe(201);
    expect(await statuses(9, () => signIn(gateway, "dave", "wrong"))).toEqual(Array(9).fill(401));
    expect((await signIn(gateway, "dave", PASSWORD)).status).toBe(201);
    expect(await statuses(11, () => signIn(gateway, "dave", "wrong"))).toEqual([...Array(10).fill(401), 429]);
  });

  test("silent delays no sign-in beyond the budget of a request", async () => {
    const { proxy, redisUrl } = await world.redisProxy();
    const gateway = await world.openGateway({ recommenderAddress: NOWHERE, redisUrl, ...FAULTY });
    await signUp(gateway, "frank");
    proxy.blackhole();
    for (let index = 0; index < 12; index += 1) expect((await signIn(gateway, "frank", PASSWORD)).status).toBe(201); // 503 once the budget of a request is used up
  });
});
