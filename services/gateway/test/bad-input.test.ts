import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Answer, bearer, type Client, client, openWorld, type World } from "./open-world.js";
import { rawRequest } from "./raw-request.js";

let world: World;
let gateway: { url: string; port: number };
let anybody: Client;
let author: Client;

beforeAll(async () => {
  world = await openWorld();
  const alice = await world.addUser("alice");
  await world.addArticles(3);
  ({ gateway } = await world.open());
  anybody = client(gateway, "Anony 3");
  author = client(gateway, await bearer(alice));
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

const LEAKS = /\bat .+:\d+:\d+|node_modules|SELECT|INSERT|mysql|mariadb|ioredis|redis|errno|ECONN|stack|zod/i;

/** Shape of every refusal, of any route. */
function expectProblem(answer: Answer, statuses: readonly number[] = [400]): void {
  expect(statuses).toContain(answer.status);
  expect(answer.headers.get("content-type")).toMatch(/^application\/problem\+json/);
  expect(answer.body).toMatchObject({
    status: answer.status,
    message: expect.any(String),
    code: expect.stringMatching(/^[A-Z_]+$/),
    request_id: answer.headers.get("x-request-id"),
  });
  expect(JSON.stringify(answer.body)).not.toMatch(LEAKS);
}

const jsonType = { "content-type": "application/json" };
const NOT_NUMBERS = [
  "",
  " 1",
  "1 ",
  "+1",
  "0x10",
  "1e3",
  "-1",
  "01",
  "1.0",
  "١",
  "NaN",
  "true",
  "null",
  "1,2",
  "{}",
  "[]",
];
const TEXTS = [
  "\u0000",
  "😀",
  "__proto__",
  "constructor",
  "'; DROP TABLE users; --",
  "%00",
  "../..",
  "x".repeat(5_000),
];
const HUGE = ["9223372036854775808", "18446744073709551616", "1".repeat(400)];
const BAD_NUMBERS = [...NOT_NUMBERS, ...TEXTS, ...HUGE];

describe("numbers in a query", () => {
  const parameters: [string, string, readonly string[]][] = [
    ["/articles?", "channel_id", ["2147483648", "999"]],
    ["/articles?channel_id=101&", "page", ["0", "10001"]],
    ["/articles?channel_id=101&", "per_page", ["0", "51"]],
    ["/articles?channel_id=101&", "timestamp", ["9007199254740992"]],
    ["/articles?channel_id=101&", "with_top", ["2"]],
    ["/articles/updates?since=1&", "channel_id", ["999"]],
    ["/articles/updates?channel_id=101&", "since", ["9007199254740992"]],
    ["/users/1/articles?", "per_page", ["0", "51"]],
    ["/users/1/articles?", "before", []],
  ];
  test.each(parameters)("%s%s takes plain decimal digits within its range, once", async (path, name, more) => {
    for (const value of [...BAD_NUMBERS, ...more]) {
      const answer = await anybody.get(`${path}${name}=${encodeURIComponent(value)}`);
      expectProblem(answer);
      expect(answer.body.errors).toEqual([{ field: name, detail: expect.any(String) }]);
    }
    for (const query of [`${name}=1&${name}=1`, `${name}=%FF`, `${name}=%`, `${name}=%u0031`])
      expectProblem(await anybody.get(path + query));
    // Brackets mean nothing here: the parameter has another name.
    for (const query of [`${name}[]=1`, `${name}[$gt]=1`]) {
      const answer = await anybody.get(path + query);
      expect([200, 400]).toContain(answer.status);
    }
  });

  test("all that is wrong is named at once", async () => {
    const answer = await anybody.get("/articles?channel_id=x&page=0&per_page=51&timestamp=-1&with_top=7");
    expect(answer.body.errors.map(({ field }: { field: string }) => field)).toEqual([
      "channel_id",
      "page",
      "per_page",
      "timestamp",
      "with_top",
    ]);
    expectProblem(await anybody.get("/articles"));
  });
});

describe("ids in a path", () => {
  test.each(["/articles/:id", "/users/:id", "/users/:id/articles"])("%s", async (route) => {
    for (const value of BAD_NUMBERS.filter((text) => text !== "")) {
      const answer = await anybody.get(route.replace(":id", encodeURIComponent(value)));
      expectProblem(answer, [400, 404]);
    }
    if (!route.endsWith("articles"))
      expectProblem(await anybody.get(route.replace(":id", "9223372036854775807")), [404]);
  });

  test("paths that are not paths", async () => {
    const paths = [
      "/%",
      "/articles/%FF",
      "/articles/%",
      "/articles/%C0%AF",
      "/../../etc/passwd",
      "/..%2f..%2fetc%2fpasswd",
    ];
    const more = [
      "//articles",
      "/articles//",
      "/users/me/x",
      "/%00",
      `/${"a".repeat(300)}`,
      "/.git/config",
      "/articles;x=1",
    ];
    for (const path of [...paths, ...more]) {
      const { status, headers, body } = await rawRequest(
        gateway.port,
        `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
      );
      expect([400, 404]).toContain(status);
      expect(headers).toMatch(/content-type: application\/problem\+json/i);
      expect(body).not.toMatch(LEAKS);
    }
  });

  test("routes that are not there are 404, and methods a path does not have 405 with those it has", async () => {
    for (const [method, path, allow] of [
      ["GET", "/nothing", undefined],
      ["PATCH", "/", undefined],
      ["PUT", "/articles", "GET, HEAD, OPTIONS, POST"],
      ["POST", "/channels", "GET, HEAD, OPTIONS"],
      ["DELETE", "/users/1", "GET, HEAD, OPTIONS"],
      ["GET", "/authorizations", "DELETE, OPTIONS, POST, PUT"],
      ["POST", "/healthz", "GET, HEAD, OPTIONS"],
    ] as const) {
      const answer = await anybody.send(method, path);
      expectProblem(answer, [allow === undefined ? 404 : 405]);
      expect(answer.headers.get("allow")).toBe(allow ?? null);
    }
    const options = await anybody.send("OPTIONS", "/articles/7");
    expect([options.status, options.headers.get("allow")]).toEqual([204, "DELETE, GET, HEAD, OPTIONS, PATCH"]);
  });

  test("each path of the document has its methods and no others, also where another path has a parameter", async () => {
    const { paths } = (await anybody.get("/openapi.json")).body as { paths: Record<string, object> };
    expect(Object.keys(paths)).toContain("/articles/updates");
    for (const [path, operations] of Object.entries(paths)) {
      const documented = ["get", "post", "put", "patch", "delete"].filter((method) => method in operations);
      const allow = [...documented, ...(documented.includes("get") ? ["head"] : []), "options"].sort();
      for (const method of ["OPTIONS", "GET", "POST", "PUT", "PATCH", "DELETE"]) {
        if (documented.includes(method.toLowerCase())) continue;
        const { status, headers } = await anybody.send(method, path.replaceAll(/\{\w+\}/g, "1"));
        expect([method, path, status]).toEqual([method, path, method === "OPTIONS" ? 204 : 405]);
        expect(headers.get("allow")).toBe(allow.join(", ").toUpperCase());
      }
    }
  });

  test("a refusal names the part that is wrong: path, query, header or body", async () => {
    const many = (count: number) => Array.from({ length: count }, (_, at) => `k${at}=1`).join("&");
    const json = { headers: { "content-type": "application/json" } };
    for (const [field, ask] of [
      ["query", () => anybody.get(`/articles?channel_id=101&${many(64)}`)],
      ["query", () => author.get(`/orders?${"a=1&".repeat(64)}`)],
      ["path", () => anybody.get("/articles/%FF")],
      ["file", () => anybody.get("/pages/x.html")],
      ["file", () => anybody.get("/pages/999.json")],
      ["body", () => author.send("POST", "/articles", { raw: "{", ...json })],
      ["body", () => author.send("POST", "/articles", { raw: "[]", ...json })],
      [
        "body",
        () =>
          author.send("POST", "/articles", {
            raw: `{${many(65)
              .replace(/(k\d+)=1/g, '"$1":1')
              .replaceAll("&", ",")}}`,
            ...json,
          }),
      ],
      ["body", () => author.send("POST", "/articles", { raw: JSON.stringify(Array(201).fill(1)), ...json })],
      ["events[0]", () => anybody.post("/events", { events: [7] })],
      [
        "Idempotency-Key",
        () => author.post("/articles", { title: "t", content: "c", channel_id: 101 }, { "idempotency-key": "é" }),
      ],
    ] as const) {
      const answer = await ask();
      expectProblem(answer);
      expect(answer.body.errors).toEqual([{ field, detail: expect.any(String) }]);
    }
    expect((await anybody.get(`/articles?channel_id=101&${many(63)}`)).status).toBe(200);
  });

  test("parameters that are not known are let be, on every list", async () => {
    for (const path of ["/articles?channel_id=101", "/articles/1/comments?", "/users/1/articles?"])
      expect((await anybody.get(`${path}&_=1`)).status).not.toBe(400);
    for (const path of ["/orders?", "/users/me/articles?", "/notifications?", "/conversations?"])
      expect((await author.get(`${path}_=1`)).status).toBe(200);
  });
});

describe("bodies", () => {
  const routes = [
    ["POST", "/articles"],
    ["PATCH", "/articles/1"],
    ["POST", "/users"],
    ["POST", "/authorizations"],
    ["PUT", "/authorizations"],
  ] as const;
  const json = { "content-type": "application/json" };
  const send = (method: string, path: string, raw: string | Buffer, headers: Record<string, string> = json) =>
    (method === "PUT" ? anybody : author).send(method, path, { raw: raw as string, headers });

  test.each(routes)("%s %s: JSON that is none, or no object", async (method, path) => {
    const refresh = path === "/authorizations" && method === "PUT";
    const who = refresh ? anybody : author;
    for (const raw of [
      "{",
      "nope",
      "{'a':1}",
      "\u0000",
      '{"a":1}}',
      "[1,2",
      '"text"',
      "1",
      "true",
      "null",
      "[]",
      "[[]]",
      "{}",
      '{"a":',
    ]) {
      const answer = await who.send(method, path, { raw, headers: json });
      expectProblem(answer);
    }
    const deep = '{"title":'.concat("[".repeat(40_000), "]".repeat(40_000), "}");
    expectProblem(await who.send(method, path, { raw: deep, headers: json }), [
      path.startsWith("/articles") ? 400 : 413,
    ]);
    const proto = '{"__proto__":{"title":"x","name":"x"},"constructor":{"prototype":{"a":1}}}';
    expectProblem(await who.send(method, path, { raw: proto, headers: json }));
    const answer = await who.send(method, path, { raw: "", headers: json });
    expectProblem(answer, [400]);
  });

  test.each(routes)("%s %s: of another kind, or too large", async (method, path) => {
    const good = JSON.stringify({ title: "t", content: "c", channel_id: 101, name: "n", password: "password" });
    for (const type of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "application/xml",
      "multipart/form-data",
      "nonsense",
      "application/json5",
    ])
      expectProblem(await send(method, path, good, { "content-type": type }), [415]);
    expectProblem(
      await send(method, path, Buffer.from(good, "utf16le"), { "content-type": "application/json; charset=utf-16" }),
      [415, 400],
    );
    expectProblem(await send(method, path, good, { "content-type": "application/json; charset=nope" }), [415]);
    expectProblem(await send(method, path, good, { ...json, "content-encoding": "zstd" }), [415]);
    expectProblem(await send(method, path, good, { ...json, "content-encoding": "gzip" }));
    expectProblem(await send(method, path, `{"title":"${"x".repeat(1_048_577)}"}`), [413]);
    const bomb = gzipSync(Buffer.alloc(50_000_000, 0x20));
    expectProblem(await send(method, path, bomb, { ...json, "content-encoding": "gzip" }), [413]);
  });

  test.each(["UTF8", "utf8", '"utf-8"', "Utf-8", '"UTF8"; boundary=x'])("in charset=%s is read", async (charset) => {
    const headers = { "content-type": `application/json; charset=${charset}` };
    for (const [path, body] of [
      ["/articles", { title: " ", content: "c", channel_id: 101 }],
      ["/events", {}],
    ] as const) {
      const { status, body: problem } = await author.send("POST", path, { raw: JSON.stringify(body), headers });
      expect({ status, code: problem.code }).toEqual({ status: 400, code: "INVALID_ARGUMENT" });
    }
  });

  test("without a content type is 415", async () => {
    const token = await bearer(1n);
    const { status } = await rawRequest(
      gateway.port,
      `POST /articles HTTP/1.1\r\nHost: x\r\nAuthorization: ${token}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`,
    );
    expect(status).toBe(415);
  });

  test("each field in turn may be anything, and is named", async () => {
    const values = [
      null,
      7,
      -1,
      1.5,
      1e300,
      true,
      [],
      [[]],
      {},
      { $gt: "" },
      "",
      " ",
      "\u0000",
      "\ud800",
      "x".repeat(200_000),
    ];
    const bodies = {
      "/articles": { title: "t", content: "c", channel_id: 101, cover: [] },
      "/users": { name: "n", password: "long enough" },
      "/authorizations": { name: "n", password: "long enough" },
    };
    for (const [path, good] of Object.entries(bodies)) {
      for (const field of Object.keys(good)) {
        for (const value of values) {
          const answer = await author.post(path, { ...good, [field]: value });
          expect(answer.status).toBeLessThan(500);
          if (answer.status === 400) {
            expectProblem(answer);
            for (const error of answer.body.errors) expect(error.field.startsWith(field)).toBe(true);
          }
        }
      }
    }
  });
});

describe("an answer to bad input is bounded, whatever the input", () => {
  const unknown = (bytes: number) => `{${Array.from({ length: bytes / 10 }, (_, at) => `"k${at}":1`).join(",")}}`;
  const BOUND = 8_192;

  test("of who is not signed in no more than 16 KiB is read, of readers 1 MiB", async () => {
    for (const [path, method] of [
      ["/articles", "POST"],
      ["/users", "POST"],
      ["/authorizations", "POST"],
      ["/authorizations", "PUT"],
      ["/articles/1/comments", "POST"],
    ] as const) {
      const large = await anybody.send(method, path, {
        raw: unknown(900_000),
        headers: { "content-type": "application/json" },
      });
      expectProblem(large, [413]);
      expect(large.body.message).toBe("the body is larger than 16 KiB");
    }
    const good = { title: "t", content: "c".repeat(60_000), channel_id: "101" };
    expect((await author.post("/articles", good)).status).toBe(201);
    const forged = client(gateway, "Bearer forged");
    expectProblem(await forged.post("/articles", good), [401]);
    const events = await anybody.send("POST", "/events", {
      raw: unknown(900_000),
      headers: { "content-type": "text/plain" },
    });
    expectProblem(events, [413]);
  });

  test.each<[string, () => Promise<Answer>]>([
    ["fields nothing knows", () => author.send("POST", "/articles", { raw: unknown(900_000), headers: jsonType })],
    ["a name nothing knows", () => author.post("/articles", { ["x".repeat(800_000)]: 1 })],
    [
      "covers",
      () => author.post("/articles", { title: "t", content: "c", channel_id: 1, cover: Array(90_000).fill(0) }),
    ],
    ["events of nothing", () => anybody.post("/events", { events: Array(100).fill({}) })],
    [
      "events of fields nothing knows",
      () => anybody.post("/events", { events: Array(5).fill(JSON.parse(unknown(9_000))) }),
    ],
    ["parameters", () => anybody.get(`/articles?${Array.from({ length: 2_000 }, (_, at) => `k${at}=1`).join("&")}`)],
    ["a path", () => anybody.get(`/${"x".repeat(15_000)}`)],
    ["an id", () => anybody.get(`/articles/${"9".repeat(15_000)}`)],
    [
      "a header",
      () => anybody.send("GET", "/articles?channel_id=x", { headers: { "x-request-id": "x".repeat(15_000) } }),
    ],
  ])("of %s", async (_, ask) => {
    const answer = await ask();
    expectProblem(answer, [400, 404]);
    expect(JSON.stringify(answer.body).length).toBeLessThan(BOUND);
    expect(answer.body.errors?.length ?? 0).toBeLessThanOrEqual(20);
  });
});

describe("framing", () => {
  test.each([
    [
      "a transfer encoding that is not chunked",
      "POST /articles HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    ],
    ["two hosts", "GET /channels HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"],
    [
      "length and chunks",
      "POST /articles HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
    ["two lengths", "POST /articles HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc"],
    ["no host", "GET /channels HTTP/1.1\r\n\r\n"],
    ["a folded header", "GET /channels HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n"],
    ["headers beyond 16 KiB", `GET /channels HTTP/1.1\r\nHost: x\r\nA: ${"x".repeat(20_000)}\r\n\r\n`],
    ["nothing like HTTP", "\u0016\u0003\u0001\u0000\r\n\r\n"],
  ])("%s is refused", async (_, text) => {
    const { status } = await rawRequest(gateway.port, text.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
    expect([400, 431]).toContain(status);
  });
});

test("after all of it the gateway serves as before", async () => {
  expect((await anybody.get("/articles?channel_id=101")).status).toBe(200);
  expect((await anybody.get("/healthz")).status).toBe(200);
});
