import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { HealthClient, inFlightGate } from "@headline/grpc";
import { Refusal, type RefusalCode } from "@headline/service/errors";
import { inFull } from "@headline/testkit";
import { describe, expect, it } from "@jest/globals";
import {
  type ArticleResponse,
  connectRecommender,
  type Recommend,
  type RecommendContext,
  UserRecommendClient,
  type UserRequest,
} from "../src/index.js";
import { after, openRecommender, reader, recommendation, until } from "./support.js";

const buf = fileURLToPath(new URL("../../../node_modules/.bin/buf", import.meta.url));
const root = fileURLToPath(new URL("../../../", import.meta.url));

/** A plain generated client: what any other caller has. */
function plainClient(address: string) {
  const client = new UserRecommendClient(address, credentials.createInsecure(), {
    "grpc.use_local_subchannel_pool": 1,
  });
  const ask = (
    request: Partial<UserRequest> = {},
    { timeoutMs = 20_000, metadata = new Metadata() }: { timeoutMs?: number; metadata?: Metadata } = {},
  ) =>
    new Promise<{ response: ArticleResponse; metadata: Metadata }>((resolve, reject) => {
      let answered = new Metadata();
      const call = client.userRecommend(
        { ...reader, ...request },
        metadata,
        { deadline: Date.now() + timeoutMs },
        (e, r) => (e ? reject(e) : resolve({ response: r, metadata: answered })),
      );
      call.on("metadata", (sent) => {
        answered = sent;
      });
    });
  return { ask, [Symbol.dispose]: () => client.close() };
}

const refused = (promise: Promise<unknown>) =>
  promise.then(
    () => {
      throw new Error("it was answered");
    },
    (error: ServiceError) => error,
  );

/** What user_recommend answers to bytes in the place of a request. */
async function sendBytes(address: string, bytes: Buffer): Promise<ServiceError | null> {
  const raw = new UserRecommendClient(address, credentials.createInsecure());
  try {
    return await new Promise((resolve) => {
      raw.makeUnaryRequest(
        "/UserRecommend/user_recommend",
        () => bytes,
        (answer) => answer,
        {},
        (error) => resolve(error),
      );
    });
  } finally {
    raw.close();
  }
}

