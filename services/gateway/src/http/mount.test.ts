import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Refusal } from "@headline/service/errors";
import { afterEach, expect, test } from "@jest/globals";
import express from "express";
import { pino } from "pino";
import { z } from "zod";
import { bind, mountRoutes } from "./mount.js";
import { problems } from "./problem.js";
import { decimal, idText } from "./read.js";
import { identifyRequest } from "./request-id.js";
import { type Call, route, type Story } from "./route.js";

const Path = z.object({ id: idText });
const Body = z.strictObject({ text: z.string() });
const Query = z.object({ twice: decimal({ min: 0, max: 1 }).default(0) });
const Note = z.object({ id: z.string(), text: z.string(), by: z.string(), key: z.string() });

interface Deps {
  readonly mark: string;
}

function writeNote({ mark }: Deps) {
  return ({
    reader,
    params,
    query,
    body,
    key,
  }: Call<{
    reader: { userId: bigint };
    params: { id: bigint };
    query: { twice: number };
    body: { text: string };
  }>) => ({
    id: String(params.id),
    text: mark + body.text.repeat(query.twice + 1),
    by: String(reader.userId),
    key: key ?? "none",
  });
}

const declared = { summary: "", description: "", params: Path, answer: { data: Note } } as const;
const notes: Story<Deps> = {
  tag: "Notes",
  about: "",
  routes: [
    route({
      ...declared,
      method: "post",
      path: "/notes/:id",
      name: "write",
      access: "signed-in",
      query: Query,
      body: { schema: Body },
      rate: "comments",
      keyed: true,
      answer: { status: 201, data: Note, location: ({ id }) => `/notes/${id}` },
      handler: writeNote,
    }),
    route({
      ...declared,
      method: "get",
      path: "/notes/:id",
      name: "read",
      access: "optional",
      handler:
        () =>
        ({ reader, params }) => {
          if (params.id === 0n) throw new Refusal("NOT_FOUND", "there is no such note");
          return { id: String(params.id), text: "", by: String(reader?.userId), key: "" };
        },
    }),
    route({
      ...declared,
      method: "get",
      path: "/notes/first",
      name: "first",
      access: "public",
      answer: { type: "text/plain" },
      raw: () => (_req, res) => void res.end("first"),
    }),
    route({ ...declared, method: "put", path: "/notes/none", name: "none", access: "public", raw: () => undefined }),
  ],
};

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.closeAllConnections();
});

/** Serves the notes; `steps` are authentication and rate limits, as they happen. */
async function serve() {
  const steps: string[] = [];
  const verify = async (token: string | undefined) => {
    steps.push(`authenticate ${token}`);
    if (token !== "Bearer good") throw new Refusal("UNAUTHENTICATED", "no");
    return { userId: 7n };
  };
  const authenticate = {
    anybody: (req: express.Request) => verify(req.headers.authorization),
    signedIn: (req: express.Request) => verify(req.headers.authorization),
  };
  const unlimited = () => Promise.resolve();
  const comments = async ({ readerId }: { readerId?: bigint | undefined }) => void steps.push(`limit ${readerId}`);
  const writeLimits = { events: unlimited, articles: unlimited, sockets: unlimited, comments };
  const app = express();
  app.use(identifyRequest);
  mountRoutes(app, bind(notes, { mark: "*" }, { authenticate, writeLimits }));
  app.use(problems(pino({ level: "silent" })));
  const server = createServer(app).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  const send = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, {
      method,
      headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) };
  };
  return { steps, send };
}

test("a handler gets what its route declares, and its data is the answer", async () => {
  const { send } = await serve();
  const headers = { authorization: "Bearer good", "idempotency-key": "k" };
  const answer = await send("POST", "/notes/3?twice=1", { text: "a" }, headers);
  expect([answer.status, answer.headers.get("location")]).toEqual([201, "/notes/3"]);
  expect(answer.json()).toEqual({ message: "OK", data: { id: "3", text: "*aa", by: "7", key: "k" } });
});

test("where only readers are answered, the token is verified and counted before input is read", async () => {
  const { send, steps } = await serve();
  expect((await send("POST", "/notes/x", { text: 1 })).status).toBe(401);
  expect((await send("POST", "/notes/x", { text: 1 }, { authorization: "Bearer good" })).json()).toMatchObject({
    status: 400,
    errors: [{ field: "id", detail: "must be a decimal id" }],
  });
  expect(steps).toEqual(["authenticate undefined", "authenticate Bearer good", "limit 7"]);
});

test("where a reader is optional, a malformed request is refused before its token is read, and none is asked for", async () => {
  const { send, steps } = await serve();
  expect((await send("GET", "/notes/x", undefined, { authorization: "Bearer bad" })).status).toBe(400);
  expect((await send("GET", "/notes/3")).json().data.by).toBe("undefined");
  expect(steps).toEqual([]);
  expect((await send("GET", "/notes/3", undefined, { authorization: "Bearer bad" })).status).toBe(401);
  expect((await send("GET", "/notes/0")).json()).toMatchObject({ status: 404, code: "NOT_FOUND" });
});

test("a path without parameters is never taken for an id, and a route without a handler is not there", async () => {
  const { send } = await serve();
  expect((await send("GET", "/notes/first")).text).toBe("first");
  const allow = async (method: string, path: string) => {
    const { status, headers } = await send(method, path);
    return [status, headers.get("allow")];
  };
  expect(await allow("POST", "/Notes/First/")).toEqual([405, "GET, HEAD, OPTIONS"]);
  expect(await allow("PUT", "/notes/none")).toEqual([405, "GET, HEAD, OPTIONS, POST"]);
  expect(await allow("OPTIONS", "/notes/3")).toEqual([204, "GET, HEAD, OPTIONS, POST"]);
  expect((await send("GET", "/others/3")).status).toBe(404);
});
