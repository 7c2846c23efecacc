import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { bundled, eventually, type ThrowawayRedis, throwawayRedis } from "@headline/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { Redis } from "ioredis";
import { chain, chord, group } from "../core/canvas.js";
import { chunks, map, starmap } from "../core/map-task.js";
import { signature } from "../core/signature.js";
import type { TaskWorkerOptions } from "../core/task-worker.js";
import { TaskApp } from "../task-app.js";
import { toEnvelope } from "./redis-envelope.js";
import { encodeCall, NOTHING_FOLLOWS, type TaskCall } from "./task-call.js";
import type { WireMessage } from "./wire-message.js";

const WAIT = { timeoutMs: 30_000 };
const apps: TaskApp[] = [];
let redis: ThrowawayRedis;
let client: Redis;
let lines: string[] = [];

const note = (level: string) => (line: string) => void lines.push(`${level} ${line}`);
const logger = { debug() {}, info: note("info"), warn: note("warn"), error: note("error") };

beforeAll(async () => {
  redis = await throwawayRedis();
  client = new Redis(redis.url);
});
afterAll(async () => {
  client.disconnect();
  await redis.stop();
});
beforeEach(async () => {
  lines = [];
  await client.flushall();
});
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

function newApp(): TaskApp {
  const app = new TaskApp({ broker: redis.url, protocol: "celery", logger });
  apps.push(app);
  return app;
}

function working(app: TaskApp, options: TaskWorkerOptions = {}) {
  return app.worker(options).start();
}

function call(task: string, change: Partial<TaskCall> = {}): TaskCall {
  return {
    ...{ id: `${task}-id`, task, args: [], kwargs: {}, embed: NOTHING_FOLLOWS, eta: null, expires: null, retries: 0 },
    ...{ timeLimits: [null, null], rootId: "root", parentId: null, groupId: null, groupIndex: null },
    ...{ ignoreResult: false, replyTo: "", priority: 0, headers: {} },
    ...change,
  };
}

function push(message: WireMessage): Promise<number> {
  return client.lpush("celery", toEnvelope(message, { exchange: "", routingKey: "celery" }));
}

async function unacknowledged(): Promise<readonly [number, number]> {
  return [await client.hlen("unacked"), await client.zcard("unacked_index")];
}

describe("what a worker refuses is logged and gone, and does not stop it", () => {
  test.each<[string, (valid: WireMessage) => WireMessage, string]>([
    ["a pickled body", (valid) => ({ ...valid, contentType: "application/x-python-serialize" }), "ContentDisallowed"],
    ["another encoding", (valid) => ({ ...valid, contentEncoding: "binary" }), "ContentDisallowed"],
    ["no JSON", (valid) => ({ ...valid, body: Buffer.from("[[NaN], {}, {}]") }), "SyntaxError"],
    [
      "another shape",
      (valid) => ({ ...valid, body: Buffer.from('{"args": []}') }),
      "body: must be [args, kwargs, embed]",
    ],
    [
      "arguments that are no list",
      (valid) => ({ ...valid, body: Buffer.from('["ab", {}, {}]') }),
      "args: must be a list",
    ],
    ["keywords that are no mapping", (valid) => ({ ...valid, body: Buffer.from("[[], [], {}]") }), "kwargs: must be"],
    [
      "a callback that is none",
      (valid) => ({ ...valid, body: Buffer.from('[[], {}, {"callbacks": [7]}]') }),
      "callbacks",
    ],
    [
      "a moment that is none",
      (valid) => ({ ...valid, headers: { ...valid.headers, eta: "soon" } }),
      "eta: must be a moment",
    ],
    ["no task", (valid) => ({ ...valid, headers: {} }), "is no task of protocol 2"],
  ])("%s", async (_, change, reason) => {
    const app = newApp();
    let runs = 0;
    const add = app.task("add", () => ++runs);
    await push(change(encodeCall(call("add"), "test")));
    await client.lpush("celery", "garbage");
    await working(app);
    expect(await (await add.delay()).get(WAIT)).toBe(1);
    expect(lines.join("\n")).toContain(reason);
    expect(lines.join("\n")).toContain("is no message of Celery; it is dropped: garbage");
    await eventually(async () => expect(await unacknowledged()).toEqual([0, 0]));
    expect(await client.get("celery-task-meta-add-id")).toBeNull();
  });
});