describe("a unary handler", () => {
  it.each<[RefusalCode, number]>([
    ["INVALID_ARGUMENT", 3],
    ["DEADLINE_EXCEEDED", 4],
    ["NOT_FOUND", 5],
    ["ALREADY_EXISTS", 6],
    ["PERMISSION_DENIED", 7],
    ["RESOURCE_EXHAUSTED", 8],
    ["FAILED_PRECONDITION", 9],
    ["UNAVAILABLE", 14],
    ["UNAUTHENTICATED", 16],
  ])("answers a Refusal %s with status %i and its sentence", async (code, number) => {
    await using server = await openRecommender(async () => {
      throw new Refusal(code, "忙 because \ud800");
    });
    using client = plainClient(server.address);
    expect(await refused(client.ask())).toMatchObject({ code: number, details: "忙 because \ufffd" });
    expect(server.bugs).toEqual([]);
  });

  it("cuts a long sentence between two characters", async () => {
    await using server = await openRecommender(async () => {
      throw new Refusal("NOT_FOUND", "忙".repeat(1_000));
    });
    using client = plainClient(server.address);
    expect(await refused(client.ask())).toMatchObject({ details: "忙".repeat(341) });
  });

  it("says when asking again makes sense", async () => {
    await using server = await openRecommender(async () => {
      throw new Refusal("RESOURCE_EXHAUSTED", "full", { retryAfterSeconds: 0.25 });
    });
    using client = plainClient(server.address);
    const { metadata } = await refused(client.ask());
    expect(metadata.get("grpc-retry-pushback-ms")).toEqual(["250"]);
  });

  it.each<[string, Recommend]>([
    ["rejects", () => Promise.reject(new Error("SELECT secret FROM users"))],
    [
      "throws at once",
      () => {
        throw new TypeError("x is not a function");
      },
    ],
    ["rejects with nothing", () => Promise.reject(undefined)],
    ["answers nonsense", () => Promise.resolve({ ...recommendation(), timeStamp: "x" } as never)],
  ])("that %s is INTERNAL without detail, and the next call is answered", async (_, broken) => {
    await using server = await openRecommender((request, context) =>
      request.userId === 13n ? broken(request, context) : Promise.resolve(recommendation({ exposure: "fine" })),
    );
    using client = plainClient(server.address);
    const error = await refused(client.ask({ userId: 13n }));
    expect(error.code).toBe(status.INTERNAL);
    expect(error.details).toMatch(/^(internal error|Error serializing response)$/);
    expect((await client.ask()).response.exposure).toBe("fine");
  });

  it("tells a bug to onBug once", async () => {
    const bug = new Error("a bug");
    await using server = await openRecommender(() => Promise.reject(bug));
    using client = plainClient(server.address);
    await refused(client.ask());
    expect(server.bugs).toEqual([bug]);
  });

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
    using client = plainClient(server.address);
    const { metadata } = await client.ask();
    expect(metadata.getMap()).toMatchObject({
      "x-feed-mode": "replay",
      "x-feed-stamp": "12",
      "x-feed-algo": "ftrl",
      "x-feed-reasons": "hot,explore",
      "x-feed-without": "blocks",
    });
  });

  it("knows its deadline, and stops when it has passed", async () => {
    const seen: RecommendContext[] = [];
    const aborted: unknown[] = [];
    await using server = await openRecommender(async (_, context) => {
      seen.push(context);
      expect(context.deadlineMs).toBeGreaterThan(0);
      expect(context.deadlineMs).toBeLessThanOrEqual(100);
      await new Promise((_, reject) =>
        context.signal.addEventListener("abort", () => {
          aborted.push(context.signal.reason);
          reject(context.signal.reason);
        }),
      );
      return recommendation();
    });
    using client = plainClient(server.address);
    expect(await refused(client.ask({}, { timeoutMs: 100 }))).toMatchObject({ code: status.DEADLINE_EXCEEDED });
    await until(() => aborted.length === 1);
    expect(server.bugs).toEqual([]);
  });

  it("stops when the caller goes away", async () => {
    let reason: unknown;
    let started = false;
    await using server = await openRecommender(async (_, { signal }) => {
      started = true;
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      reason = signal.reason;
      signal.throwIfAborted();
      return recommendation();
    });
    const client = new UserRecommendClient(server.address, credentials.createInsecure());
    const call = client.userRecommend(reader, () => undefined);
    await until(() => started);
    call.cancel();
    await until(() => reason !== undefined);
    client.close();
    expect(reason).toMatchObject({ name: "AbortError" });
    expect(server.bugs).toEqual([]);
  });

  it("ends a call that came without deadline at its own limit", async () => {
    await using server = await openRecommender(() => new Promise(() => undefined), {
      edge: { limitMs: 50 },
      drainMs: 100,
    });
    using client = plainClient(server.address);
    expect(await refused(client.ask({}, { timeoutMs: 4_000 }))).toMatchObject({ code: status.DEADLINE_EXCEEDED });
  });

  it("refuses metadata beyond 8 KiB, for good", async () => {
    await using server = await openRecommender(async () => recommendation());
    using client = plainClient(server.address);
    const metadata = new Metadata();
    metadata.set("x-large", "a".repeat(9_000));
    const error = await refused(client.ask({}, { metadata }));
    expect(error.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(error.metadata.get("grpc-retry-pushback-ms")).toEqual(["-1"]);
    await client.ask();
  });

  it("refuses what is beyond the gate with pushback, and opens it again", async () => {
    const gate = inFlightGate(2);
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await using server = await openRecommender(
      async () => {
        await held;
        return recommendation();
      },
      { edge: { gate } },
    );
    using client = plainClient(server.address);
    const first = [client.ask(), client.ask()];
    await until(() => gate.size === 2);
    const error = await refused(client.ask());
    expect(error.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(error.metadata.get("grpc-retry-pushback-ms")).toEqual(["100"]);
    release();
    await Promise.all(first);
    await client.ask();
    expect(gate.size).toBe(0);
  });
});

