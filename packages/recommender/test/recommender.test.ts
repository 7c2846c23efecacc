import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { credentials, Metadata } from "@grpc/grpc-js";
import { openServer, service, unary } from "@headline/grpc";
import { Refusal } from "@headline/service/errors";
import { eventually, openProxy } from "@headline/testkit";
import { describe, expect, it } from "@jest/globals";
import {
  Call,
  connectRecommender,
  openChannel,
  type Recommend,
  type Recommender,
  RecommendServiceClient,
  type RecommendServiceServer,
  RecommendServiceService,
  RecommendStream,
  type StreamRecommendationsResponse,
  unaryRecommender,
  userRecommendService,
} from "../src/index.js";
import { after, openRecommender, reader, recommendation, toPort, until } from "./support.js";

const refused = (promise: Promise<unknown>) =>
  promise.then(
    () => {
      throw new Error("it was answered");
    },
    (error) => error,
  );

/** A recommender whose stream is up. */
async function connected(options: Parameters<typeof connectRecommender>[0]) {
  const recommender = connectRecommender({ timeoutMs: 20_000, ...options });
  await until(() => recommender.streaming);
  return recommender;
}

/** A stream alone: no unary fallback, no retry. */
async function openStream(address: string, options: ConstructorParameters<typeof RecommendStream>[1] = {}) {
  const channel = openChannel({ address });
  const stream = new RecommendStream(channel, { streams: 1, ...options });
  await until(() => stream.up);
  return Object.assign(stream, {
    async [Symbol.asyncDispose]() {
      await stream.close();
      channel.close();
    },
  });
}

/** A server whose stream is written by hand: `onCalls` sees each message. */
async function openRaw(onCalls: (calls: Call[], reply: (response: StreamRecommendationsResponse) => void) => void) {
  return openServer({
    address: "127.0.0.1:0",
    services: [
      service<RecommendServiceServer>(RecommendServiceService, {
        streamRecommendations: (stream) => {
          stream.sendMetadata(new Metadata());
          stream.on("data", ({ calls }) => onCalls(calls, (response) => stream.write(response)));
          stream.on("end", () => stream.end());
          stream.on("error", () => undefined);
        },
        countUpdates: unary(() => ({ count: 0 }), { onBug: () => undefined }),
      }),
    ],
    drainMs: 100,
  });
}

const ok = (id: number) => ({
  id,
  outcome: {
    $case: "answer" as const,
    answer: { response: undefined, mode: 1, stamp: BigInt(id), algo: "", reasons: [], without: [] },
  },
});

