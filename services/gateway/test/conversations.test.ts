import { randomUUID } from "node:crypto";
import { eventually } from "@headline/testkit";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Answer, bearer, type Client, client, openWorld, type World } from "./open-world.js";
import { connected } from "./push-client.js";

const recommenderAddress = "127.0.0.1:1";
let world: World;
let one: { url: string };
let two: { url: string };
let names = 0;

beforeAll(async () => {
  world = await openWorld();
  const messageRate = { messages: 1_000, perSeconds: 10 };
  one = await world.openGateway({ recommenderAddress, messageRate });
  two = await world.openGateway({ recommenderAddress, messageRate });
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

const write = ({ http }: Person, to: Person, text = "hello", client_id: unknown = randomUUID()): Promise<Answer> =>
  http.post(`/conversations/${to.id}/messages`, { text, client_id });
const messages = async ({ http }: Person, withWhom: Person, query = "") =>
  (await http.get(`/conversations/${withWhom.id}/messages${query}`)).body.data;
const conversations = async ({ http }: Person, query = "") => (await http.get(`/conversations${query}`)).body.data;
const read = ({ http }: Person, withWhom: Person, up_to: unknown) =>
  http.post(`/conversations/${withWhom.id}/read`, { up_to });

describe("a message", () => {
  test("reaches the other on another gateway and one's own devices, is delivered, and is read", async () => {
    const [alice, bob] = [await person(), await person(two)];
    using phone = await connected(one, { token: alice.token });
    using laptop = await connected(two, { token: alice.token });
    using other = await connected(two, { token: bob.token });
    const sent = await write(alice, bob, "  你好 👋 ");
    expect(sent).toMatchObject({
      status: 201,
      body: { data: { sender_id: String(alice.id), recipient_id: String(bob.id), text: "你好 👋", state: "sent" } },
    });
    const { message_id } = sent.body.data;
    const { state: _, ...always } = sent.body.data; // one's own device may hear of it when the other has it already
    for (const device of [phone, laptop, other]) expect(await device.hears("message")).toMatchObject([always]);
    for (const device of [phone, laptop])
      expect(await device.hears("delivered")).toEqual([{ user_id: String(bob.id), up_to: message_id }]);
    expect((await messages(alice, bob)).results[0].state).toBe("delivered");
    expect((await read(bob, alice, message_id)).body.data).toEqual({
      user_id: String(alice.id),
      read_up_to: message_id,
      unread: 0,
    });
    const told = { reader_id: String(bob.id), peer_id: String(alice.id), up_to: message_id };
    for (const device of [phone, laptop, other]) expect(await device.hears("read")).toEqual([told]);
    expect((await messages(bob, alice)).results).toEqual([{ ...sent.body.data, state: "read" }]);
    await read(bob, alice, message_id);
    expect(phone.told("read")).toEqual([told]);
  });

  test("to somebody who is away waits, unread, and is delivered when they are back", async () => {
    const [alice, bob] = [await person(), await person()];
    for (const text of ["one", "two", "three"]) await write(alice, bob, text);
    const [{ unread, last_message, user_id, user_name }] = (await conversations(bob)).results;
    expect({ unread, user_id, user_name }).toEqual({ unread: 3, user_id: String(alice.id), user_name: alice.name });
    expect(last_message).toMatchObject({ text: "three", state: "sent" });
    expect((await conversations(alice)).results[0].unread).toBe(0);
    using sender = await connected(one, { token: alice.token });
    using device = await connected(two, { token: bob.token });
    const { data } = await device.ask("catch_up", { last_message_id: "0" });
    expect(data.messages).toEqual({ sent: 3, more: false });
    const told = device.told("message").map(({ text }) => text);
    expect([...new Set(told)].sort()).toEqual(["one", "three", "two"]);
    expect(told.join()).toContain("one,two,three"); // and perhaps one of them before or after, from the table
    await sender.hears("delivered", 1);
    const ids = (await messages(bob, alice)).results.map(({ message_id }: { message_id: string }) => message_id);
    expect((await read(bob, alice, ids[1])).body.data.unread).toBe(1);
    expect((await read(bob, alice, ids[2])).body.data).toMatchObject({ read_up_to: ids[1], unread: 1 }); // never back
    expect((await read(bob, alice, "9223372036854775807")).body.data).toMatchObject({ read_up_to: ids[0], unread: 0 });
    expect((await read(alice, bob, ids[0])).body.data.unread).toBe(0);
  });

  test("sent again under its client_id is the same message; another under it is refused", async () => {
    const [alice, bob, carol] = [await person(), await person(), await person()];
    using device = await connected(two, { token: bob.token });
    const id = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 12 }, async (_, index) =>
        write({ ...alice, http: client(index % 2 === 0 ? one : two, alice.token) }, bob, "once", id),
      ),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ body }) => body.data.message_id)).size).toBe(1);
    expect((await write(alice, bob, "once", id.toUpperCase())).status).toBe(201);
    expect((await write(alice, bob, "twice", id)).status).toBe(422);
    expect((await write(alice, carol, "once", id)).status).toBe(422);
    expect((await write(bob, alice, "mine", id)).status).toBe(201);
    expect((await conversations(bob)).results[0]).toMatchObject({ unread: 1 });
    await device.hears("message", 2);
    expect((await messages(alice, bob)).results).toHaveLength(2);
    expect((await conversations(carol)).results).toEqual([]);
  });

  test("written by both at once, many times: ids grow as they come, none is lost, and the counts agree", async () => {
    const [alice, bob] = [await person(), await person(two)];
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? write(alice, bob) : write(bob, alice))),
    );
    const written = answers.filter(({ status }) => status === 201);
    expect(answers.filter(({ status }) => status !== 201 && status !== 503)).toEqual([]);
    const seen: string[] = [];
    for (let query = "?per_page=7"; query !== ""; ) {
      const { results, next } = await messages(alice, bob, query);
      seen.push(...results.map(({ message_id }: { message_id: string }) => message_id));
      query = next === null ? "" : `?per_page=7&before=${next}`;
    }
    expect(new Set(seen)).toEqual(new Set(written.map(({ body }) => body.data.message_id)));
    const mine = (await conversations(alice)).results[0].unread + (await conversations(bob)).results[0].unread;
    expect(mine).toBe(written.length);
  });

  test("is refused where one of the two has blocked the other", async () => {
    const [alice, bob] = [await person(), await person()];
    await write(alice, bob);
    await world.mysql.write("INSERT INTO author_blocks (user_id, author_id, created_at) VALUES (?, ?, 1)", [
      bob.id,
      alice.id,
    ]);
    for (const refused of [await write(alice, bob), await write(bob, alice)])
      expect(refused).toMatchObject({ status: 403, body: { code: "BLOCKED" } });
    expect((await messages(bob, alice)).results).toHaveLength(1);
    await world.mysql.write("DELETE FROM author_blocks WHERE user_id = ?", [bob.id]);
    expect((await write(alice, bob)).status).toBe(201);
  });

  test.each([
    [{}, "text"],
    [{ text: "" }, "text"],
    [{ text: " \t " }, "text"],
    [{ text: "\u2800\u200b" }, "text"],
    [{ text: "nul \u0000" }, "text"],
    [{ text: "\ud800" }, "text"],
    [{ text: "字".repeat(1_001) }, "text"],
    [{ text: 7 }, "text"],
    [{ text: "a", client_id: "7" }, "client_id"],
    [{ text: "a", client_id: 7 }, "client_id"],
    [{ text: "a", client_id: undefined }, "client_id"],
    [{ text: "a", more: 1 }, "more"],
    [[], "body"],
  ])("%j is 400 and names the field", async (body, field) => {
    const [alice, bob] = [await person(), await person()];
    const complete = Array.isArray(body) ? body : { client_id: randomUUID(), ...body };
    const answer = await alice.http.post(`/conversations/${bob.id}/messages`, complete);
    expect(answer.status).toBe(400);
    expect(answer.body.errors.map((error: { field: string }) => error.field)).toContain(field);
  });

  test("of a thousand characters goes through, emoji included", async () => {
    const [alice, bob] = [await person(), await person()];
    using device = await connected(two, { token: bob.token });
    const text = "😀".repeat(1_000);
    expect((await write(alice, bob, text)).status).toBe(201);
    expect((await device.hears("message"))[0].text).toBe(text);
  });

  test("needs somebody signed in, and somebody else to write to", async () => {
    const [alice, bob] = [await person(), await person()];
    const body = { text: "a", client_id: randomUUID() };
    const to = (id: unknown) => alice.http.post(`/conversations/${id}/messages`, body);
    expect((await client(one).post(`/conversations/${bob.id}/messages`, body)).status).toBe(401);
    expect((await client(one, "Anony 7").get("/conversations")).status).toBe(401);
    expect((await client(one).get(`/conversations/${bob.id}/messages`)).status).toBe(401);
    expect((await to(alice.id)).status).toBe(400);
    expect((await to(999_999)).status).toBe(404);
    expect((await to("x")).status).toBe(400);
    expect((await read(alice, bob, "1")).status).toBe(404);
    expect((await read(alice, bob, -1)).status).toBe(400);
    expect((await messages(alice, bob)).results).toEqual([]);
    for (const query of ["per_page=0", "per_page=51", "before=-1", "before=1e3", "before="])
      for (const path of ["/conversations", `/conversations/${bob.id}/messages`])
        expect([query, (await alice.http.get(`${path}?${query}`)).status]).toEqual([query, 400]);
  });
});

