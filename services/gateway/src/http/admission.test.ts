import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout } from "node:timers/promises";
import { eventually } from "@headline/testkit";
import { afterEach, describe, expect, test } from "@jest/globals";
import express, { type RequestHandler } from "express";
import { pino } from "pino";
import { z } from "zod";
import { admission } from "./admission.js";
import { createBody } from "./body.js";
import { problems } from "./problem.js";
import { identifyRequest } from "./request-id.js";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.closeAllConnections();
});

/** A server with one route; bugs are collected. */
async function serve(handler: RequestHandler, options: { max?: number; budgetMs?: number } = {}) {
  const bugs: unknown[] = [];
  const app = express();
  app.use(
    identifyRequest,
    admission({ max: 10, budgetMs: 100, ...options }),
    createBody({ schema: z.unknown() }, { signedIn: () => Promise.reject(new Error("not here")) }),
    handler,
  );
  app.use(problems(pino({ level: "error" }, { write: (line: string) => void bugs.push(JSON.parse(line)) })));
  const server = createServer(app).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const post = (body: string | AsyncIterable<Buffer> = "{}") =>
    fetch(url, {
      method: "POST",
      body,
      headers: { "content-type": "application/json" },
      duplex: "half",
    } as RequestInit);
  return { url, bugs, post, close: () => server.close() };
}

describe("admission", () => {
  test("answers 503 for what takes too long, and what comes of it afterwards hurts nobody", async () => {
    let late = 0;
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { bugs, post, close } = await serve(async (_req, res) => {
      await released;
      late += 1;
      res.setHeader("X-Late", "1");
      res.end("late");
    });
    const answer = await post();
    expect(answer.status).toBe(503);
    expect(answer.headers.get("retry-after")).toBe("1");
    expect(await answer.json()).toMatchObject({ code: "UNAVAILABLE" });
    expect((await post()).status).toBe(503); // the connection is as good as before
    expect(late).toBe(0);
    release();
    await eventually(() => expect(late).toBe(2));
    expect((await post()).status).toBe(200); // by now the two have failed
    expect(bugs).toEqual([]);
    close();
  });

  test("counts the time from when all of the request is here", async () => {
    const { post, close } = await serve((_req, res) => void res.end("done"));
    const slowly = async function* () {
      yield Buffer.from("{");
      await setTimeout(300);
      yield Buffer.from("}");
    };
    expect((await post(slowly())).status).toBe(200);
    close();
  });

  test("leaves an answer alone that has begun", async () => {
    const { post, close } = await serve(async (_req, res) => {
      res.write("begun, ");
      await setTimeout(300);
      res.end("done");
    });
    expect(await (await post()).text()).toBe("begun, done");
    close();
  });

  test("refuses what is beyond its limit, and takes more when somebody has left", async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let arrived = 0;
    const { post, close } = await serve(
      async (_req, res) => {
        arrived += 1;
        await held;
        res.end("done");
      },
      { max: 2, budgetMs: 30_000 },
    );
    const first = [post(), post()];
    await eventually(() => expect(arrived).toBe(2));
    expect((await post()).status).toBe(503);
    release();
    for (const answer of await Promise.all(first)) expect(answer.status).toBe(200);
    expect((await post()).status).toBe(200);
    close();
  });
});
