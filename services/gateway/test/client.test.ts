import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { type ClientOptions, createClient, Problem, type Session } from "@headline/client";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { build } from "esbuild";
import type { RunningGateway } from "../src/open-gateway.js";
import { openWorld, type World } from "./open-world.js";

const PASSWORD = "a long password";

describe("@headline/client", () => {
  let world: World;
  let gateway: RunningGateway;
  let carol: bigint;

  beforeAll(async () => {
    world = await openWorld();
    carol = await world.addUser("carol");
    await world.addArticles(12, { authorId: carol });
    ({ gateway } = await world.open());
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
  });

  const open = (options: ClientOptions = {}) => createClient({ url: gateway.url, ...options });
  const publications = async () =>
    (await world.mysql.query<{ n: number }>("SELECT COUNT(*) AS n FROM articles WHERE author_id <> ?", [carol]))[0]?.n;

  test("does what the README's example does", async () => {
    const client = open();
    await client.signUp("alice", PASSWORD);
    const { article_id: id } = await client.call("publish", {
      body: { title: "Hello", content: "World", channel_id: 101 },
    });
    const titles: string[] = [];
    for await (const page of client.feed({ channelId: 0, perPage: 5 }))
      titles.push(...page.results.map(({ title }) => title));
    expect(new Set(titles).size).toBe(titles.length);
    expect(titles).toEqual(expect.arrayContaining(["article 1", "article 12"]));
    await client.call("comment", { params: { id }, body: { content: "First!" } });
    expect((await client.call("comments", { params: { id } })).results).toMatchObject([
      { content: "First!", user_name: "alice" },
    ]);
  });

  test("needs nothing of Node, and is small", async () => {
    const { outputFiles } = await build({
      entryPoints: [fileURLToPath(new URL("../../../packages/client/src/index.ts", import.meta.url))],
      bundle: true,
      format: "esm",
      minify: true,
      platform: "browser",
      write: false,
    });
    expect(outputFiles[0]?.contents.length).toBeLessThan(12_000); // 4 kB compressed
  });

  test("is one guest, however many calls begin at once, and the same after a restart", async () => {
    const sessions: Session[] = [];
    const client = open({ onSession: (session) => void sessions.push(session) });
    await Promise.all([0, 101, 102].map((channelId) => client.feed({ channelId }).next()));
    expect(sessions).toEqual([{ anonymousId: expect.stringMatching(/^\d+$/) }]);
    const again = open({ session: client.session });
    await again.feed().next();
    expect(again.session).toEqual(sessions[0]);
  });

  test("renews a token that has run out, once for all who wait, and drops a session that is over", async () => {
    const bob = open();
    await bob.signUp("bob", PASSWORD);
    const renewals: string[] = [];
    const counting: typeof fetch = (to, init) => {
      if (init?.method === "PUT") renewals.push(String(to));
      return fetch(to, init);
    };
    const late = open({ session: { ...bob.session, token: "over.and.done" }, fetch: counting });
    const [me, orders] = await Promise.all([late.call("me"), late.call("orders")]);
    expect([me.name, orders.results]).toEqual(["bob", []]);
    expect(renewals).toHaveLength(1);

    const over = open({
      session: { ...bob.session, token: "over.and.done", refreshToken: "as.well.now", anonymousId: "7" },
    });
    const calls = await Promise.allSettled([over.call("me"), over.call("orders"), over.renew()]);
    expect(calls).toMatchObject(calls.map(() => ({ reason: { status: 401, code: "SIGNED_OUT" } })));
    expect(over.session).toEqual({ anonymousId: "7" });
  });

  test("calls in the name of the session that another tab has set, and names its user", async () => {
    const [flora, greg] = [open(), open()];
    await flora.signUp("flora", PASSWORD);
    await greg.signUp("greg", PASSWORD);
    expect(flora.session).toMatchObject({ userId: expect.any(String), name: "flora" });
    flora.setSession(greg.session);
    expect((await flora.call("me")).name).toBe("greg");
  });

  test("reports events without a name, in a request that outlives its page; once, where that is asked for", async () => {
    const requests: (RequestInit | undefined)[] = [];
    const client = open({
      fetch: (_, init) => {
        requests.push(init);
        return Promise.reject(new TypeError("fetch failed"));
      },
      session: { anonymousId: "7" },
    });
    const report = client.call(
      "reportEvents",
      { body: { events: [] } },
      { anonymous: true, keepalive: true, retriesMax: 0 },
    );
    await expect(report).rejects.toMatchObject({ status: 0, code: "NO_ANSWER" });
    expect(requests).toMatchObject([{ method: "POST", keepalive: true }]);
    expect(requests[0]?.headers).toEqual({ "content-type": "application/json" });
    await expect(client.call("channels")).rejects.toMatchObject({ code: "NO_ANSWER" });
    expect(requests).toHaveLength(4);
  });

  test("knows the time at the gateway, whatever the time here", async () => {
    const headers = { date: "Tue, 01 Jan 2030 00:00:00 GMT" };
    const client = open({ fetch: async () => Response.json({ data: { channels: [] } }, { headers }) });
    await client.call("channels");
    expect(new Date(client.now()).toISOString()).toMatch(/^2030-01-01T00:0/);
  });

  test("tells what was wrong", async () => {
    const client = open();
    await client.signIn("alice", PASSWORD);
    const refused = client.call("publish", { body: { title: "", content: "x", channel_id: 101 } });
    await expect(refused).rejects.toBeInstanceOf(Problem);
    await expect(refused).rejects.toMatchObject({
      status: 400,
      code: "INVALID_ARGUMENT",
      errors: [{ field: "title", detail: "must have 1 to 100 characters" }],
      requestId: expect.any(String),
    });
  });

  test("asks again after a lost answer, and publishes once", async () => {
    const client = open({ fetch: losing(1) });
    await client.signIn("alice", PASSWORD);
    const before = await publications();
    const { article_id } = await client.call("publish", { body: { title: "Once", content: "x", channel_id: 101 } });
    expect(BigInt(article_id)).toBeGreaterThan(0n);
    expect(Number(await publications())).toBe(Number(before) + 1);
  });

  test("asks for the same page again after a lost answer", async () => {
    const stamps: (string | null)[] = [];
    const lost = losing(1);
    const client = open({
      fetch: (to, init) => {
        stamps.push(new URL(String(to)).searchParams.get("timestamp"));
        return lost(to, init);
      },
    });
    const page = await client.call("feed", { query: { channel_id: 0 } });
    expect(page.results).toHaveLength(10);
    expect(stamps).toEqual([expect.any(String), stamps[0]]);
  });

  test("signs up once, asks again after a lost answer, and finds the name taken for everybody else", async () => {
    const dora = await open({ fetch: losing(1) }).signUp("dora", PASSWORD);
    expect((await open().signIn("dora", PASSWORD)).user_id).toBe(dora.user_id);
    await expect(open().signUp("dora", "a password of eve")).rejects.toMatchObject({ status: 409 });
    const found = await world.mysql.query("SELECT id FROM users WHERE name = 'dora'");
    expect(found).toHaveLength(1);
  });

  test("keeps the next refresh token, and ends the sign-in on the gateway when it signs out", async () => {
    const client = open();
    const { refresh_token } = await client.signUp("emma", PASSWORD);
    const late = open({ session: { ...client.session, token: "over.and.done" } });
    await late.call("me");
    const { refreshToken } = late.session;
    expect(refreshToken).not.toBe(refresh_token);
    expect(await late.signOut()).toBe(true);
    expect(late.session).toEqual({ anonymousId: undefined });
    await expect(open().call("renew", { body: { refresh_token: refreshToken as string } })).rejects.toMatchObject({
      status: 401,
    });
  });

  test("waits as long as it is told, and gives up when it is told", async () => {
    const silent = createServer(() => undefined).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const client = createClient({ url, attemptMs: 50, timeoutMs: 200 });
    await expect(client.call("channels")).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    const left = new Error("the reader left");
    const calling = client.call("channels", {}, { signal: AbortSignal.abort(left) });
    await expect(calling).rejects.toBe(left);
    silent.closeAllConnections();
    silent.close();
  });
});

/** A fetch whose first answers to anything but a sign-in arrive nowhere, though they were given. */
function losing(times: number): typeof fetch {
  let left = times;
  return async (to, init) => {
    const response = await fetch(to, init);
    if (String(to).endsWith("/authorizations") || left === 0) return response;
    left -= 1;
    throw new TypeError("fetch failed");
  };
}