describe("the stream", () => {
  it("carries what one event-loop tick asks as one message", async () => {
    const messages: number[] = [];
    await using server = await openRaw((calls, reply) => {
      messages.push(calls.length);
      reply({ replies: calls.map(({ id }) => ok(id)) });
    });
    await using stream = await openStream(server.address);
    await Promise.all(Array.from({ length: 40 }, () => stream.call(reader, { timeoutMs: 20_000 })));
    await stream.call(reader, { timeoutMs: 20_000 });
    expect(messages).toEqual([40, 1]);
  });

  it("splits what would be too large a message", async () => {
    const messages: number[] = [];
    await using server = await openRaw((calls, reply) => {
      messages.push(calls.length);
      reply({ replies: calls.map(({ id }) => ok(id)) });
    });
    await using stream = await openStream(server.address);
    const traceparent = "0".repeat(128);
    await Promise.all(Array.from({ length: 900 }, () => stream.call(reader, { timeoutMs: 20_000, traceparent })));
    expect(messages).toEqual([256, 256, 256, 132]);
  });

  it("answers in one message what got ready in one tick", async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let started = 0;
    await using server = await openRecommender(async () => {
      started++;
      await held;
      return recommendation();
    });
    const client = new RecommendServiceClient(server.address, credentials.createInsecure());
    const stream = client.streamRecommendations();
    const messages: number[] = [];
    stream.on("data", ({ replies }) => messages.push(replies.length));
    stream.write({ calls: Array.from({ length: 30 }, (_, id) => Call.create({ id })) });
    await until(() => started === 30);
    release();
    await until(() => messages.length > 0);
    expect(messages).toEqual([30]);
    stream.end();
    client.close();
  });

  it("matches replies to calls, whatever order they come in", async () => {
    await using server = await openRecommender(async ({ userId }) => {
      await after(Number(30n - userId));
      return recommendation({ stamp: userId });
    });
    await using recommender = await connected({ address: server.address });
    const users = Array.from({ length: 30 }, (_, id) => BigInt(id));
    const answers = await Promise.all(users.map((userId) => recommender.recommend({ ...reader, userId })));
    expect(answers.map(({ stamp }) => stamp)).toEqual(users);
  });

  it("ends a call at its deadline, here and at the server, and no other call with it", async () => {
    let aborted = 0;
    await using server = await openRecommender(async ({ userId }, { signal }) => {
      if (userId === 1n) {
        signal.addEventListener("abort", () => aborted++);
        await new Promise(() => undefined);
      }
      await after(100);
      return recommendation();
    });
    await using stream = await openStream(server.address);
    const slow = refused(stream.call({ ...reader, userId: 1n }, { timeoutMs: 500 }));
    const fine = stream.call(reader, { timeoutMs: 20_000 });
    expect(await slow).toMatchObject({ code: "DEADLINE_EXCEEDED" });
    await fine;
    await until(() => aborted === 1);
    expect(server.bugs).toEqual([]);
  });

  it("brings each call's own failure: a Refusal by its code, a bug as a plain Error without detail", async () => {
    const bug = new Error("SELECT secret");
    await using server = await openRecommender(async ({ channelId }) => {
      if (channelId === 1) throw new Refusal("INVALID_ARGUMENT", "no such channel");
      if (channelId === 2) throw bug;
      return recommendation({ exposure: "fine" });
    });
    await using recommender = await connected({ address: server.address });
    const [refusal, broken, fine] = await Promise.all([
      refused(recommender.recommend({ ...reader, channelId: 1 })),
      refused(recommender.recommend({ ...reader, channelId: 2 })),
      recommender.recommend(reader),
    ]);
    expect(refusal).toBeInstanceOf(Refusal);
    expect(refusal).toMatchObject({ code: "INVALID_ARGUMENT", message: "no such channel" });
    expect(broken).not.toBeInstanceOf(Refusal);
    expect(broken.message).toBe("the server failed: INTERNAL internal error");
    expect(fine.exposure).toBe("fine");
    expect(server.bugs).toEqual([bug]);
  });

  it("refuses at once what the queue does not hold", async () => {
    await using server = await openRecommender(() => new Promise(() => undefined), { drainMs: 100 });
    await using stream = await openStream(server.address, { callsMax: 10, queueMax: 20 });
    const asked = Array.from({ length: 40 }, () => refused(stream.call(reader, { timeoutMs: 200 })));
    const codes = (await Promise.all(asked)).map(({ code }) => code);
    expect(codes.filter((code) => code === "RESOURCE_EXHAUSTED")).toHaveLength(20);
    expect(codes.filter((code) => code === "DEADLINE_EXCEEDED")).toHaveLength(20);
  });

  it("is told RESOURCE_EXHAUSTED by a server that holds no more of its calls", async () => {
    await using server = await openRecommender(
      async () => {
        await after(50);
        return recommendation();
      },
      { edge: { callsMax: 5 } as object },
    );
    await using stream = await openStream(server.address);
    const asked = Array.from({ length: 8 }, () => stream.call(reader, { timeoutMs: 20_000 }).catch(({ code }) => code));
    const outcomes = await Promise.all(asked);
    expect(outcomes.filter((outcome) => outcome === "RESOURCE_EXHAUSTED")).toHaveLength(3);
  });

  it("gives up a call whose caller left, and says with what reason", async () => {
    await using server = await openRecommender(() => new Promise(() => undefined), { drainMs: 100 });
    await using stream = await openStream(server.address);
    const left = new AbortController();
    const asked = refused(stream.call(reader, { timeoutMs: 5_000, signal: left.signal }));
    await after(20);
    left.abort(new Error("left"));
    expect((await asked).message).toBe("left");
    expect(stream.size).toBe(0);
  });

  it("rejects what was in flight at once when its server dies", async () => {
    let started = 0;
    await using server = await openRecommender(
      () => {
        started++;
        return new Promise(() => undefined);
      },
      { drainMs: 1 },
    );
    await using path = await openProxy(toPort(server.port));
    await using stream = await openStream(path.address);
    const asked = refused(stream.call(reader, { timeoutMs: 600_000 }));
    await until(() => started === 1);
    path.reset();
    expect(await asked).toMatchObject({ code: "UNAVAILABLE" });
  });

  it("stops reading from a client that does not read, so that nothing piles up", async () => {
    let started = 0;
    const large = recommendation({ exposure: "x".repeat(20_000) });
    await using server = await openRecommender(
      async () => {
        started++;
        return large;
      },
      { edge: { callsMax: 100_000 } as object, drainMs: 100 },
    );
    const client = new RecommendServiceClient(server.address, credentials.createInsecure());
    const stream = client.streamRecommendations();
    stream.on("error", () => undefined);
    let replies = 0;
    stream.on("data", (response) => {
      if (replies === 0) stream.pause();
      replies += response.replies.length;
    });
    for (let message = 0; message < 4_000; message++) stream.write({ calls: [Call.create({ id: message })] });
    await until(async () => {
      const before = started;
      await after(250);
      return before > 0 && started === before;
    });
    expect(started).toBeLessThan(1_000);
    stream.resume();
    await until(() => replies === 4_000);
    stream.end();
    client.close();
  });

  it("is replaced by a new one from time to time, and no call fails for it", async () => {
    let answered = 0;
    await using server = await openRecommender(async () => {
      await after(5);
      return recommendation();
    });
    await using path = await openProxy(toPort(server.port));
    await using stream = await openStream(path.address, { streams: 2, rotateMs: 200 });
    while (answered < 200 || path.counts.connections < 8) {
      if (!stream.up) {
        await after(1);
        continue;
      }
      await stream.call(reader, { timeoutMs: 20_000 });
      answered++;
    }
    // The old streams and connections are gone, not piled up.
    await until(() => path.counts.open <= 4);
  });
});

