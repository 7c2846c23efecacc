import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { RunningGateway } from "../src/open-gateway.js";
import { client, openWorld, type World } from "./open-world.js";
import { startGatewayProcess } from "./service-process.js";

const BODY = JSON.stringify({ message: "OK", data: { results: [], padding: "an article ".repeat(200) } });
const SMALL = JSON.stringify({ message: "OK", data: { results: [] } });
const TAG = "dGhlIHRhZyBvZiBhIHBhZ2U-_x";

let world: World;
let gateway: RunningGateway;

beforeAll(async () => {
  world = await openWorld();
  await addPage(0, BODY);
  await addPage(101, SMALL);
  gateway = await world.openGateway({ recommenderAddress: "127.0.0.1:1" });
});
afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
});

async function addPage(channelId: number, body: string): Promise<void> {
  await world.mysql.write(
    "INSERT INTO static_pages (channel_id, format, etag, body, built_at, checked_at) VALUES (?, 'json', ?, ?, 1, 1)",
    [channelId, TAG, Buffer.from(body)],
  );
}

const ask = (
  path: string,
  headers: Record<string, string>,
  { method = "GET", of = gateway }: { method?: string; of?: { url: string } } = {},
) => client(of).send(method, path, { headers: { "cache-control": "max-age=0", ...headers } });

async function fetched(path: string, headers: Record<string, string>) {
  const answer = await fetch(gateway.url + path, { headers: { "cache-control": "max-age=0", ...headers } });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

describe("a page that a client has", () => {
  test.each([
    `W/"${TAG}"`,
    `"${TAG}"`,
    "*",
    `"other", W/"${TAG}"`,
    `"other","${TAG}" , "third"`,
    `"${TAG}-gzip"`,
    `W/"${TAG}-gzip"`,
    `"${TAG};gzip"`,
    `"${TAG}--gzip"`,
    `"${TAG}-br"`,
    `"${TAG};br"`,
    `"${TAG}:zstd"`,
    `"other", W/"${TAG};br"`,
  ])("is 304 without a body for If-None-Match: %s", async (tags) => {
    const { status, headers, text } = await fetched("/pages/0.json", {
      "if-none-match": tags,
      "accept-encoding": "gzip",
    });
    expect([status, text, headers.get("content-encoding")]).toEqual([304, "", null]);
    expect([headers.get("etag"), headers.get("vary")]).toEqual([`W/"${TAG}"`, "Accept-Encoding"]);
  });

  test.each([`"other"`, `"${TAG}x"`, `"${TAG}-other"`, `"-gzip"`, `"x${TAG}-gzip"`, ""])(
    "is sent for If-None-Match: %s",
    async (tags) => {
      expect((await ask("/pages/0.json", { "if-none-match": tags })).status).toBe(200);
    },
  );
});

describe("an answer of more than 1 KiB", () => {
  test.each([
    ["gzip", "gzip"],
    ["br", "br"],
    ["gzip, deflate, br, zstd", "br"],
    ["br;q=0, gzip", "gzip"],
    ["identity", null],
    ["gzip;q=0", null],
    ["unknown", null],
  ])("is compressed as the client accepts: %s", async (accepted, encoding) => {
    const { headers, body } = await ask("/pages/0.json", { "accept-encoding": accepted });
    expect([headers.get("content-encoding"), body]).toEqual([encoding, JSON.parse(BODY)]);
    expect(headers.get("vary")).toContain("Accept-Encoding");
  });

  test("is compressed on every route, and keeps its headers", async () => {
    const { headers, body } = await ask("/openapi.json", { "accept-encoding": "gzip" });
    expect([headers.get("content-encoding"), headers.get("content-length")]).toEqual(["gzip", null]);
    expect(body.openapi).toBeDefined();
  });

  test("is not for HEAD, nor where a setting leaves it to a proxy", async () => {
    const head = await fetch(`${gateway.url}/pages/0.json`, { method: "HEAD", headers: { "accept-encoding": "gzip" } });
    expect([head.status, head.headers.get("content-encoding")]).toEqual([200, null]);
    expect(head.headers.get("content-length")).toBe(String(BODY.length));
    await using plain = await startGatewayProcess(world, {
      recommenderAddress: "127.0.0.1:1",
      env: { COMPRESS: " OFF" },
    });
    const { headers, body } = await ask("/pages/0.json", { "accept-encoding": "gzip" }, { of: plain });
    expect([headers.get("content-encoding"), body]).toEqual([null, JSON.parse(BODY)]);
  });

  test.each(["no-transform", "max-age=0, No-Transform", "no-transform,no-cache"])(
    "is sent as it is where the client asks for that: %s",
    async (cacheControl) => {
      const headers = { "accept-encoding": "gzip", "cache-control": cacheControl };
      const answer = await ask("/pages/0.json", headers);
      expect([answer.headers.get("content-encoding"), answer.body]).toEqual([null, JSON.parse(BODY)]);
    },
  );
});

test("a small answer is sent as it is, and says that others would not be", async () => {
  const { headers, body } = await ask("/pages/101.json", { "accept-encoding": "gzip, br" });
  expect([headers.get("content-encoding"), body]).toEqual([null, JSON.parse(SMALL)]);
  expect([headers.get("vary"), headers.get("content-length")]).toEqual(["Accept-Encoding", String(SMALL.length)]);
});