describe("the server", () => {
  it("refuses a request of more than 64 KiB and lives", async () => {
    await using server = await openRecommender(async () => recommendation());
    using client = plainClient(server.address);
    const error = await sendBytes(server.address, Buffer.alloc(70_000));
    expect(error?.code).toBe(status.RESOURCE_EXHAUSTED);
    await client.ask();
  });

  it("refuses bytes that are no message, and lives", async () => {
    await using server = await openRecommender(async () => recommendation());
    using client = plainClient(server.address);
    const garbage = Buffer.from([0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    const error = await sendBytes(server.address, garbage);
    expect(error?.code).toBe(status.INTERNAL);
    await client.ask();
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

  it("says so when its port is taken", async () => {
    await using server = await openRecommender(async () => recommendation());
    await expect(openRecommender(async () => recommendation(), { address: server.address })).rejects.toThrow(
      /EADDRINUSE/,
    );
  });
});

describe("health", () => {
  it("is served for the server and each service, and unknown names are NOT_FOUND", async () => {
    await using server = await openRecommender(async () => recommendation());
    await using recommender = connectRecommender({ address: server.address });
    expect(await recommender.check()).toBe(true);
    expect(await recommender.check("UserRecommend")).toBe(true);
    expect(await recommender.check("headline.recommend.v1.RecommendService")).toBe(true);
    expect(await recommender.check("Nobody")).toBe(false);
    server.serving = false;
    expect(await recommender.check()).toBe(false);
    expect(await recommender.check("UserRecommend")).toBe(false);
    server.serving = true;
    expect(await recommender.check("UserRecommend")).toBe(true);
  });

  it("lists them all", async () => {
    await using server = await openRecommender(async () => recommendation());
    const client = new HealthClient(server.address, credentials.createInsecure());
    const { statuses } = await new Promise<{ statuses: object }>((resolve, reject) => {
      client.list({}, (error, response) => (error ? reject(error) : resolve(response)));
    });
    client.close();
    expect(Object.keys(statuses)).toEqual(["", "UserRecommend", "headline.recommend.v1.RecommendService"]);
  });

  it("tells a watcher that the server is leaving, and ends the watch", async () => {
    await using server = await openRecommender(async () => recommendation());
    const client = new HealthClient(server.address, credentials.createInsecure());
    const seen: number[] = [];
    const watch = client.watch({ service: "UserRecommend" });
    watch.on("data", ({ status: serving }) => seen.push(serving));
    watch.on("error", () => undefined);
    await until(() => seen.length === 1);
    await server.drain(); // although the watch would go on for ever
    expect(seen).toEqual([1, 2]);
    client.close();
  });
});

describe("a connection", () => {
  it("is told how many calls it may have in flight", async () => {
    await using server = await openRecommender(async () => recommendation());
    const session = connect(`http://${server.address}`);
    const [settings] = (await once(session, "remoteSettings")) as [{ maxConcurrentStreams?: number }];
    session.destroy();
    expect(settings.maxConcurrentStreams).toBe(256);
  });

  it("may not send more metadata to health than to the others", async () => {
    await using server = await openRecommender(async () => recommendation());
    const client = new HealthClient(server.address, credentials.createInsecure());
    const metadata = new Metadata();
    metadata.set("x-large", "a".repeat(9_000));
    const error = await new Promise<ServiceError | null>((resolve) => client.check({ service: "" }, metadata, resolve));
    client.close();
    expect(error?.code).toBe(status.RESOURCE_EXHAUSTED);
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
  it("answers the call in flight, and takes no new one", async () => {
    let release: () => void = () => undefined;
    let started = false;
    await using server = await openRecommender(async () => {
      started = true;
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      return recommendation({ exposure: "late" });
    });
    using client = plainClient(server.address);
    const inFlight = client.ask();
    await until(() => started);
    const drained = server.drain();
    expect(server.serving).toBe(false);
    expect(await refused(client.ask())).toMatchObject({ code: status.UNAVAILABLE });
    release();
    expect((await inFlight).response.exposure).toBe("late");
    await drained;
  });

  it("cuts what takes longer than it may", async () => {
    await using server = await openRecommender(() => new Promise(() => undefined), { drainMs: 100 });
    using client = plainClient(server.address);
    const inFlight = refused(client.ask());
    await after(100);
    await server.drain(); // although the handler never settles
    await inFlight;
  });

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