describe("conversations", () => {
  test("are listed by their newest message, a page at a time", async () => {
    const me = await person();
    const others = await Promise.all([1, 2, 3, 4, 5].map(() => person()));
    /** As a client does: told 503, it sends the same once more. */
    const sent = async (from: Person, to: Person, clientId = randomUUID()) =>
      eventually(async () => expect((await write(from, to, "hello", clientId)).status).toBe(201));
    for (const other of others) await sent(other, me);
    await sent(me, others[0] as Person);
    const seen: string[] = [];
    for (let query = "?per_page=2"; query !== ""; ) {
      const { results, next, has_more } = await conversations(me, query);
      expect(has_more).toBe(next !== null);
      seen.push(...results.map(({ user_id }: { user_id: string }) => user_id));
      query = next === null ? "" : `?per_page=2&before=${next}`;
    }
    const ids = others.map(({ id }) => String(id));
    expect(seen).toEqual([ids[0], ids[4], ids[3], ids[2], ids[1]]);
  });
});

describe("who writes too much", () => {
  test("is told when to come back, by all gateways together, and by each alone while Redis is away", async () => {
    await using alone = await openWorld();
    const messageRate = { messages: 6, perSeconds: 300 };
    const gateways = [
      await alone.openGateway({ recommenderAddress, messageRate }),
      await alone.openGateway({ recommenderAddress, messageRate }),
    ];
    const [alice, bob, carol] = [
      await alone.addUser("alice"),
      await alone.addUser("bob"),
      await alone.addUser("carol"),
    ];
    const send = async (from: bigint, index: number) =>
      client(gateways[index % 2] as { url: string }, await bearer(from)).post(`/conversations/${bob}/messages`, {
        text: "hello",
        client_id: randomUUID(),
      });
    const statuses: number[] = [];
    for (let index = 0; index < 8; index += 1) statuses.push((await send(alice, index)).status);
    expect(statuses).toEqual([201, 201, 201, 201, 201, 201, 429, 429]);
    const refused = await send(alice, 0);
    expect(refused.body.code).toBe("RESOURCE_EXHAUSTED");
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(200);
    expect((await send(carol, 0)).status).toBe(201);
    await alone.redis.kill();
    const away: number[] = [];
    for (let index = 0; index < 14; index += 1) away.push((await send(carol, index)).status);
    expect(away.filter((status) => status === 201)).toHaveLength(12);
    expect(away.slice(12)).toEqual([429, 429]);
  });
});
