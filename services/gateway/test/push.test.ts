import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout } from "node:timers/promises";
import { appendChanges, type Change } from "@headline/newsroom/changes";
import { addNotification } from "@headline/newsroom/notifications";
import { eventually, turnableClock } from "@headline/testkit";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { SignJWT } from "jose";
import { unhandledDuring } from "./load.js";
import { openSwitch } from "./open-switch.js";
import { bearer, type Client, client, FAULTY, openWorld, type World } from "./open-world.js";
import { connected, type PushClient, pushClient } from "./push-client.js";
import { rawRequest } from "./raw-request.js";
import { startGatewayProcess, startJobsProcess } from "./service-process.js";

const recommenderAddress = "127.0.0.1:1";
let world: World;
let one: { url: string; port: number };
let two: { url: string; port: number };
let names = 0;

beforeAll(async () => {
  world = await openWorld();
  const push = { updatesEveryMs: 300 };
  const promotionTerms = { timeoutMs: 1_500 };
  one = await world.openGateway({ recommenderAddress, push, promotionTerms });
  two = await world.openGateway({ recommenderAddress, push, promotionTerms });
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

interface Person {
  readonly id: bigint;
  readonly name: string;
  readonly token: string;
  readonly http: Client;
}

async function person(at = one): Promise<Person> {
  names += 1;
  const name = `person ${names}`;
  const id = await world.addUser(name);
  const token = await bearer(id);
  return { id, name, token, http: client(at, token) };
}

/** Somebody new follows: one more notification. Answers the follower's id. */
async function follow({ id }: Person, at = one): Promise<string> {
  const reader = await person(at);
  expect((await reader.http.send("PUT", `/users/${id}/follow`)).status).toBe(200);
  return String(reader.id);
}
const followers = (told: readonly { subject_id: string }[]) => told.map(({ subject_id }) => subject_id);
/** The followers a client learns of that has seen `last`: the same may come again, also from the table, a second later. */
const newSince = (last: string, told: readonly { id: string; subject_id: string }[]) => [
  ...new Set(followers(told.filter(({ id }) => id !== last))),
];
const ofKind = (device: PushClient, wanted: string) =>
  eventually(() => {
    const found = device.told("notification").find(({ kind }) => kind === wanted);
    expect(found).toBeDefined();
    return found;
  });
/** Resolves when both gateways have read in the table what was changed by now: they hear of what was written behind it, and of which no message tells. */
async function changesRead(): Promise<void> {
  const { id, token } = await person();
  using here = await connected(one, { token });
  using there = await connected(two, { token });
  await world.mysql.transaction(async (tx) => {
    const notification = { userId: id, kind: "followed", subjectId: 7n, actorId: 7n } as const;
    await appendChanges(tx, ...(await addNotification(tx, notification)));
  });
  await Promise.all([here.hears("notification"), there.hears("notification")]);
}
/** A receipt is on its way meanwhile. */
const RECEIPT = { everyMs: 200 };
const write = ({ http }: Person, to: Person, text = "hello") =>
  http.post(`/conversations/${to.id}/messages`, { text, client_id: randomUUID() });

test("two installations on two databases of one Redis hear nothing of each other", async () => {
  await using other = await openWorld();
  const reader = await person();
  await other.mysql.write("INSERT INTO users (id, name, created_at) VALUES (?, 'the same id', 1)", [reader.id]);
  await using there = await other.openGateway({ recommenderAddress, redisUrl: `unix://${world.redis.path}?db=1` });
  using ours = await connected(one, { token: reader.token });
  using theirs = await connected(there, { token: reader.token });
  await follow(reader);
  await ours.hears("notification");
  const follower = 9_000_000n; // an id that means nothing in the other installation
  await other.mysql.write("INSERT INTO users (id, name, created_at) VALUES (?, 'their follower', 1)", [follower]);
  expect((await client(there, await bearer(follower)).send("PUT", `/users/${reader.id}/follow`)).status).toBe(200);
  const heard = await theirs.hears("notification");
  expect([...new Set(followers(heard))]).toEqual([String(follower)]);
  expect(followers(ours.told("notification"))).not.toContain(String(follower));
});

describe("what happens on one gateway", () => {
  test("reaches the user's sockets on every gateway, as GET /notifications shows it, once, and nobody else's", async () => {
    const author = await person();
    const other = await person();
    using here = await connected(one, { token: author.token });
    using there = await connected(two, { token: author.token.replace("Bearer ", "") });
    using stranger = await connected(two, { token: other.token });
    await follow(author);
    const [shown] = (await author.http.get("/notifications")).body.data.results;
    expect(await here.hears("notification")).toEqual([shown]);
    expect(await there.hears("notification")).toEqual([shown]);
    await changesRead(); // the change comes once more, from the table
    expect([here, there].map((device) => device.told("notification").length)).toEqual([1, 1]);
    expect(stranger.told("notification")).toEqual([]);
    expect(here.told("welcome")).toEqual([
      { user_id: String(author.id), server_time: expect.any(Number), expires_at: expect.any(Number) },
    ]);
  });

  test("is not pushed when it did not come to be", async () => {
    const author = await person();
    using device = await connected(two, { token: author.token });
    await expect(
      world.mysql.transaction(async (tx) => {
        await addNotification(tx, { userId: author.id, kind: "followed", subjectId: 7n, actorId: 7n });
        throw new Error("rolled back");
      }),
    ).rejects.toThrow("rolled back");
    const follower = await follow(author);
    expect(followers(await device.hears("notification"))).toEqual([follower]);
  });
});

describe("the job service", () => {
  test("tells who ordered of a cancelled order, and followers of a new article, on whichever gateway they are", async () => {
    await using _jobs = await startJobsProcess(world);
    const author = await person();
    const readers = [await person(), await person()];
    for (const reader of readers) await reader.http.send("PUT", `/users/${author.id}/follow`);
    using mine = await connected(two, { token: author.token });
    using first = await connected(one, { token: readers[0]?.token });
    using second = await connected(two, { token: readers[1]?.token });

    const [article] = await world.addArticles(1, { authorId: author.id });
    const { body } = await author.http.post("/orders", { article_id: String(article) });
    expect(body.data.status).toBe("unpaid");
    expect(await ofKind(mine, "order_cancelled")).toMatchObject({
      subject_id: body.data.order_id,
      title: "article 1",
    });

    const draft = { title: "Fresh", content: "…", channel_id: 101 };
    const published = await author.http.post("/articles", draft);
    for (const device of [first, second])
      expect(await ofKind(device, "new_article")).toMatchObject({
        subject_id: published.body.data.article_id,
        actor_name: author.name,
        title: "Fresh",
      });

    const later = await author.http.post("/articles", { ...draft, title: "Later", publish_at: Date.now() + 3_000 });
    expect(await ofKind(mine, "article_published")).toMatchObject({ subject_id: later.body.data.article_id });
  });
});

describe("a client that was away", () => {
  test("asks with the last it saw, and misses nothing, in order", async () => {
    const author = await person();
    const friend = await person();
    const before = await connected(one, { token: author.token });
    await follow(author);
    const [{ id: last }] = await before.hears("notification");
    await write(friend, author, "before");
    const [{ message_id: lastMessage }] = await before.hears("message");
    before[Symbol.dispose]();
    const missed: string[] = [];
    for (let index = 0; index < 3; index += 1) missed.push(await follow(author));
    await write(friend, author, "while away");
    using after = await connected(two, { token: author.token });
    const answer = await after.ask("catch_up", { last_notification_id: last, last_message_id: lastMessage });
    expect(answer.data).toEqual({
      unread: 4,
      notifications: { sent: 3, more: false },
      messages: { sent: 1, more: false },
    });
    expect(newSince(last, after.told("notification")).sort()).toEqual([...missed].sort());
    expect(followers(after.told("notification")).join()).toContain(missed.join());
    expect(
      new Set(
        after
          .told("message")
          .map(({ text }) => text)
          .filter((text) => text !== "before"),
      ),
    ).toEqual(new Set(["while away"]));
    expect(await after.ask("catch_up")).toMatchObject({ data: { unread: 4, notifications: { sent: 0 } } });
  });

  test("gets what has a lower id and was committed later", async () => {
    const author = await person();
    let slow = Promise.resolve();
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    await new Promise<void>((begun) => {
      slow = world.mysql.transaction(async (tx) => {
        await tx.write(
          `INSERT INTO notifications (user_id, kind, subject_id, actor_id, created_at)
           VALUES (?, 'followed', 900000001, 900000001, UNIX_TIMESTAMP(NOW(3)) * 1000)`,
          [author.id],
        );
        begun();
        await released;
      });
    });
    await follow(author);
    const [{ id: last }] = (await author.http.get("/notifications")).body.data.results;
    release();
    await slow;
    using device = await connected(one, { token: author.token });
    expect((await device.ask("catch_up", { last_notification_id: last })).data.notifications.sent).toBe(1);
    expect(newSince(last, device.told("notification"))).toEqual(["900000001"]);
  });

  test("gets the newest hundred, and is told that there are more", async () => {
    const author = await person();
    const values = Array.from({ length: 130 }, (_, index) => `(${author.id}, 'liked', ${index + 1}, 900000001, 1)`);
    const { insertId: first } = await world.mysql.write(
      `INSERT INTO notifications (user_id, kind, subject_id, actor_id, created_at) VALUES ${values.join(",")}`,
    );
    using device = await connected(one, { token: author.token });
    const { data } = await device.ask("catch_up", { last_notification_id: String(first) });
    expect(data).toMatchObject({ unread: 130, notifications: { sent: 100, more: true } });
    expect(followers(device.told("notification")).map(Number)).toEqual(Array.from({ length: 100 }, (_, i) => i + 31));
  });

  test("loses nothing when its gateway is killed", async () => {
    await using first = await startGatewayProcess(world, { recommenderAddress });
    await using second = await startGatewayProcess(world, { recommenderAddress });
    await using entry = await openSwitch(first.url);
    const author = await person();
    using device = await connected(entry, { token: author.token });
    const expected = [await follow(author)];
    const [{ id: last }] = await device.hears("notification");
    entry.to(second.url);
    await first.kill();
    expected.push(await follow(author)); // on yet another gateway
    await device.hears("welcome", 2);
    await device.ask("catch_up", { last_notification_id: last });
    expected.push(await follow(author));
    await eventually(() => expect([...new Set(followers(device.told("notification")))]).toEqual(expected));
  });
});

describe("Redis away", () => {
  test("HTTP and push go on, by the table, and receipts are back after its return", async () => {
    await using alone = await openWorld();
    const push = { updatesEveryMs: 300 };
    const here = await alone.openGateway({ recommenderAddress, push });
    const there = await alone.openGateway({ recommenderAddress, push });
    const unhandled = await unhandledDuring(async () => {
      const [alice, bob, carol] = [
        await alone.addUser("alice"),
        await alone.addUser("bob"),
        await alone.addUser("carol"),
      ];
      const asAlice = client(here, await bearer(alice));
      const asBob = client(here, await bearer(bob));
      const asCarol = client(here, await bearer(carol));
      using device = await connected(there, { token: await bearer(alice) });
      using sender = await connected(here, { token: await bearer(bob) });
      const text = () => ({ text: "hello", client_id: randomUUID() });
      await asBob.post(`/conversations/${alice}/messages`, text());
      await sender.hears("delivered");

      await alone.redis.kill();
      expect((await asBob.send("PUT", `/users/${alice}/follow`)).status).toBe(200);
      await device.hears("notification", 1);
      expect((await asBob.post(`/conversations/${alice}/messages`, text())).status).toBe(201);
      await device.hears("message", 2);
      expect((await asAlice.get("/notifications")).body.data.unread).toBe(1);
      expect((await asAlice.get("/conversations")).body.data.results[0].unread).toBe(2);
      using late = await connected(there, { token: await bearer(alice) });
      expect((await late.ask("catch_up", { last_notification_id: "0" })).data.notifications.sent).toBe(1);

      await alone.redis.restart();
      const delivered = sender.told("delivered").length;
      await eventually(async () => {
        await asBob.post(`/conversations/${alice}/messages`, text());
        expect(sender.told("delivered").length).toBeGreaterThan(delivered);
      }, RECEIPT);
      await asCarol.send("PUT", `/users/${alice}/follow`);
      await device.hears("notification", 2);
    });
    expect(unhandled).toEqual([]);
  });
});

describe("a half-open link to Redis", () => {
  test.each(["blackhole", "dropReplies"] as const)(
    "%s: push goes on by the table, and by messages after healing",
    async (fault) => {
      const { proxy, redisUrl } = await world.redisProxy();
      const cutOff = await world.openGateway({ ...FAULTY, recommenderAddress, redisUrl });
      const author = await person();
      const sender = await person();
      const unhandled = await unhandledDuring(async () => {
        using device = await connected(cutOff, { token: author.token });
        using writer = await connected(one, { token: sender.token });
        await write(sender, author);
        await writer.hears("delivered");
        proxy[fault]();
        await follow(author);
        await device.hears("notification", 1);
        expect((await write({ ...author, http: client(cutOff, author.token) }, sender)).status).toBe(201);
        await writer.hears("message", 2);
        proxy.heal();
        const delivered = writer.told("delivered").length;
        await eventually(async () => {
          await write(sender, author);
          expect(writer.told("delivered").length).toBeGreaterThan(delivered);
        }, RECEIPT);
      });
      expect(unhandled).toEqual([]);
    },
  );
});

describe("MySQL away from a gateway", () => {
  test("what it could not read is sent after its return", async () => {
    const { proxy, mysqlUrl } = await world.mysqlProxy();
    const cutOff = await world.openGateway({ ...FAULTY, recommenderAddress, mysqlUrl });
    const author = await person();
    using device = await connected(cutOff, { token: author.token });
    const expected = [await follow(author)];
    await device.hears("notification");
    proxy.blackhole();
    expected.push(await follow(author));
    const answer = await device.ask("catch_up", { last_notification_id: "0" });
    expect(answer.error).toMatchObject({ code: "UNAVAILABLE", retry_after_ms: expect.any(Number) });
    expect(device.told("notification")).toHaveLength(1);
    proxy.heal();
    await device.hears("notification", 2);
    expect(followers(device.told("notification"))).toEqual(expected);
  });
});

describe("updates", () => {
  test("tell readers and guests how many articles wait in the channel they watch, gathered, and not their own", async () => {
    const author = await person();
    const since = Date.now() - 1;
    using guest = await connected(two, { anonymous_id: "device-1" });
    using everywhere = await connected(two);
    using mine = await connected(one, { token: author.token });
    expect(await guest.ask("watch", { channel_id: 102, since })).toEqual({ data: { channel_id: "102", since } });
    await everywhere.ask("watch", { channel_id: "0", since });
    await mine.ask("watch", { channel_id: 102, since });
    const ids = await world.addArticles(5, { authorId: author.id, channelId: 102 });
    await world.mysql.write("UPDATE articles SET published_at = ? WHERE author_id = ?", [Date.now(), author.id]);
    await world.mysql.transaction((tx) =>
      appendChanges(tx, ...ids.map((subjectId): Change => ({ topic: "article", subjectId, version: 1 }))),
    );
    const lastOf = (device: { told(event: string): { count: number }[] }) => device.told("updates").at(-1)?.count;
    await eventually(() => expect([lastOf(guest), lastOf(everywhere)]).toEqual([5, 5]));
    expect(guest.told("updates").at(-1)).toEqual({ channel_id: "102", count: 5 });
    expect(guest.told("updates").length).toBeLessThanOrEqual(2);
    expect(mine.told("updates")).toEqual([]);
    await guest.ask("unwatch");
    await author.http.post("/articles", { title: "news", content: "x", channel_id: 102 });
    await eventually(() => expect(lastOf(everywhere)).toBe(6));
    expect(lastOf(guest)).toBe(5);
  });

  test.each([
    [{ channel_id: 999, since: 1 }, "INVALID_ARGUMENT"],
    [{ channel_id: 102 }, "INVALID_ARGUMENT"],
    [{ channel_id: -1, since: 1 }, "INVALID_ARGUMENT"],
    [{ channel_id: null, since: 1 }, "INVALID_ARGUMENT"],
    [{ channel_id: [], since: 1 }, "INVALID_ARGUMENT"],
    [{ channel_id: true, since: 1 }, "INVALID_ARGUMENT"],
    [{ channel_id: "9223372036854775807", since: 1 }, "INVALID_ARGUMENT"],
    [{ channel_id: 102, since: "1" }, "INVALID_ARGUMENT"],
    [{ channel_id: 102, since: -1 }, "INVALID_ARGUMENT"],
    [[], "INVALID_ARGUMENT"],
    ["102", "INVALID_ARGUMENT"],
  ])("%j cannot be watched", async (asked, code) => {
    using guest = await connected(one);
    expect((await guest.ask("watch", asked)).error.code).toBe(code);
  });

  test("guests have nothing to catch up with", async () => {
    using guest = await connected(one);
    expect((await guest.ask("catch_up")).error.code).toBe("UNAUTHENTICATED");
    expect((await guest.ask("renew", { token: "x" })).error.code).toBe("UNAUTHENTICATED");
    expect((await guest.ask("no_such_thing")).error.code).toBe("NOT_FOUND");
  });
});

describe("a token", () => {
  const forged = () =>
    new SignJWT({ iss: "headline", aud: "headline", sub: "1", exp: Math.floor(Date.now() / 1_000) + 60 })
      .setProtectedHeader({ alg: "HS256", typ: "at+jwt" })
      .sign(new TextEncoder().encode("the signing secret of somebody else, long enough"));

  test("that is forged, expired, of another kind or no token at all is refused, and says why", async () => {
    const bad = [
      await forged(),
      await bearer(1n, { exp: Math.floor(Date.now() / 1_000) - 1 }),
      await bearer(1n, {}, { typ: "rt+jwt" }),
      await bearer(1n, { aud: "elsewhere" }),
      "nonsense",
      "",
      7,
      null,
      { sub: "1" },
    ];
    for (const token of bad)
      await expect(connected(one, { token })).rejects.toMatchObject({
        data: { code: "UNAUTHENTICATED", message: expect.stringMatching(/token/) },
      });
    for (const anonymous_id of ["", 7, null, "a b", "x".repeat(65)])
      await expect(connected(one, { anonymous_id })).rejects.toMatchObject({ data: { code: "UNAUTHENTICATED" } });
  });

  test("that expires ends the connection, unless it is renewed in time", async () => {
    const author = await person();
    const other = await person();
    const clock = turnableClock(Date.now());
    const turned = await world.openGateway({ recommenderAddress, now: clock.now });
    const exp = Math.floor(clock.now() / 1_000) + 60;
    const [short, long] = [await bearer(author.id, { exp }), await bearer(author.id, { exp: exp + 600 })];
    using leaves = await connected(turned, { token: short });
    using stays = await connected(turned, { token: short });
    await stays.hears("expiring");
    expect(stays.told("expiring")).toEqual([{ expires_at: exp * 1_000 }]);
    expect((await stays.ask("renew", { token: other.token })).error.code).toBe("PERMISSION_DENIED");
    expect((await stays.ask("renew", { token: await forged() })).error.code).toBe("UNAUTHENTICATED");
    expect((await stays.ask("renew", { token: long })).data.expires_at).toBe((exp + 600) * 1_000);
    expect(leaves.told("disconnect")).toEqual([]);
    clock.advance(61_000);
    await leaves.hears("disconnect");
    expect(leaves.told("expired")).toMatchObject([{ code: "UNAUTHENTICATED" }]);
    expect(leaves.told("disconnect")).toEqual(["io server disconnect"]);
    const follower = await follow(author);
    expect(followers(await stays.hears("notification"))).toEqual([follower]);
    expect(leaves.told("notification")).toEqual([]);
  });
});

describe("limits", () => {
  test("ten connections a user, and the eleventh is told so", async () => {
    const author = await person();
    const devices = await Promise.all(Array.from({ length: 10 }, () => connected(one, { token: author.token })));
    await expect(connected(one, { token: author.token })).rejects.toMatchObject({
      data: { code: "RESOURCE_EXHAUSTED", retry_after_ms: expect.any(Number) },
    });
    devices.pop()?.[Symbol.dispose]();
    await eventually(async () => devices.push(await connected(one, { token: author.token })));
    for (const device of devices) device[Symbol.dispose]();
  });

  test("ten, too, when they all come at the same moment", async () => {
    const author = await person();
    const devices = Array.from({ length: 15 }, () => pushClient(one, { token: author.token }, { reconnection: false }));
    await eventually(() => {
      const settled = devices.filter(({ told }) => told("welcome").length + told("connect_error").length > 0);
      const ended = devices.filter(({ told }) => told("disconnect").length > 0);
      expect(new Set([...settled, ...ended]).size).toBe(15);
    });
    await eventually(() => expect(devices.filter(({ socket }) => socket.connected)).toHaveLength(10));
    for (const device of devices) device[Symbol.dispose]();
  });

  test("more than 16 kB in one message ends the connection; the others go on", async () => {
    using big = await connected(one);
    using other = await connected(one);
    big.socket.io.opts.reconnection = false;
    big.socket.emit("watch", "x".repeat(20_000));
    await big.hears("disconnect");
    expect((await other.ask("watch", { channel_id: 102, since: 1 })).data).toBeDefined();
  });

  test("a flood is first refused and then cut", async () => {
    using flooding = await connected(one);
    const answers = await Promise.all(Array.from({ length: 40 }, () => flooding.ask("unwatch")));
    const refused = answers.filter(({ error }) => error?.code === "RESOURCE_EXHAUSTED");
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0].error.retry_after_ms).toBeGreaterThan(0);
    for (let index = 0; index < 400; index += 1) flooding.socket.emit("unwatch");
    await flooding.hears("disconnect");
  });

  test("who says nothing after connecting is cut", async () => {
    const { status } = await rawRequest(one.port, upgradeRequest(one.port));
    expect(status).toBe(101);
  });

  test("whoever asks and takes nothing is cut, whatever waits for them; the others go on", async () => {
    const author = await person();
    const friend = await person();
    const values = Array.from(
      { length: 100 },
      (_, index) =>
        `(${friend.id}, ${author.id}, ${friend.id}, ${author.id}, UNHEX(LEFT(SHA2(${index}, 256), 32)), REPEAT('字', 1000), 1)`,
    );
    await world.mysql.write(
      `INSERT INTO messages (low_id, high_id, sender_id, recipient_id, client_id, content, created_at) VALUES ${values.join(",")}`,
    );
    using fine = await connected(one, { token: author.token });
    const slow = connect(one.port, "127.0.0.1");
    slow.on("error", () => undefined);
    slow.write(upgradeRequest(one.port));
    await once(slow, "data");
    slow.write(frame(`40${JSON.stringify({ token: author.token })}`));
    await once(slow, "data");
    slow.pause();
    const cut = new Promise((resolve) => slow.once("close", resolve)); // as a rule after an error
    let asked = 0;
    for (; asked < 100 && !slow.destroyed; asked += 1) {
      slow.write(frame(`420["catch_up",{"last_message_id":"0"}]`)); // 330 kB
      await setTimeout(100);
    }
    await cut;
    console.log(`cut after asking ${asked} times`);
    expect((await fine.ask("catch_up")).data).toBeDefined();
  });

  test("pages of other sites may not connect, unless they are named", async () => {
    const gateway = await world.openGateway({ recommenderAddress, push: { origins: ["https://news.example"] } });
    const from = (origin: string) =>
      rawRequest(gateway.port, upgradeRequest(gateway.port, origin), { untilAnswer: true });
    expect((await from("https://evil.example")).status).toBe(403);
    expect((await from("null")).status).toBe(403);
    for (const line of ["X-Content-Type-Options: nosniff", "Referrer-Policy: same-origin"])
      expect((await from("null")).headers).toContain(`\r\n${line}\r\n`);
    expect(JSON.parse((await from("https://evil.example")).body)).toMatchObject({ code: "PERMISSION_DENIED" });
    expect((await from("https://news.example")).status).toBe(101);
    expect((await from(`http://127.0.0.1:${gateway.port}`)).status).toBe(101);
  });

  test("a gateway that is full says so with 503", async () => {
    const gateway = await world.openGateway({ recommenderAddress, push: { socketsMax: 1 } });
    using _first = await connected(gateway);
    expect((await rawRequest(gateway.port, upgradeRequest(gateway.port))).status).toBe(503);
    expect((await client(gateway).get("/channels")).status).toBe(200);
  });

  test("nonsense over a socket hurts nobody", async () => {
    const author = await person();
    using fine = await connected(one, { token: author.token });
    for (const asked of [null, 0, "", [], { last_notification_id: -1 }, { last_notification_id: "x" }, { more: 1 }])
      expect([asked, Object.keys(await fine.ask("catch_up", asked))]).toEqual([
        asked,
        [asked === null ? "data" : "error"],
      ]);
    for (const junk of ["", "4", "42", "9", "4{", '42["watch"', "451-", "\u0000"]) {
      const raw = pushClient(one, {}, { reconnection: false });
      await raw.hears("welcome");
      (raw.socket.io.engine as unknown as { transport: { ws: { send(text: string): void } } }).transport.ws.send(junk);
      const gone = new Promise((resolve) => raw.socket.once("disconnect", resolve));
      await Promise.race([raw.ask("unwatch"), gone]).catch(() => undefined); // by now it was read
      raw[Symbol.dispose]();
    }
    expect((await client(one).get("/channels")).status).toBe(200);
    await follow(author);
    await fine.hears("notification");
  });
});

