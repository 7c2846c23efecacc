import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { credentials, Metadata } from "@grpc/grpc-js";
import { inFull } from "@headline/testkit";
import { describe, expect, it } from "@jest/globals";
import { connectRecommender, type Recommend, UserRecommendClient } from "../src/index.js";
import { after, openRecommender, reader, recommendation, until } from "./support.js";

const buf = fileURLToPath(new URL("../../../node_modules/.bin/buf", import.meta.url));
const root = fileURLToPath(new URL("../../../", import.meta.url));

/** Header metadata of a plain generated client's call: what any other caller sees. */
function headerOf(address: string): Promise<Metadata> {
  const client = new UserRecommendClient(address, credentials.createInsecure());
  return new Promise<Metadata>((resolve, reject) => {
    const call = client.userRecommend(reader, new Metadata(), { deadline: Date.now() + 20_000 }, (error) => {
      if (error) reject(error);
    });
    call.on("metadata", resolve);
  }).finally(() => client.close());
}

describe("a recommendation server", () => {
  it("says mode, stamp, algorithm, reasons and what it does without in answer metadata", async () => {
    const said = {
      mode: "replay",
      stamp: 12n,
      algo: "ftrl",
      reasons: ["hot", "explore"],
      without: ["blocks"],
    } as const;
    const answer = recommendation(said);
    await using server = await openRecommender(async () => answer);
    const metadata = await headerOf(server.address);
    expect(metadata.getMap()).toMatchObject({
      "x-feed-mode": "replay",
      "x-feed-stamp": "12",
      "x-feed-algo": "ftrl",
      "x-feed-reasons": "hot,explore",
      "x-feed-without": "blocks",
    });
  });

  it("serves on a unix socket", async () => {
    const folder = mkdtempSync(join(tmpdir(), "headline-rpc-"));
    try {
      await using server = await openRecommender(async () => recommendation({ exposure: "by socket" }), {
        address: `unix:${folder}/rpc.sock`,
      });
      await using recommender = connectRecommender({ address: server.address });
      expect(await recommender.recommend(reader)).toMatchObject({ exposure: "by socket" });
      await until(() => recommender.streaming);
      expect(await recommender.recommend(reader)).toMatchObject({ exposure: "by socket" });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("reflection, as buf curl sees it", () => {
  const curl = async (server: { address: string }, path: string, ...args: string[]) => {
    const child = spawn(
      buf,
      ["curl", "--http2-prior-knowledge", "--protocol", "grpc", ...args, `http://${server.address}${path}`],
      { cwd: root, stdio: ["ignore", "pipe", "pipe"] },
    );
    let out = "";
    let err = "";
    child.stdout.on("data", (bytes) => {
      out += bytes;
    });
    child.stderr.on("data", (bytes) => {
      err += bytes;
    });
    const code = await new Promise((resolve) => child.on("close", resolve));
    expect({ code, err }).toEqual({ code: 0, err: "" });
    return out;
  };

  it.each(["grpc-v1", "grpc-v1alpha"])("lists every service by %s, those without a package too", async (protocol) => {
    await using server = await openRecommender(async () => recommendation());
    const listed = await curl(server, "", "--list-services", "--reflect-protocol", protocol);
    expect(listed.trim().split("\n").sort()).toEqual([
      "UserRecommend",
      "grpc.health.v1.Health",
      "grpc.reflection.v1.ServerReflection",
      "grpc.reflection.v1alpha.ServerReflection",
      "headline.recommend.v1.RecommendService",
    ]);
  });

  it("lets a tool call user_recommend, the stream and Health/Check without any .proto", async () => {
    await using server = await openRecommender(async ({ userId }) =>
      recommendation({ stamp: userId, timeStamp: userId }),
    );
    const answer = await curl(server, "/UserRecommend/user_recommend", "-d", '{"user_id":"9007199254740993"}');
    expect(JSON.parse(answer)).toEqual({ timeStamp: "9007199254740993" });
    const stream = "/headline.recommend.v1.RecommendService/StreamRecommendations";
    const replies = await curl(server, stream, "-d", '{"calls":[{"id":3,"request":{"user_id":"5"}}]}');
    expect(JSON.parse(replies)).toMatchObject({
      replies: [{ id: 3, answer: { stamp: "5", mode: "FEED_MODE_REFRESH" } }],
    });
    const health = await curl(server, "/grpc.health.v1.Health/Check", "-d", '{"service":"UserRecommend"}');
    expect(JSON.parse(health)).toEqual({ status: "SERVING" });
  });
});

describe("a drain", () => {
  it.each([
    ["over the stream", false],
    ["unary", true],
  ])("of one of two servers under load fails no call, %s", async (_, unaryOnly) => {
    const slow: Recommend = async () => {
      await after(5 * Math.random());
      return recommendation();
    };
    const servers = [await openRecommender(slow), await openRecommender(slow)];
    const ports = servers.map(({ port }) => port);
    await using recommender = connectRecommender({
      address: `ipv4:${ports.map((port) => `127.0.0.1:${port}`).join(",")}`,
      timeoutMs: 20_000,
      unaryOnly,
    });
    if (!unaryOnly) await until(() => recommender.streaming);
    let stop = false;
    let answered = 0;
    const failed: unknown[] = [];
    const load = Array.from({ length: 32 }, async () => {
      while (!stop) {
        await recommender.recommend(reader).then(
          () => answered++,
          (error) => failed.push(error),
        );
        await after(inFull(20, 0));
      }
    });
    // A rolling restart, twice.
    for (const place of [0, 1, 0, 1]) {
      await after(200);
      await servers[place]!.drain();
      servers[place] = await openRecommender(slow, { address: `127.0.0.1:${ports[place]}` });
      await after(600);
    }
    stop = true;
    await Promise.all(load);
    for (const server of servers) await server.drain();
    expect(failed).toEqual([]);
    expect(answered).toBeGreaterThan(100);
  });
});