describe.each([
  ["over the stream", false],
  ["unary", true],
])("a recommender, %s", (_, unaryOnly) => {
  const open = (options: Parameters<typeof connectRecommender>[0]) =>
    unaryOnly ? Promise.resolve(unaryRecommender({ timeoutMs: 20_000, ...options })) : connected(options);

  it("brings the answer with its mode, stamp, algorithm, reasons and what it does without", async () => {
    const answer = recommendation({
      exposure: "e",
      timeStamp: 2n ** 62n,
      recommends: [{ articleId: 9_007_199_254_740_993n, track: { click: "c", collect: "o", read: "r", liking: "l" } }],
      mode: "coalesced",
      stamp: 1_767_225_600_123n,
      algo: "ftrl",
      reasons: ["followed"],
      without: ["follows", "seen"],
    });
    await using server = await openRecommender(async () => answer);
    await using recommender = await open({ address: server.address });
    expect(await recommender.recommend(reader)).toEqual(answer);
  });

  it("passes on the deadline, dry run and traceparent", async () => {
    const seen: unknown[] = [];
    await using server = await openRecommender(async (_, { dryRun, traceparent, deadlineMs }) => {
      seen.push({ dryRun, traceparent, deadlineMs: Math.ceil(deadlineMs / 4_000) * 4_000 });
      return recommendation();
    });
    await using recommender = await open({ address: server.address });
    await recommender.recommend(reader, { timeoutMs: 8_000, dryRun: true, traceparent: "00-a-b-01" });
    await recommender.recommend(reader, { timeoutMs: 4_000 });
    expect(seen).toEqual([
      { dryRun: true, traceparent: "00-a-b-01", deadlineMs: 8_000 },
      { dryRun: false, traceparent: undefined, deadlineMs: 4_000 },
    ]);
  });

  it.each([
    ["UNAVAILABLE", 2],
    ["DEADLINE_EXCEEDED", 2],
    ["RESOURCE_EXHAUSTED", 1],
    ["INVALID_ARGUMENT", 1],
    ["NOT_FOUND", 1],
  ] as const)("that is refused with %s asks %i times", async (code, times) => {
    const asked: bigint[] = [];
    await using server = await openRecommender(async ({ timeStamp }) => {
      asked.push(timeStamp);
      throw new Refusal(code, "no");
    });
    await using recommender = await open({ address: server.address });
    expect(await refused(recommender.recommend({ ...reader, timeStamp: 42n }))).toMatchObject({ code, message: "no" });
    expect(asked).toEqual(Array.from({ length: times }, () => 42n));
  });

  it("retries within its budget only, however many calls fail", async () => {
    let asked = 0;
    await using server = await openRecommender(async () => {
      asked++;
      throw new Refusal("UNAVAILABLE", "no");
    });
    await using recommender = await open({ address: server.address });
    for (let batch = 0; batch < 20; batch++) {
      await Promise.all(Array.from({ length: 100 }, () => refused(recommender.recommend(reader))));
    }
    expect(asked).toBeGreaterThan(2_000);
    expect(asked).toBeLessThanOrEqual(2_300);
  });

  it("answers within the time given, whatever the server does", async () => {
    await using server = await openRecommender(() => new Promise(() => undefined), { drainMs: 100 });
    await using recommender = await open({ address: server.address });
    expect(await refused(recommender.recommend(reader, { timeoutMs: 150 }))).toMatchObject({
      code: "DEADLINE_EXCEEDED",
    });
  });

  it("has time for a second attempt when the first may not take all of it", async () => {
    let asked = 0;
    await using server = await openRecommender(
      async () => {
        if (++asked === 1) await new Promise(() => undefined);
        return recommendation({ exposure: "second" });
      },
      { drainMs: 100 },
    );
    await using recommender = await open({ address: server.address });
    const answer = await recommender.recommend(reader, { timeoutMs: 20_000, attemptMs: 500 });
    expect(answer.exposure).toBe("second");
  });

  const worksAgain = async (recommender: Recommender) => {
    const works = () =>
      recommender.recommend(reader).then(
        () => true,
        () => false,
      );
    await until(async () => (await works()) && (unaryOnly || recommender.streaming));
  };

  it("finds a server that comes back on its address", async () => {
    const server = await openRecommender(async () => recommendation());
    await using recommender = await open({ address: server.address });
    await recommender.recommend(reader);
    await server.drain();
    for (let call = 0; call < 10; call++) {
      expect(await refused(recommender.recommend(reader))).toMatchObject({ code: "UNAVAILABLE" });
      await after(100);
    }
    await using _again = await openRecommender(async () => recommendation(), { address: server.address });
    await worksAgain(recommender);
  });

  it("recovers when a half-open path heals", async () => {
    await using server = await openRecommender(async () => recommendation());
    await using path = await openProxy(toPort(server.port));
    await using recommender = await open({ address: path.address, timeoutMs: 200 });
    await eventually(() => recommender.recommend(reader));
    path.blackhole();
    // Long enough for the watchdog to have moved on to connections that were accepted and stay mute.
    for (let call = 0; call < 18; call++) {
      expect(await refused(recommender.recommend(reader))).toMatchObject({
        code: expect.stringMatching(/^(UNAVAILABLE|DEADLINE_EXCEEDED)$/),
      });
    }
    path.heal();
    await worksAgain(recommender);
  });

  it("counts updates and checks health", async () => {
    await using server = await openRecommender(async () => recommendation());
    await using recommender = await open({ address: server.address });
    expect(await recommender.countUpdates({ userId: 1n, channelId: 0, since: 0n })).toBe(3);
    expect(await recommender.check("UserRecommend")).toBe(true);
  });

  it("answers what is in flight when it is closed, and nothing after", async () => {
    let arrived = () => {};
    const inFlight = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    await using server = await openRecommender(async () => {
      arrived();
      await after(50);
      return recommendation({ exposure: "last" });
    });
    const recommender = await open({ address: server.address });
    const last = recommender.recommend(reader);
    await inFlight;
    await recommender.close();
    expect((await last).exposure).toBe("last");
    expect(await refused(recommender.recommend(reader))).toMatchObject({ code: "UNAVAILABLE" });
  });
});

