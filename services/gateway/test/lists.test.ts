import { randomUUID as uuid } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Answer, bearer, type Client, client, openWorld, type World } from "./open-world.js";

let world: World;
let gateway: { url: string };
let alice: bigint;
let bob: bigint;
let articles: bigint[];
let asAlice: Client;
let asBob: Client;

beforeAll(async () => {
  world = await openWorld();
  gateway = await world.openGateway({ recommenderAddress: "ipv4:127.0.0.1:1" });
  alice = await world.addUser("alice");
  bob = await world.addUser("bob");
  articles = await world.addArticles(4, { authorId: alice });
  asAlice = client(gateway, await bearer(alice));
  asBob = client(gateway, await bearer(bob));
  await fill();
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

/** Four of everything that is listed, to alice. */
async function fill() {
  for (const [at, article] of articles.entries()) {
    const comment = await asBob.post(`/articles/${articles[0]}/comments`, { content: `comment ${at}` });
    const order = await asAlice.post("/orders", { article_id: String(article) });
    const message = await asBob.post(`/conversations/${alice}/messages`, { text: `message ${at}`, client_id: uuid() });
    expect([comment.status, order.status, message.status]).toEqual([201, 201, 201]);
  }
  for (const name of ["carol", "dave", "erin"]) {
    const peer = client(gateway, await bearer(await world.addUser(name)));
    const { status } = await peer.post(`/conversations/${alice}/messages`, { text: "hello", client_id: uuid() });
    expect(status).toBe(201);
  }
}

const LISTS: readonly [name: string, path: () => string, id: (row: Answer["body"]) => string][] = [
  ["one's own articles", () => "/users/me/articles", (row) => row.article_id],
  ["a user's articles", () => `/users/${alice}/articles`, (row) => row.article_id],
  ["comments", () => `/articles/${articles[0]}/comments`, (row) => row.comment_id],
  ["orders", () => "/orders", (row) => row.order_id],
  ["notifications", () => "/notifications", (row) => row.id],
  ["conversations", () => "/conversations", (row) => row.last_message.message_id],
  ["messages", () => `/conversations/${bob}/messages`, (row) => row.message_id],
];

test.each(LISTS)("%s: a last page that is exactly full says that there is no more", async (_, path, id) => {
  const page = async (query: string) => (await asAlice.get(`${path()}?${query}`)).body.data;
  const whole = await page("per_page=50");
  expect(whole).toMatchObject({ has_more: false, next: null });
  expect(whole.results).toHaveLength(4);
  expect(await page("per_page=4")).toMatchObject({ has_more: false, next: null, results: { length: 4 } });

  const first = await page("per_page=2");
  expect(first).toMatchObject({ has_more: true, next: id(first.results[1]) });
  const second = await page(`per_page=2&before=${first.next}`);
  expect(second).toMatchObject({ has_more: false, next: null });
  expect([...first.results, ...second.results].map(id)).toEqual(whole.results.map(id));
  const beyond = await page(`per_page=2&before=${id(second.results[1])}`);
  expect(beyond).toMatchObject({ has_more: false, next: null, results: [] });
});
