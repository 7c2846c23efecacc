import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { RunningGateway } from "../src/open-gateway.js";
import { client, openWorld, type World } from "./open-world.js";

const PAGE = "https://news.example";
let world: World;
let gateway: RunningGateway;

beforeAll(async () => {
  world = await openWorld();
  gateway = await world.openGateway({ recommenderAddress: "127.0.0.1:1", corsOrigins: [PAGE] });
});
afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
});

const ask = (method: string, path: string, headers: Record<string, string>) =>
  client(gateway).send(method, path, { headers });

describe("pages of another site", () => {
  test("that may ask read answers, errors too, and the headers that clients need", async () => {
    for (const [path, status] of [
      ["/channels", 200],
      ["/articles?channel_id=x", 400],
      ["/nothing", 404],
    ] as const) {
      const answer = await ask("GET", path, { origin: PAGE });
      expect(answer.status).toBe(status);
      expect(answer.headers.get("access-control-allow-origin")).toBe(PAGE);
      expect(answer.headers.get("access-control-expose-headers")).toContain("X-Anonymous-Id");
      expect(answer.headers.get("vary")).toContain("Origin");
    }
  });

  test("that may ask are told which methods and headers they may send", async () => {
    const preflight = { origin: PAGE, "access-control-request-method": "POST" };
    const answer = await ask("OPTIONS", "/articles", preflight);
    expect(answer.status).toBe(204);
    expect(answer.headers.get("access-control-allow-methods")).toContain("DELETE");
    expect(answer.headers.get("access-control-allow-headers")).toContain("Idempotency-Key");
    expect(answer.headers.get("access-control-allow-credentials")).toBeNull();
  });

  test("that may not are told nothing", async () => {
    for (const origin of ["https://evil.example", "null", `${PAGE}.evil.example`, "http://news.example"]) {
      const preflight = { origin, "access-control-request-method": "POST" };
      for (const answer of [await ask("GET", "/channels", { origin }), await ask("OPTIONS", "/articles", preflight)]) {
        expect(answer.headers.get("access-control-allow-origin")).toBeNull();
        expect(answer.headers.get("vary")).toContain("Origin");
      }
    }
  });
});

test("no answer lets a browser guess what it is", async () => {
  for (const path of ["/healthz", "/readyz", "/metrics", "/channels", "/nothing", "/docs", "/openapi.json"]) {
    const { headers } = await ask("GET", path, {});
    expect([headers.get("x-content-type-options"), headers.get("referrer-policy")]).toEqual(["nosniff", "same-origin"]);
  }
});
