import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { OpenApi } from "../src/openapi/document.js";
import { type Answer, bearer, type Client, client, openWorld, type World } from "./open-world.js";

let world: World;
let reader: Client;
let document: OpenApi;

beforeAll(async () => {
  world = await openWorld();
  const alice = await world.addUser("alice");
  await world.addUser("bob");
  await world.addArticles(1);
  const { gateway } = await world.open();
  reader = client(gateway, await bearer(alice));
  document = (await reader.get("/openapi.json")).body;
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

const NO_NUMBERS = ["-1", "1.5", "2026-02-30", "9223372036854775808", "\u0000", "x".repeat(5_000)];
const NO_TEXTS = [7, true, [], {}, "", " ", "\u0000", "a\ud800", "\u200b"];
const NO_IDS = [-1, 1.5, 1e300, true, [], {}, "", "-1", "2026-02-30", "9223372036854775808", "\u0000", "a\ud800"];
const NO_TIMES = [
  -1,
  1e300,
  true,
  [],
  {},
  "NaN",
  "2026-02-30",
  "2026-02-30T00:00:00Z",
  "0000-01-01T00:00:00Z",
  "10000-01-01T00:00:00Z",
  "+010000-01-01T00:00:00Z",
  "-000001-01-01T00:00:00Z",
  "2027-01-01T24:00:01Z",
  "\u0000",
];
const long = (length: number) => ["x".repeat(length)];

interface Body {
  readonly good: Readonly<Record<string, unknown>>;
  readonly bad: Readonly<Record<string, readonly unknown[]>>;
  /** Beside 400: a sign-in does not say what is wrong with it. */
  readonly statuses?: readonly number[];
}

const ACCOUNT = { good: { name: "carol", password: "a long enough one" }, bad: { name: NO_TEXTS, password: NO_TEXTS } };
const ARTICLE = {
  good: { title: "t", content: "c", channel_id: 101 },
  bad: {
    title: [...NO_TEXTS, ...long(15_000)],
    content: [...NO_TEXTS, ...long(70_000)],
    channel_id: [...NO_IDS, "999"],
    publish_at: NO_TIMES,
    cover: [7, {}, ["x"], [7], ["https://a/\u0000"], ["https://a/\ud800"], Array(201).fill("/a"), long(15_000)],
  },
};
const UP_TO = { good: { up_to: "1" }, bad: { up_to: NO_IDS } };

/** A body that each operation takes, and what no field of it may be. */
const BODIES: Readonly<Record<string, Body>> = {
  "post /articles": ARTICLE,
  "patch /articles/{id}": { ...ARTICLE, statuses: [422] }, // it is published, and no time moves it
  "post /articles/{id}/comments": { good: { content: "c" }, bad: { content: [...NO_TEXTS, ...long(70_000)] } },
  "post /conversations/{userId}/messages": {
    good: { text: "t", client_id: "0b0e7b4e-9f5c-4c57-8d0f-2f6c0a3c7d11" },
    bad: { text: [...NO_TEXTS, ...long(70_000)], client_id: [...NO_IDS, "0b0e7b4e-9f5c-4c57-8d0f-2f6c0a3c7d1"] },
  },
  "post /conversations/{userId}/read": UP_TO,
  "post /notifications/read": UP_TO,
  "post /orders": {
    good: { article_id: "1", day: new Date(Date.now() + 86_400_000).toISOString().slice(0, 10) },
    bad: { article_id: NO_IDS, day: NO_TIMES },
  },
  "post /events": {
    good: { events: [] },
    bad: {
      events: [
        ...[7, {}, [7], [{}]],
        ...NO_TIMES.map((ts) => [{ id: "0b0e7b4e-9f5c-4c57-8d0f-2f6c0a3c7d11", type: "click", token: "t", ts }]),
        ...NO_TEXTS.map((token) => [{ id: "0b0e7b4e-9f5c-4c57-8d0f-2f6c0a3c7d11", type: "click", token, ts: 1 }]),
      ],
    },
  },
  "post /users": ACCOUNT,
  "post /authorizations": { ...ACCOUNT, statuses: [401] },
  "put /authorizations": { good: { refresh_token: "x" }, bad: { refresh_token: NO_TEXTS }, statuses: [401] },
  "put /users/me/password": {
    good: { current_password: "a long enough one", new_password: "another long one" },
    bad: { current_password: [7, true, [], {}], new_password: NO_TEXTS },
  },
};

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly hasBody: boolean;
}

function operations(): Operation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method,
      path,
      parameters: (operation["parameters"] ?? []) as Operation["parameters"],
      hasBody: "requestBody" in operation,
    })),
  );
}

function ask({ method, path, hasBody }: Operation, query = "", body?: unknown): Promise<Answer> {
  const filled = path.replace("{userId}", "2").replaceAll(/\{\w+\}/g, "1");
  const sent = hasBody ? { body: body ?? BODIES[`${method} ${path}`]?.good } : {};
  return reader.send(method.toUpperCase(), filled + query, sent);
}

/** One line for each answer that does not name the field. */
function wrong({ status, body }: Answer, what: string, field: string, statuses: readonly number[] = []): string[] {
  const names = (body.errors ?? []).map((error: { field: string }) => error.field) as string[];
  const isNamed = status === 400 && names.length > 0 && names.every((name) => name.startsWith(field));
  return isNamed || statuses.includes(status) ? [] : [`${what}: ${status} ${names.join()} ${body.message}`];
}

async function severalAtATime(checks: readonly (() => Promise<string[]>)[]): Promise<string[]> {
  const found: string[] = [];
  const left = checks.values();
  const lane = async () => {
    for (const check of left) found.push(...(await check()));
  };
  await Promise.all(Array.from({ length: 4 }, lane));
  return found;
}

test("no path and no query takes a number that is none: 400 names the parameter", async () => {
  const faults = operations().flatMap((operation) =>
    operation.parameters
      .filter(({ in: part }) => part === "path" || part === "query")
      .flatMap(({ name, in: part }) =>
        NO_NUMBERS.map((value) => async () => {
          const text = encodeURIComponent(value);
          const path = part === "path" ? operation.path.replace(`{${name}}`, text) : operation.path;
          const answer = await ask(
            { ...operation, path },
            part === "query" ? `?${name}=${text}` : "",
            BODIES[`${operation.method} ${operation.path}`]?.good,
          );
          const named = (answer.body.errors ?? []) as { field: string }[];
          // Beside it, a query may lack what it needs.
          const own = { ...answer, body: { ...answer.body, errors: named.filter(({ field }) => field === name) } };
          return wrong(own, `${operation.method} ${operation.path} ${name}=${value.slice(0, 20)}`, name);
        }),
      ),
  );
  expect(faults.length).toBeGreaterThan(100);
  expect(await severalAtATime(faults)).toEqual([]);
});

test("no body takes a text, an id or a time that cannot be: 400 names the field", async () => {
  const withBody = operations().filter(({ hasBody }) => hasBody);
  expect(withBody.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(Object.keys(BODIES).sort());
  const faults = withBody.flatMap((operation) => {
    const name = `${operation.method} ${operation.path}`;
    const { good, bad, statuses = [] } = BODIES[name] as Body;
    return Object.entries(bad).flatMap(([field, values]) =>
      values.map((value) => async () => {
        const answer = await ask(operation, "", { ...good, [field]: value });
        return wrong(answer, `${name} ${field}=${JSON.stringify(value).slice(0, 40)}`, field, statuses);
      }),
    );
  });
  expect(faults.length).toBeGreaterThan(100);
  expect(await severalAtATime(faults)).toEqual([]);
});