describe("a recommender without a stream", () => {
  it("asks unary while the stream is not up yet", async () => {
    await using server = await openRecommender(async () => recommendation({ exposure: "first" }));
    await using recommender = connectRecommender({ address: server.address, timeoutMs: 20_000 });
    expect(recommender.streaming).toBe(false);
    expect((await recommender.recommend(reader)).exposure).toBe("first");
  });

  it("asks unary where the server has none", async () => {
    await using server = await openServer({
      address: "127.0.0.1:0",
      services: [userRecommendService(async () => recommendation({ exposure: "old" }), { onBug: () => undefined })],
    });
    await using recommender = connectRecommender({ address: server.address, timeoutMs: 20_000 });
    for (let call = 0; call < 5; call++) {
      expect((await recommender.recommend(reader)).exposure).toBe("old");
      await after(30);
    }
    expect(recommender.streaming).toBe(false);
  });

  it("asks unary, at once, what was in flight on a stream that broke", async () => {
    const answer: Recommend = async () => recommendation({ exposure: "after all" });
    let held = 0;
    await using first = await openRecommender(
      () => {
        held++;
        return new Promise(() => undefined);
      },
      { drainMs: 1 },
    );
    await using path = await openProxy(toPort(first.port));
    await using second = await openRecommender(answer);
    await using recommender = await connected({
      address: `ipv4:${path.address},127.0.0.1:${second.port}`,
      timeoutMs: 20_000,
    });
    const asked = Array.from({ length: 50 }, () => recommender.recommend(reader));
    await after(100);
    path.reset();
    await first.drain();
    expect((await Promise.all(asked)).map(({ exposure }) => exposure)).toEqual(Array(50).fill("after all"));
    expect(held).toBeLessThanOrEqual(100);
  });
});

