import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { client, openWorld, type World } from "./open-world.js";
import { rawRequest } from "./raw-request.js";

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
  symlinkSync("/nowhere", join(folder, "pages", "broken.html"));
  world = await openWorld();
  gateway = await world.openGateway({
    recommenderAddress: "127.0.0.1:1",
    assets: [join(folder, "pages"), join(folder, "not-there")],
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
