import { eventually } from "@headline/testkit";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { createConfig, lintFromString } from "@redocly/openapi-core";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { Declaration } from "../src/http/route.js";
import type { RunningGateway } from "../src/open-gateway.js";
import { openApiDocument } from "../src/openapi/document.js";
import { EXAMPLES } from "../src/openapi/gen/examples.js";
import { STORIES } from "../src/routes.js";
import { documentCheck } from "./document-check.js";
import { ExampleRecorder, shapeOf } from "./example-recorder.js";
import { type Answer, type Client, client, openWorld, type World } from "./open-world.js";

interface Documented {
  readonly operationId: string;
  readonly requestBody?: Part;
  readonly responses: Readonly<Record<string, Part>>;
}

interface Part {
  readonly content?: Readonly<Record<string, { readonly schema: object; readonly example?: unknown }>>;
}

const routes = Object.values(STORIES).flatMap(({ routes }) => routes as readonly Declaration[]);

describe("the document", () => {
  test("has no route that another one of its method takes the requests of", () => {
    const patterns = routes.map((route) => ({ ...route, pattern: patternOf(route.path) }));
    const ambiguous = patterns.flatMap(({ method, path, pattern }) =>
      routes
        .filter((other) => other.method === method && other.path !== path && other.path.includes(":"))
        .filter((other) => pattern.test(other.path))
        .map((other) => `${method} ${path} and ${other.path}`),
    );
    expect(ambiguous).toEqual([]);
    expect(new Set(routes.map(({ method, path }) => `${method} ${path}`)).size).toBe(routes.length);
  });

  test("is OpenAPI 3.1", async () => {
    const { valid, errors } = await new Validator().validate(structuredClone(openApiDocument(STORIES)) as never);
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
  });

  test("passes the recommended rules of Redocly, and those of Spectral that go further", async () => {
    const config = await createConfig({ extends: ["recommended"] });
    const source = JSON.stringify(openApiDocument(STORIES));
    const problems = await lintFromString({ source, absoluteRef: "openapi.json", config });
    expect(problems.map(({ ruleId, location: [at] }) => `${ruleId} ${at?.pointer}`)).toEqual([]);
    for (const { name, summary, description } of routes) expect([name, summary, description]).not.toContain("");
  });

  test("has examples that its schemas allow", () => {
    const { paths, components } = openApiDocument(STORIES);
    const ajv = addFormats.default(new Ajv2020({ strict: false, allErrors: true }));
    for (const operation of Object.values(paths).flatMap((methods) => Object.values(methods))) {
      const { operationId, requestBody, responses } = operation as unknown as Documented;
      const contents = [requestBody, ...Object.values(responses)].flatMap((part) => Object.values(part?.content ?? {}));
      const examples = contents.filter(({ example }) => example !== undefined);
      expect([operationId, examples.length]).not.toEqual([operationId, 0]);
      for (const { schema, example } of examples) {
        ajv.validate({ ...schema, components }, example);
        expect([operationId, ajv.errors]).toEqual([operationId, null]);
      }
    }
  });

  test("names each operation once, and the parameters that stand in its path", () => {
    const names = routes.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { path, params } of routes)
      expect(Object.keys(params?.shape ?? {})).toEqual([...path.matchAll(/:(\w+)/g)].map(([, name]) => name));
  });
});

