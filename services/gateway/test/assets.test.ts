import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { client, openWorld, type World } from "./open-world.js";
import { rawRequest } from "./raw-request.js";

const SCRIPT = "export {};".repeat(100);

let world: World;
let folder: string;
let gateway: { url: string; port: number };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "assets-"));
  mkdirSync(join(folder, "pages", "covers"), { recursive: true });
  writeFileSync(join(folder, "secret.txt"), "secret");
  writeFileSync(join(folder, "pages", "index.html"), "<title>Headline</title>");
  writeFileSync(join(folder, "pages", ".env"), "secret");
  writeFileSync(join(folder, "pages", "covers", "a.svg"), "<svg/>");
  mkdirSync(join(folder, "pages", "assets"));
  writeFileSync(join(folder, "pages", "assets", "index-DjapUfXR.js"), SCRIPT);
  writeFileSync(join(folder, "pages", "assets", "index-DjapUfXR.js.br"), brotliCompressSync(SCRIPT));
  writeFileSync(join(folder, "pages", "assets", "index-DjapUfXR.js.gz"), gzipSync(SCRIPT));
  writeFileSync(join(folder, "pages", "assets", "plain.css"), "p {}");
  symlinkSync("/nowhere", join(folder, "pages", "broken.html"));
  world = await openWorld();
  gateway = await world.openGateway({
    recommenderAddress: "127.0.0.1:1",
    assets: [join(folder, "pages"), join(folder, "not-there")],
    coverOrigins: ["https://img.example"],
  });
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

test("files are served as what they are, beside the routes", async () => {
  expect(await client(gateway).get("/")).toMatchObject({ status: 200, body: "<title>Headline</title>" });
  const cover = await client(gateway).get("/covers/a.svg");
  expect([cover.status, cover.headers.get("content-type")]).toEqual([200, "image/svg+xml"]);
  expect((await client(gateway).get("/channels")).body.message).toBe("OK");
});

test("a file has GET and HEAD: OPTIONS says so, and other methods are 405", async () => {
  const send = (method: string, path: string) => client(gateway).send(method, path);
  for (const path of ["/", "/covers/a.svg", "/assets/index-DjapUfXR.js"]) {
    for (const method of ["OPTIONS", "POST", "PUT", "PATCH", "DELETE"]) {
      const { status, headers } = await send(method, path);
      expect([method, status, headers.get("allow")]).toEqual([
        method,
        method === "OPTIONS" ? 204 : 405,
        "GET, HEAD, OPTIONS",
      ]);
    }
  }
  for (const path of ["/.env", "/nothing", "/covers", "/broken.html", "/%2e%2e/secret.txt", "/%00", "/covers/"])
    expect([path, (await send("POST", path)).status]).toEqual([path, 404]);
  expect((await send("POST", "/%FF")).status).toBe(400);
});

test("a page is asked for again, what has a hash in its name is kept, and nothing runs that stands in the page", async () => {
  const page = await client(gateway).get("/");
  expect(page.headers.get("cache-control")).toBe("no-cache");
  expect(page.headers.get("content-security-policy")).toContain("default-src 'self'");
  expect(page.headers.get("content-security-policy")).not.toContain("unsafe");
  expect(page.headers.get("content-security-policy")).toContain("; img-src 'self' data: https://img.example;");
  expect((await client(gateway).get("/channels")).body.data.cover_origins).toEqual(["https://img.example"]);
  const script = await client(gateway).get("/assets/index-DjapUfXR.js");
  expect(script.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
  expect((await client(gateway).get("/assets/plain.css")).headers.get("cache-control")).toBe("no-cache");
  expect((await client(gateway).get("/covers/a.svg")).headers.get("cache-control")).toBe("public, max-age=3600");
});

test("a part of a file, and a file that is another one than the client has, are answered by their own status", async () => {
  const ask = (headers: Record<string, string>) => client(gateway).send("GET", "/covers/a.svg", { headers });
  expect(await ask({ range: "bytes=1-3" })).toMatchObject({ status: 206, headers: expect.anything() });
  const beyond = await ask({ range: "bytes=600-" });
  expect([beyond.status, beyond.body.code]).toEqual([416, "RANGE_NOT_SATISFIABLE"]);
  expect(beyond.headers.get("content-range")).toBe("bytes */6");
  for (const headers of [{ "if-match": '"another"' }, { "if-unmodified-since": "Fri, 31 Dec 1999 23:59:59 GMT" }])
    expect(await ask(headers)).toMatchObject({ status: 412, body: { code: "PRECONDITION_FAILED" } });
});

test.each([
  ["br, gzip", "br"],
  ["gzip", "gzip"],
  ["br;q=0, gzip", "gzip"],
  ["identity", null],
])("a script comes as the build compressed it to who accepts %s", async (accepted, encoding) => {
  const { status, headers, body } = await client(gateway).send("GET", "/assets/index-DjapUfXR.js?v=1", {
    headers: { "accept-encoding": accepted },
  });
  expect([status, body, headers.get("content-encoding")]).toEqual([200, SCRIPT, encoding]);
  expect(headers.get("content-type")).toBe("text/javascript; charset=utf-8");
  expect(headers.get("vary")).toContain("Accept-Encoding");
  const plain = await client(gateway).send("GET", "/assets/plain.css", { headers: { "accept-encoding": accepted } });
  expect([plain.status, plain.body, plain.headers.get("content-encoding")]).toEqual([200, "p {}", null]);
});

test("what is not there, or not to be seen, is a problem of ours, without a path of the machine", async () => {
  for (const path of [
    "/nothing.html",
    "/broken.html",
    "/.env",
    "/covers/..%2f..%2fsecret.txt",
    "/../secret.txt",
    "/..%5csecret.txt",
    `/${"x".repeat(400)}`,
    "/index.html/more",
    "/assets/nothing.js",
    "/assets/..%2f..%2fsecret.txt.js",
    "/%00",
    "/%",
    "/covers/%E0%A4%A",
  ]) {
    const text = `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
    const { status, headers, body } = await rawRequest(gateway.port, text);
    expect([400, 404]).toContain(status);
    expect(headers).toMatch(/application\/problem\+json/);
    expect(body).not.toMatch(/secret<|assets-|ENOENT|ENAMETOOLONG|tmp/);
  }
});