it("nothing keeps a process alive that closed its client and server", async () => {
  const script = `
    import { openServer } from "@headline/grpc";
    import { connectRecommender, recommendService, userRecommendService } from "./src/index.ts";
    const recommend = async () => ({ exposure: "", timeStamp: 0n, recommends: [], mode: "refresh", stamp: 0n, algo: "", reasons: [] });
    const edge = { onBug: console.error };
    const server = await openServer({ address: "127.0.0.1:0", services: [
      userRecommendService(recommend, edge), recommendService({ recommend, countUpdates: () => ({ count: 0 }) }, edge)] });
    const recommender = connectRecommender({ address: server.address, timeoutMs: 20_000 });
    await recommender.recommend({ userId: 1n, channelId: 0, articleNum: 0, timeStamp: 0n });
    while (!recommender.streaming) await new Promise((resolve) => setTimeout(resolve, 5));
    await recommender.recommend({ userId: 1n, channelId: 0, articleNum: 0, timeStamp: 0n });
    await recommender.close();
    await server.drain();
    console.log("closed");`;
  const cwd = fileURLToPath(new URL("..", import.meta.url));
  const args = ["--conditions=headline-source", "--import", "tsx", "--input-type=module", "--eval", script];
  const child = spawn(process.execPath, args, { cwd, stdio: ["ignore", "pipe", "inherit"] });
  child.stdout.resume();
  const code = await new Promise((resolve) => child.on("exit", resolve));
  expect(code).toBe(0);
});