describe("a request that offers to upgrade to something else", () => {
  test.each(["h2c", "websocket", "h2c,websocket"])("%s is answered as if it had not", async (upgrade) => {
    const head = `Host: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: ${upgrade}\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n`;
    const get = await rawRequest(one.port, `GET /channels HTTP/1.1\r\n${head}\r\n`, { untilAnswer: true });
    expect(get.status).toBe(200);
    expect(JSON.parse(get.body).message).toBe("OK");
    const body = JSON.stringify({ name: `java ${upgrade}`, password: "long enough" });
    const post = await rawRequest(
      one.port,
      `POST /users HTTP/1.1\r\n${head}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      { untilAnswer: true },
    );
    expect(post.status).toBe(201);
  });

  test("and long polling is not spoken here", async () => {
    expect((await client(one).get("/socket.io/?EIO=4&transport=polling")).status).toBe(404);
  });
});

describe("a gateway that leaves", () => {
  test("tells its clients, closes their connections, and they are back elsewhere", async () => {
    const leaving = await world.openGateway({ recommenderAddress, graceMs: 100 });
    await using entry = await openSwitch(leaving.url);
    const author = await person();
    const devices = await Promise.all(Array.from({ length: 8 }, () => connected(entry, { token: author.token })));
    const silent = connect(leaving.port, "127.0.0.1").on("error", () => undefined);
    silent.write(upgradeRequest(leaving.port));
    const [answer] = await once(silent, "data");
    const left = new Promise((resolve) => silent.resume().once("close", resolve));
    const closed = leaving[Symbol.asyncDispose]();
    entry.to(two.url);
    await closed;
    expect(String(answer)).toMatch(/^HTTP\/1.1 101 /);
    await left;
    await Promise.all(devices.map((device) => device.hears("welcome", 2)));
    for (const device of devices) {
      expect(device.told("draining")).toEqual([{ reconnect_after_ms: expect.any(Number) }]);
      expect(device.told("disconnect")).toEqual(["transport close"]);
    }
    await follow(author);
    await Promise.all(devices.map((device) => device.hears("notification")));
    for (const device of devices) device[Symbol.dispose]();
  });
});

/** Frame of a browser, with a mask that changes nothing. */
function frame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const size = length < 126 ? [0x80 | length] : [0x80 | 126, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([0x81, ...size, 0, 0, 0, 0]), Buffer.from(text)]);
}

const upgradeRequest = (port: number, origin?: string) =>
  `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${Buffer.alloc(16).toString("base64")}\r\n${origin === undefined ? "" : `Origin: ${origin}\r\n`}\r\n`;