describe("calls that wait", () => {
  test("hold no place and no prefetch, and go back when the worker closes", async () => {
    const app = newApp();
    const seen: string[] = [];
    const say = app.task("say", (word: string) => void seen.push(word));
    const later = await Promise.all(
      Array.from({ length: 30 }, () => say.applyAsync({ args: ["later"], countdown: 3_600 })),
    );
    const worker = await working(app, { concurrency: 1, prefetch: 1 });
    for (const word of ["a", "b", "c"]) await (await say.delay(word)).get(WAIT);
    expect(seen).toEqual(["a", "b", "c"]);
    await eventually(async () => expect(await unacknowledged()).toEqual([30, 30]));
    await worker.close();
    expect([await client.llen("celery"), ...(await unacknowledged())]).toEqual([30, 0, 0]);
    expect(await later[0]!.status()).toBe("PENDING");
  });

  test("run at their time, and prefetch is bounded", async () => {
    const app = newApp();
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const block = app.task("block", () => gate);
    await Promise.all(Array.from({ length: 20 }, () => block.delay()));
    await working(app, { concurrency: 2, prefetch: 3 });
    await eventually(async () => expect(await client.llen("celery")).toBe(15));
    await eventually(async () => expect(await client.hlen("unacked")).toBe(3)); // two run, and early calls are acknowledged
    release();
    const timed = app.task("timed", { bind: true }, (self) => Date.now() >= self.request.eta!.getTime());
    expect(await (await timed.applyAsync({ countdown: 0.2 })).get(WAIT)).toBe(true);
  });

  test("lower priorities of kombu's steps go first", async () => {
    const app = newApp();
    const seen: number[] = [];
    const mark = app.task("mark", (priority: number) => void seen.push(priority));
    const sent = [];
    for (const priority of [9, 4, 0, 7]) sent.push(await mark.applyAsync({ args: [priority], priority }));
    expect((await client.keys("celery*")).sort()).toEqual([
      "celery",
      "celery\x06\x163",
      "celery\x06\x166",
      "celery\x06\x169",
    ]);
    await working(app, { concurrency: 1 });
    for (const each of sent) await each.get(WAIT);
    expect(seen).toEqual([0, 4, 7, 9]);
  });
});

