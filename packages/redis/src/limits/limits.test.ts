import { CloseStack } from "@headline/service/lifecycle";
import { openProxy, throwawayRedis } from "@headline/testkit";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { openRedis, waitForRedis } from "../index.js";
import { createLimit, createSignInLimit, createWriteLimit, networkOf, type SignInLimit } from "./index.js";

const REFUSED = { code: "RESOURCE_EXHAUSTED" };
const resources = new CloseStack();
let redis: Awaited<ReturnType<typeof throwawayRedis>>;

beforeAll(async () => {
  redis = resources.use(await throwawayRedis());
});
afterAll(() => resources.close());

/** As patient as a busy machine needs: what counts is kept in Redis, not beside it. */
async function connect(url = redis.url, commandTimeoutMs = 10_000) {
  const client = openRedis(url, { commandTimeoutMs });
  resources.defer(() => client.disconnect());
  const limit = createSignInLimit(client);
  await waitForRedis(client, 30_000);
  return { client, limit };
}

const wrong = async () => undefined;
const right = async () => "who it is";

/** Results of so many attempts, one after the other. */
async function outcomes(limit: SignInLimit, count: number, attempt: { name: string; address: string }, check = wrong) {
  const all: unknown[] = [];
  for (let index = 0; index < count; index += 1) all.push(await limit(attempt, check).catch(({ code }) => code));
  return all;
}

test("the README's example holds", async () => {
  const client = openRedis(redis.url, { commandTimeoutMs: 10_000 });
  resources.defer(() => client.disconnect());
  const [detail, name] = ["too many sign-ups from here", "sign-ups"];
  const signUps = createLimit(client, { name, detail, times: 2, perSeconds: 3_600 });
  const attempt = createSignInLimit(client);
  await waitForRedis(client, 30_000);
  await signUps.take(networkOf("192.0.2.7"));
  await signUps.take(networkOf("192.0.2.7"));
  await expect(signUps.take(networkOf("192.0.2.7"))).rejects.toMatchObject({
    ...REFUSED,
    message: detail,
    retryAfterSeconds: expect.closeTo(3_600, -1),
  });
  expect(await attempt({ name: "alice", address: "192.0.2.7" }, async () => undefined)).toBeUndefined();
  expect(await attempt({ name: "alice", address: "192.0.2.7" }, async () => "alice")).toBe("alice");
});

describe("wrong passwords", () => {
  test("for a name are ten on all processes together, from wherever, and then no password is looked at", async () => {
    const [here, there] = [await connect(), await connect()];
    expect(await outcomes(here.limit, 6, { name: "bob", address: "10.0.0.1" })).toEqual(Array(6).fill(undefined));
    expect(await outcomes(there.limit, 5, { name: "bob", address: "10.0.0.2" })).toEqual([
      ...Array(4).fill(undefined),
      REFUSED.code,
    ]);
    let looked = false;
    const look = async () => {
      looked = true;
      return "bob";
    };
    await expect(here.limit({ name: "bob", address: "10.0.0.3" }, look)).rejects.toMatchObject({
      ...REFUSED,
      retryAfterSeconds: expect.closeTo(900, -1),
    });
    expect(looked).toBe(false);
    expect(await here.limit({ name: "carol", address: "10.0.0.1" }, right)).toBe("who it is");
  });

  test("are forgotten after a right one within the limit", async () => {
    const { limit } = await connect();
    const dave = { name: "dave", address: "10.0.1.1" };
    for (let again = 0; again < 3; again += 1) {
      expect(await outcomes(limit, 9, dave)).toEqual(Array(9).fill(undefined));
      expect(await limit(dave, right)).toBe("who it is");
    }
  });

  test("from an address are a hundred, whatever the names; right ones do not count, and do not make up for wrong ones", async () => {
    const { limit } = await connect();
    const from = (index: number) => ({ name: `name ${index}`, address: "2001:db8:7:7::1" });
    for (let index = 0; index < 150; index += 1) expect(await limit(from(index), right)).toBe("who it is");
    for (let index = 0; index < 100; index += 1) expect(await limit(from(index), wrong)).toBeUndefined();
    for (const address of ["2001:db8:7:7::1", "2001:db8:7:7:ffff::2"])
      await expect(limit({ name: "name 500", address }, right)).rejects.toMatchObject(REFUSED);
    expect(await outcomes(limit, 11, { name: "name 500", address: "2001:db8:7:8::1" })).toEqual([
      ...Array(10).fill(undefined),
      REFUSED.code, // what the address refused was given back to the name
    ]);
  });

  test("that come a thousand at once are ten as well", async () => {
    const { limit } = await connect();
    let looked = 0;
    const guess = async () => {
      looked += 1;
      return undefined;
    };
    const all = await Promise.allSettled(
      Array.from({ length: 1_000 }, (_, index) => limit({ name: "erin", address: `10.1.${index % 250}.1` }, guess)),
    );
    expect(looked).toBe(10);
    expect(all.filter(({ status }) => status === "rejected")).toHaveLength(990);
  });

  test("are not what could not be looked at", async () => {
    const { limit } = await connect();
    const frank = { name: "frank", address: "10.0.2.1" };
    const away = async () => {
      throw new Error("MySQL is away");
    };
    for (let index = 0; index < 150; index += 1) await expect(limit(frank, away)).rejects.toThrow("MySQL is away");
    expect(await limit(frank, right)).toBe("who it is");
  });
});

describe("a Redis that is", () => {
  test("away: each process counts for itself, at once, and a right password resets that", async () => {
    await using own = await throwawayRedis();
    const [here, there] = [await connect(own.url), await connect(own.url)];
    await own.kill();
    const gina = { name: "gina", address: "10.0.3.1" };
    expect(await outcomes(here.limit, 9, gina)).toEqual(Array(9).fill(undefined));
    expect(await here.limit(gina, right)).toBe("who it is");
    for (const { limit } of [here, there])
      expect(await outcomes(limit, 11, gina)).toEqual([...Array(10).fill(undefined), REFUSED.code]);
  });

  test("silent: attempts are judged all the same", async () => {
    const proxy = resources.use(await openProxy({ target: redis.target }));
    const { limit } = await connect(`redis://127.0.0.1:${proxy.port}`, 100);
    const henry = { name: "henry", address: "10.0.4.1" };
    expect(await limit(henry, right)).toBe("who it is");
    proxy.blackhole();
    for (let index = 0; index < 20; index += 1) {
      expect(await limit(henry, right)).toBe("who it is");
    }
  });
});

describe("writes", () => {
  test("go on being limited while Redis is away, by each process for itself", async () => {
    const proxy = resources.use(await openProxy({ target: redis.target }));
    const client = openRedis(`redis://127.0.0.1:${proxy.port}`, { commandTimeoutMs: 500 });
    resources.defer(() => client.disconnect());
    const limit = createWriteLimit(client, { name: "tests", rate: { reader: 2, network: 3 } });
    await waitForRedis(client, 30_000);
    await limit({ readerId: 1n, address: "192.0.2.50" });
    await proxy[Symbol.asyncDispose]();
    const outcomes = [];
    for (const readerId of [2n, 2n, 2n, 3n, 4n])
      outcomes.push(await limit({ readerId, address: "192.0.2.50" }).catch(({ code }) => code));
    expect(outcomes).toEqual([undefined, undefined, REFUSED.code, undefined, REFUSED.code]);
  });
});