describe("a gateway", () => {
  const recorder = new ExampleRecorder();
  let world: World;
  let gateway: RunningGateway;
  const document = openApiDocument(STORIES);
  const { check, seen } = documentCheck(document);

  beforeAll(async () => {
    world = await openWorld();
    await world.addArticles(3, { authorId: await world.addUser("carol") });
    await world.mysql.write(
      "INSERT INTO static_pages (channel_id, format, etag, body, built_at, checked_at) VALUES (101, 'html', 'e', '<!doctype html>\\n<html></html>', 1, 1)",
    );
    ({ gateway } = await world.open());
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
  });

  test("serves the document, and a page without scripts and without anything from elsewhere", async () => {
    const guest = client(gateway);
    const served = await guest.get("/openapi.json");
    expect(served.body).toEqual(JSON.parse(JSON.stringify(document)));
    expect(served.headers.get("access-control-allow-origin")).toBe("*");
    const docs = await guest.get("/docs");
    expect(docs.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(docs.headers.get("content-security-policy")).toContain("default-src 'none'; style-src 'self'");
    for (const { name } of routes) expect(docs.body).toContain(`id="${name}"`);
    expect(docs.body).not.toMatch(/<script|style="|(src|href)="(https?:)?\/\//);
    expect((await guest.get("/docs/style.css")).headers.get("content-type")).toContain("text/css");
  });

  /** Holds an answer against the document, and keeps it as an example. */
  const noted: Check = (method, path, answer, body) => {
    check(method, path, answer);
    recorder.record(String(document.paths[path]?.[method]?.["operationId"]), body, answer.body);
  };

  test("answers what the document says, on every route that answers JSON", async () => {
    const guest = client(gateway);
    const answered = (method: string, path: string, who: Client) => caller(who, noted, method, path);

    const alice = await signedUp(guest, noted, "alice");
    const bob = await signedUp(guest, noted, "bob");
    const credentials = { name: "alice", password: "a long password" };
    const { refresh_token } = (await answered("post", "/authorizations", guest)({ body: credentials })).data;
    await answered("put", "/authorizations", guest)({ body: { refresh_token } });
    const { data: again } = await answered("post", "/authorizations", guest)({ body: credentials });
    const passwords = { current_password: credentials.password, new_password: "another long password" };
    await answered("put", "/users/me/password", withToken(guest, again.token))({ body: passwords });
    await answered("delete", "/authorizations", withToken(guest, again.token))();
    const anew = { ...credentials, password: passwords.new_password };
    alice.client = withToken(guest, (await answered("post", "/authorizations", guest)({ body: anew })).data.token);

    const draft = { title: "Hello", content: "World", channel_id: 101, cover: ["/covers/a.svg"] };
    const published = await answered("post", "/articles", alice.client)({ body: draft });
    const id = published.data.article_id;
    const later = { ...draft, title: "Later", publish_at: Date.now() + 3_600_000 };
    const waiting = (await answered("post", "/articles", alice.client)({ body: later })).data.article_id;
    await answered("patch", "/articles/{id}", alice.client)({ id, body: { title: "Hello again" } });
    await answered("get", "/users/me/articles", alice.client)();
    await answered("delete", "/articles/{id}", alice.client)({ id: waiting });
    await answered("get", "/articles/{id}", guest)({ id });
    await answered("get", "/articles/{id}", bob.client)({ id });
    await answered("get", "/channels", guest)();

    const comment = await answered("post", "/articles/{id}/comments", bob.client)({ id, body: { content: "Nice" } });
    await answered("get", "/articles/{id}/comments", guest)({ id });
    const commentId = comment.data.comment_id;
    await answered("delete", "/articles/{id}/comments/{commentId}", bob.client)({ id, commentId });

    await answered("get", "/users/me", alice.client)();
    await answered("put", "/users/{id}/follow", bob.client)({ id: alice.id });
    await answered("get", "/users/{id}", bob.client)({ id: alice.id });
    await answered("get", "/users/{id}/articles", guest)({ id: alice.id });
    await answered("get", "/notifications", alice.client)();
    await answered("post", "/notifications/read", alice.client)({ body: { up_to: "1" } });
    await answered("delete", "/users/{id}/follow", bob.client)({ id: alice.id });

    const to = { userId: alice.id, body: { text: "hi", client_id: crypto.randomUUID() } };
    const message = await answered("post", "/conversations/{userId}/messages", bob.client)(to);
    await answered("get", "/conversations", alice.client)();
    await answered("get", "/conversations/{userId}/messages", alice.client)({ userId: bob.id });
    const upTo = { userId: bob.id, body: { up_to: message.data.message_id } };
    await answered("post", "/conversations/{userId}/read", alice.client)(upTo);

    await answered("get", "/promotion-days", guest)();
    const today = { body: { article_id: id } };
    const { order_id: unwanted } = (await answered("post", "/orders", alice.client)(today)).data;
    await answered("delete", "/orders/{id}", alice.client)({ id: unwanted });
    const { order_id: orderId } = (await answered("post", "/orders", alice.client)(today)).data;
    await answered("get", "/orders", alice.client)();
    await answered("get", "/orders/{id}", alice.client)({ id: orderId });
    await answered("post", "/orders/{id}/payment", alice.client)({ id: orderId });

    const feed = await answered("get", "/articles", bob.client)({ query: "?channel_id=0&with_top=1" });
    const [first] = feed.data.results;
    await answered("get", "/articles/updates", bob.client)({ query: "?channel_id=0&since=0" });
    const event = { id: crypto.randomUUID(), type: "click", token: first.trace.click, ts: Date.now() };
    const upload = { events: [event, event, { ...event, id: crypto.randomUUID(), token: "v1.wrong" }] };
    await answered("post", "/events", bob.client)({ body: upload });
    await useLists(answered, alice, bob, id);

    const json = routes.filter(({ answer }) => "data" in answer).map(({ name }) => name);
    expect([...seen].sort()).toEqual(json.sort());
  });

  test("answers every other route, and each answer has the shape of its example in the document", async () => {
    const guest = client(gateway);
    await eventually(async () => expect((await guest.get("/pages/101")).status).toBe(200));
    for (const { name, path, answer } of routes.filter(({ answer }) => "type" in answer)) {
      const { status, headers, body } = await guest.get(path.replace(":file", "101"));
      expect([path, status]).toEqual([path, 200]);
      expect(headers.get("content-type")).toContain("type" in answer && answer.type);
      recorder.record(name, undefined, name === "openapi" ? { openapi: body.openapi, info: body.info } : body);
    }
    recorder.write();
    expect(Object.keys(recorder.examples).sort()).toEqual(routes.map(({ name }) => name).sort());
    expect(shapeOf(EXAMPLES)).toEqual(shapeOf(recorder.examples));
  });

  test("refuses as the document says", async () => {
    const guest = client(gateway);
    check("get", "/articles", await guest.get("/articles?channel_id=x"));
    check("get", "/articles/{id}", await guest.get("/articles/999999"));
    check("post", "/articles", await guest.post("/articles", {}));
    check("post", "/articles", await guest.send("POST", "/articles", { raw: "x" }));
    check("post", "/users", await guest.post("/users", { name: "alice", password: "another password" }));
    check("post", "/authorizations", await guest.post("/authorizations", { name: "alice", password: "wrong" }));
    check("get", "/articles", await client(gateway, "Bearer nonsense").get("/articles?channel_id=0"));
  });
});

/** Bob collects, likes and reads an article of alice, follows and blocks her, and takes all of that back. */
async function useLists(answered: Answered, alice: SignedUp, bob: SignedUp, id: string): Promise<void> {
  const { trace } = (await bob.client.get(`/articles/${id}`)).body.data;
  const react = (type: string, token: string) =>
    bob.client.post("/events", { events: [{ id: crypto.randomUUID(), type, token, ts: Date.now() }] });
  await react("collect", trace.collect);
  await react("liking", trace.liking);
  await react("click", trace.click);
  await bob.client.send("PUT", `/users/${alice.id}/follow`);
  await answered("get", "/users/{id}/following", bob.client)({ id: bob.id });
  await answered("get", "/users/{id}/followers", bob.client)({ id: alice.id });
  await eventually(async () => expect((await bob.client.get("/users/me/read")).body.data.count).toBeGreaterThan(0));
  for (const list of ["collected", "liked", "read"]) {
    await answered("get", `/users/me/${list}`, bob.client)({ query: "?per_page=1" });
    await answered("delete", `/users/me/${list}/{id}`, bob.client)({ id });
  }
  await answered("delete", "/users/me/read", bob.client)();
  await react("block", trace.click);
  await answered("get", "/users/me/blocked", bob.client)();
  await answered("delete", "/users/me/blocked/{id}", bob.client)({ id: alice.id });
}

type Answered = (method: string, path: string, who: Client) => ReturnType<typeof caller>;
type SignedUp = Awaited<ReturnType<typeof signedUp>>;

type Check = (method: string, path: string, answer: Answer, body?: unknown) => void;

interface Call {
  readonly body?: unknown;
  readonly query?: string;
  readonly [parameter: string]: unknown;
}

/** Calls a route, and holds the answer, which has to be a success, against the document. */
function caller(who: Client, check: Check, method: string, path: string) {
  return async ({ body, query = "", ...params }: Call = {}) => {
    const filled = path.replaceAll(/\{(\w+)\}/g, (_, name) => String(params[name]));
    const options = body === undefined ? {} : { body };
    const answer = await who.send(method.toUpperCase(), filled + query, options);
    check(method, path, answer, body);
    if (answer.status >= 300) throw new Error(`${method} ${filled}: ${answer.body.detail}`);
    return answer.body;
  };
}

async function signedUp(guest: Client, check: Check, name: string) {
  const { data } = await caller(guest, check, "post", "/users")({ body: { name, password: "a long password" } });
  return { id: data.user_id as string, client: withToken(guest, data.token) };
}

function withToken(guest: Client, token: string): Client {
  const authorization = `Bearer ${token}`;
  const send: Client["send"] = (method, path, options = {}) =>
    guest.send(method, path, { ...options, headers: { authorization, ...options.headers } });
  return {
    send,
    get: (path) => send("GET", path),
    post: (path, body, headers = {}) => send("POST", path, { body, headers }),
  };
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/:\\w+/g, "[^/]+")}$`);
}