describe("a worker that dies or goes silent", () => {
  const spawned: ReturnType<typeof fork>[] = [];
  afterEach(() => {
    for (const child of spawned.splice(0)) child.kill("SIGKILL");
  });

  async function workerProcess() {
    const script = await bundled(fileURLToPath(new URL("../../test/fixtures/celery/worker.mjs", import.meta.url)));
    const child = fork(script, [redis.url, redis.url], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    spawned.push(child);
    await once(child, "message");
    return child;
  }

  test("loses its late calls to another, and those that wait; an early call begins once", async () => {
    const app = newApp();
    const victim = await workerProcess();
    const late = await app.sendTask("late", { queue: "crash" });
    const early = await app.sendTask("early", { queue: "crash" });
    const waiting = await app.sendTask("late", { queue: "crash", countdown: 1, taskId: "waiting" });
    await eventually(async () => expect(await client.lrange("begun", 0, -1)).toHaveLength(2));
    await eventually(async () => expect(await client.hlen("unacked")).toBe(2));
    victim.kill("SIGKILL");
    const heir = await workerProcess();
    expect(await late.get(WAIT)).toBe(heir.pid);
    expect(await waiting.get(WAIT)).toBe(heir.pid);
    expect(await early.status()).toBe("STARTED");
    expect((await client.lrange("begun", 0, -1)).filter((entry) => entry.startsWith("early"))).toHaveLength(1);
    await eventually(async () => expect(await unacknowledged()).toEqual([0, 0]));
  });

  test("keeps what it runs for longer than the visibility timeout", async () => {
    const app = newApp();
    let runs = 0;
    const slow = app.task("slow", { acksLate: true }, async () => {
      runs++;
      await eventually(async () => expect(await client.get("restored")).toBe("enough"));
      return runs;
    });
    await working(app, { visibilityTimeoutMs: 200 });
    const result = await slow.delay();
    await eventually(async () => expect(await result.status()).toBe("STARTED"));
    const [tag] = await client.hkeys("unacked");
    const [, takenAt] = await client.zrange("unacked_index", "0", "-1", "WITHSCORES");
    await eventually(async () =>
      expect(Number(await client.zscore("unacked_index", String(tag)))).toBeGreaterThan(Number(takenAt) + 0.6),
    );
    await client.set("restored", "enough");
    expect(await result.get(WAIT)).toBe(1);
    await eventually(async () => expect(await unacknowledged()).toEqual([0, 0]));
  });

  test("a late call that kills its workers is given up after maxDeliveries", async () => {
    const app = newApp();
    let runs = 0;
    app.task("poison", { acksLate: true, maxDeliveries: 2 }, () => ++runs);
    const restored = encodeCall(call("poison", { headers: { redelivered: true } }), "test");
    await client.incr("celery-task-meta-poison-id.deliveries");
    await push(restored);
    await working(app);
    await expect(app.AsyncResult("poison-id").get(WAIT)).rejects.toMatchObject({ name: "WorkerLostError" });
    expect(runs).toBe(0);
  });
});

describe.each(["bullmq", "celery"] as const)("the canvas over %s", (protocol) => {
  async function opened() {
    const app = new TaskApp({ broker: redis.url, protocol, logger });
    apps.push(app);
    const seen: unknown[][] = [];
    const add = app.task("add", (a: number, b: number) => a + b);
    const say = app.task("say", (...words: unknown[]) => void seen.push(words));
    const fail = app.task("fail", () => {
      throw new RangeError("out");
    });
    await app.worker().start();
    return { app, add, say, fail, seen };
  }

  test("link and linkError are sent after the end, immutable ones without its result", async () => {
    const { add, say, fail, seen } = await opened();
    await add.applyAsync({ args: [1, 2], link: [say.s("linked"), say.si("alone")], linkError: say.s("never") });
    const failed = await fail.applyAsync({ link: say.s("never"), linkError: say.s("failed") });
    await eventually(() => expect(seen).toHaveLength(3));
    expect(seen).toEqual(expect.arrayContaining([[3, "linked"], ["alone"], [failed.id, "failed"]]));
  });

  test("a chain passes its results on, but not to an immutable link", async () => {
    const { app, add } = await opened();
    expect(await (await chain(add.s(1, 2), add.s(3), add.si(10, 20)).applyAsync(app)).get(WAIT)).toBe(30);
  });

  test("a chord gathers the results of its header", async () => {
    const { app, add, fail } = await opened();
    const sum = app.task("sum", (values: number[]) => values.reduce((a, b) => a + b, 0));
    expect(await (await chord([add.s(1, 1), add.s(2, 2), add.s(3, 3)], sum.s()).applyAsync(app)).get(WAIT)).toBe(12);
    const broken = await chord([add.s(1, 1), fail.s()], sum.s()).applyAsync(app);
    await expect(broken.get(WAIT)).rejects.toMatchObject({ name: "ChordError" });
  });

  test("map and starmap run a task for each item in one call, chunks in several", async () => {
    const { app, add } = await opened();
    const pairs = [
      [1, 1],
      [2, 2],
      [3, 3],
    ];
    const sent = await group([
      map(add.s(10), [1, 2]),
      starmap(add.s(), pairs),
      ...chunks(add.s(), pairs, 2),
    ]).applyAsync(app);
    expect(await sent.get(WAIT)).toEqual([[11, 12], [2, 4, 6], [2, 4], [6]]);
    const unknown = await group([map(signature("nowhere"), [1])]).applyAsync(app);
    await expect(unknown.get(WAIT)).rejects.toMatchObject({ name: "NotRegisteredError" });
  });

  test("routes choose the queue of tasks that name none", async () => {
    const { app, say, seen } = await opened();
    app.conf.taskRoutes = { "mail.*": { queue: "mail" } };
    const where = app.task("mail.where", { bind: true }, (self) => self.request.queue);
    await app.worker({ queues: ["mail"] }).start();
    expect(await (await where.delay()).get(WAIT)).toBe("mail");
    await (await say.delay("default")).get(WAIT);
    expect(seen).toEqual([["default"]]);
  });

  test("a result that is ignored is not kept", async () => {
    const { app, seen, say } = await opened();
    const quiet = app.task("quiet", { ignoreResult: true }, () => "secret");
    const { id } = await quiet.applyAsync({ link: say.s() });
    await eventually(() => expect(seen).toEqual([["secret"]]));
    expect(await app.AsyncResult(id).result()).not.toBe("secret");
  });
});

describe("policies of a task", () => {
  test("retries keep what follows a call: chain, chord and links", async () => {
    const app = newApp();
    app.task("flaky", { bind: true, maxRetries: 3 }, (self, value: number) => {
      if (self.request.retries < 2) throw self.retry({ countdown: 0.01 });
      return value + self.request.retries;
    });
    app.task("double", (value: number) => value * 2);
    app.task("sum", (values: number[]) => values.reduce((a, b) => a + b, 0));
    await working(app);
    const [flaky, double, sum] = [signature("flaky", [1]), signature("double"), signature("sum")];
    expect(await (await chain(flaky, double).applyAsync(app)).get(WAIT)).toBe(6);
    expect(await (await chord([flaky, flaky], sum).applyAsync(app)).get(WAIT)).toBe(6);
  });

  test("a link that fails fails those behind it; a chord without one of its parts never runs its body", async () => {
    const app = newApp();
    app.task("fail", () => {
      throw new RangeError("out");
    });
    let runs = 0;
    const after = app.task("after", () => ++runs);
    await working(app);
    const results = await app.sendChain([signature("fail"), after.s(), after.s()]);
    for (const result of results)
      await expect(result.get(WAIT)).rejects.toMatchObject({ name: "RangeError", message: "out" });
    const body = await chord([after.s(), signature("fail")], after.s()).applyAsync(app);
    await expect(body.get(WAIT)).rejects.toMatchObject({ name: "ChordError" });
    expect(runs).toBe(1);
  });

  test("retries end at maxRetries, with the error", async () => {
    const app = newApp();
    let runs = 0;
    const again = app.task("again", { autoretryFor: true, maxRetries: 2, retryDelay: 0 }, () => {
      runs++;
      throw new RangeError("never");
    });
    await working(app);
    await expect((await again.delay()).get(WAIT)).rejects.toMatchObject({ name: "RangeError", message: "never" });
    expect(runs).toBe(3);
  });

  test("time limits: the soft one may be survived, the hard one ends it", async () => {
    const app = newApp();
    const aborted = (signal: AbortSignal) =>
      new Promise((resolve) => signal.addEventListener("abort", () => resolve((signal.reason as Error).name)));
    const tidy = app.task("tidy", { bind: true, softTimeoutMs: 20, timeoutMs: 60_000 }, (self) => aborted(self.signal));
    const stuck = app.task("stuck", { softTimeoutMs: 10, timeoutMs: 20 }, () => new Promise(() => {}));
    await working(app, { concurrency: 1, abortGraceMs: 10 });
    expect(await (await tidy.delay()).get(WAIT)).toBe("SoftTimeLimitExceededError");
    await expect((await stuck.delay()).get(WAIT)).rejects.toMatchObject({ name: "TimeLimitExceededError" });
    expect(await (await tidy.delay()).get(WAIT)).toBe("SoftTimeLimitExceededError"); // its place was given on
  });

  test("a rate is kept over all workers: calls that have no turn yet wait, and go back at the end", async () => {
    const app = newApp();
    let starts = 0;
    const paced = app.task("paced", { rateLimit: "1/h" }, () => ++starts);
    const workers = await Promise.all([working(app), working(app)]);
    const sent = await Promise.all(Array.from({ length: 5 }, () => paced.delay()));
    await eventually(async () => expect([starts, await client.hlen("unacked")]).toEqual([1, 4]));
    await Promise.all(workers.map((worker) => worker.close()));
    expect([starts, await client.llen("celery")]).toEqual([1, 4]);
    const states = await Promise.all(sent.map((each) => each.status()));
    expect(states.sort()).toEqual(["PENDING", "PENDING", "PENDING", "PENDING", "SUCCESS"]);
  });

  test("options that Celery's message cannot carry are refused by name", async () => {
    const app = newApp();
    await expect(app.sendTask("a", { retries: 2 })).rejects.toThrow("retries: a message of Celery cannot carry it");
    expect(() => app.task("a", { overlap: "skip" }, () => {})).toThrow('task "a": overlap');
    expect(() => app.worker({ lockMs: 5 })).toThrow("lockMs: a worker of Celery's protocol has no such option");
    expect(() => new TaskApp({ broker: redis.url, protocol: "kombu" as never })).toThrow(
      'protocol: must be "bullmq" or "celery"',
    );
  });
});

describe("Redis away", () => {
  test("a call says so, a worker goes on when it is back, and closing does not wait for it", async () => {
    await using server = await throwawayRedis({ durable: true });
    const app = new TaskApp({ broker: server.url, protocol: "celery", logger });
    apps.push(app);
    const quick = app.task("quick", () => "done");
    await working(app);
    expect(await (await quick.delay()).get(WAIT)).toBe("done");
    await server.kill();
    await expect(quick.delay()).rejects.toMatchObject({ name: "BrokerUnavailableError" });
    await server.restart();
    expect(await (await quick.delay()).get(WAIT)).toBe("done");
    await server.kill();
    await app.close();
  });
});
