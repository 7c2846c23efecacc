import { execFile } from "node:child_process";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "@jest/globals";
import { openRecommender, recommendation } from "./support.js";

const HEALTHCHECK = fileURLToPath(new URL("../../../tools/container/healthcheck.ts", import.meta.url));

test("a proxy in the environment does not catch calls of the recommender", async () => {
  await using server = await openRecommender(async () => recommendation());
  let caught = 0;
  const proxy = createServer((socket) => {
    caught += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(proxy.address() as { port: number }).port}`;
  const names = ["http_proxy", "https_proxy", "grpc_proxy", "all_proxy"].flatMap((name) => [name, name.toUpperCase()]);
  const env = { PATH: process.env["PATH"], ...Object.fromEntries(names.map((name) => [name, url])) };

  const args = ["--import", "tsx", "--conditions=headline-source", HEALTHCHECK, `grpc://${server.address}`];
  await promisify(execFile)(process.execPath, args, { env }); // rejects unless it ends with 0
  expect(caught).toBe(0);
  await new Promise((resolve) => proxy.close(resolve));
});
