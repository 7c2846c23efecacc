import { setTimeout as sleep } from "node:timers/promises";
import { eventually, openProxy, type ThrowawayRedis, throwawayRedis } from "@headline/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { Redis } from "ioredis";
import { chain, group } from "./core/canvas.js";
import { NotSendableError, TaskRevokedError, TaskTimeoutError } from "./core/task-errors.js";
import type { TaskWorkerOptions } from "./core/task-worker.js";
import { TaskApp, type TaskAppOptions } from "./task-app.js";

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const apps: TaskApp[] = [];
let redis: ThrowawayRedis;
let count = 0;

beforeAll(async () => {
  redis = await throwawayRedis();
});
afterAll(async () => {
  await redis.stop();
});
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

/** An app with keys of its own. */
function newApp(options: Partial<TaskAppOptions> = {}): TaskApp {
  const app = new TaskApp({ broker: redis.url, name: `app${count++}`, logger: quiet, ...options });
  apps.push(app);
  return app;
}

function working(app: TaskApp, options: TaskWorkerOptions = {}) {
  return app.worker({ terminatePollMs: 20, ...options }).start();
}

describe("whatever a task throws", () => {
  const fixture = new URL("../../scheduler/test/fixtures/thrown.mjs", import.meta.url).href;

  test("its result is that failure, also between retries", async () => {
    const { THROWN } = (await import(fixture)) as {
      THROWN: Readonly<Record<string, { value: unknown; keeps: string }>>;
    };
    const app = newApp();
    const fail = app.task("fail", { autoretryFor: [TypeError], maxRetries: 1, retryDelay: 0 }, (name: string) => {
      throw THROWN[name]!.value;
    });
    await working(app);
    const ended = Object.entries(THROWN).map(async ([name, { keeps }]) => {
      const result = await fail.delay(name);
      const error = (await result.get({ timeoutMs: 10_000, propagate: false })) as unknown as Error;
      expect([name, await result.status()]).toEqual([name, "FAILURE"]);
      expect(error.message).toContain(keeps);
      expect(error.message).not.toBe("");
    });
    await Promise.all(ended);
  });
});

describe("calling", () => {
  test("a task called as a function runs here, without Redis", async () => {
    const app = newApp({ broker: "redis://127.0.0.1:1" });
    const add = app.task("add", (a: number, b: number) => a + b);
    expect(await add(40, 2)).toBe(42);
    expect(add.name).toBe("add");
  });

  test("delay sends it to a worker and answers with a result that can be waited for, here and elsewhere", async () => {
    const app = newApp();
    const add = app.task("add", (a: number, b: number) => a + b);
    await working(app);
    const result = await add.delay(40, 2);
    expect(result.id).toMatch(/^[\w-]{36}$/);
    expect(await result.get({ timeoutMs: 30_000 })).toBe(42);
    const same = new TaskApp({ broker: redis.url, name: app.name });
    apps.push(same);
    expect(await same.AsyncResult(result.id).get({ timeoutMs: 30_000 })).toBe(42);
    expect([await result.status(), await result.ready(), await result.successful(), await result.failed()]).toEqual([
      "SUCCESS",
      true,
      true,
      false,
    ]);
    expect(await (await same.sendTask("add", { args: [1, 2] })).get({ timeoutMs: 30_000 })).toBe(3);
  });

  test("kwargs come after the arguments; options of the call reach the body", async () => {
    const app = newApp();
    const echo = app.task("echo", { bind: true }, (self, word: string, extra: { loud: boolean }) => ({
      ...{ word, extra, id: self.request.id, retries: self.request.retries, direct: self.request.calledDirectly },
      expires: self.request.expires?.getTime(),
    }));
    await working(app, { queues: ["side"] });
    const expires = new Date(Date.now() + 60_000);
    const options = { args: ["hi"] as const, kwargs: { loud: true }, queue: "side", taskId: "my-task", expires };
    const result = await echo.applyAsync(options);
    expect(await result.get({ timeoutMs: 30_000 })).toEqual({
      ...{ word: "hi", extra: { loud: true }, id: "my-task", retries: 0, direct: false },
      expires: expires.getTime(),
    });
  });

  test("the same taskId is done once", async () => {
    const app = newApp();
    let starts = 0;
    const once = app.task("once", () => ++starts);
    await working(app);
    expect(await (await once.applyAsync({ taskId: "one" })).get({ timeoutMs: 30_000 })).toBe(1);
    expect(await (await once.applyAsync({ taskId: "one" })).get({ timeoutMs: 30_000 })).toBe(1);
    await sleep(50);
    expect(starts).toBe(1);
  });

  test("an argument that is no JSON is refused at the call, by name", async () => {
    const app = newApp();
    const take = app.task("take", (..._args: unknown[]) => {});
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    await expect(take.delay(1, 2n)).rejects.toThrow(NotSendableError);
    await expect(take.delay(1, 2n)).rejects.toThrow("take: args[1]: a bigint cannot be sent");
    await expect(take.delay({ list: [0, () => {}] })).rejects.toThrow("take: args[0].list[1]: a function");
    await expect(take.delay(cycle)).rejects.toThrow("args[0].self: an object that contains itself");
    await expect(take.delay(new Map())).rejects.toThrow("args[0]: a Map");
    await expect(take.delay(Number.NaN)).rejects.toThrow("args[0]: NaN");
    await expect(take.applyAsync({ kwargs: { at: undefined, who: Symbol("x") } })).rejects.toThrow(
      "kwargs.who: a symbol",
    );
    await expect(take.applyAsync({ taskId: "a:b" })).rejects.toThrow("taskId");
    await expect(take.applyAsync({ countdown: -1 })).rejects.toThrow("countdown");
  });

  test("lower priority numbers go first", async () => {
    const app = newApp();
    const seen: number[] = [];
    const note = app.task("note", (priority: number) => void seen.push(priority));
    const sent = [];
    for (const priority of [9, 5, 1, 5]) sent.push(await note.applyAsync({ args: [priority], priority }));
    await working(app, { concurrency: 1 });
    for (const result of sent) await result.get({ timeoutMs: 30_000 });
    expect(seen).toEqual([1, 5, 5, 9]);
  });
});

describe("what becomes of a task", () => {
  test("an unknown id is PENDING, and waiting for it ends with TaskTimeoutError", async () => {
    const app = newApp();
    const unknown = app.AsyncResult("unknown");
    expect(await unknown.status()).toBe("PENDING");
    expect(await unknown.ready()).toBe(false);
    expect(await unknown.result()).toBeUndefined();
    await expect(unknown.get({ timeoutMs: 50 })).rejects.toThrow(TaskTimeoutError);
    await expect(unknown.get({ timeoutMs: 0 })).rejects.toThrow("not ended within 0 ms");
  });

  test("PENDING, then STARTED, then SUCCESS; forgotten, it is PENDING again", async () => {
    const app = newApp();
    let finish = () => {};
    const wait = app.task("wait", () => new Promise<void>((resolve) => (finish = resolve)));
    const result = await wait.delay();
    expect(await result.status()).toBe("PENDING");
    await working(app);
    await eventually(async () => expect(await result.status()).toBe("STARTED"));
    expect(await result.forget()).toBe(false);
    finish();
    expect(await result.get({ timeoutMs: 30_000 })).toBeNull();
    expect(await result.forget()).toBe(true);
    expect(await result.status()).toBe("PENDING");
  });

  test("a result that cannot be read is a failure that says so, at once", async () => {
    const app = newApp();
    const result = await app.task("task", () => 1).delay();
    const client = new Redis(redis.url);
    const key = `${app.name}:result:${result.id}`;
    for (const field of ["result", "error"]) {
      await client.del(key);
      await client.hset(key, { state: "SUCCESS", [field]: "{" });
      await expect(result.get({ timeoutMs: 30_000 })).rejects.toThrow("cannot be read");
    }
    client.disconnect();
  });

  test("a failure comes back with its name, message and traceback", async () => {
    const app = newApp();
    const fail = app.task("fail", function burst() {
      throw new RangeError("too far");
    });
    await working(app);
    const result = await fail.delay();
    const error = await result.get({ timeoutMs: 30_000 }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: "RangeError", message: "too far" });
    expect((error as { traceback: string }).traceback).toContain("burst");
    expect(await result.get({ propagate: false })).toMatchObject({ name: "RangeError" });
    expect(await result.status()).toBe("FAILURE");
    expect(await result.traceback()).toContain("burst");
    expect(await result.result()).toMatchObject({ message: "too far" });
  });

  test("a task that no worker knows fails in the end and says so", async () => {
    const app = newApp();
    await working(app, { unknownTaskMs: 100 });
    const result = await app.sendTask("unheard-of");
    await expect(result.get({ timeoutMs: 30_000 })).rejects.toThrow('no task "unheard-of"');
  });

  test("a result that is no JSON is null", async () => {
    const app = newApp();
    const big = app.task("big", () => 10n);
    await working(app);
    expect(await (await big.delay()).get({ timeoutMs: 30_000 })).toBeNull();
  });

  test("results are kept as long as they should be, and those of running tasks until they end", async () => {
    const app = newApp({ resultExpiresSeconds: 1 });
    const slow = app.task("slow", () => sleep(1_500, "done"));
    const quick = app.task("quick", () => "done");
    await working(app);
    const [first, second] = [await slow.delay(), await quick.delay()];
    await second.get({ timeoutMs: 30_000 });
    expect(await first.get({ timeoutMs: 30_000 })).toBe("done");
    expect(await second.status()).toBe("PENDING");
  });

  test("the time limit aborts the signal; a body that does not care loses its place", async () => {
    const app = newApp();
    const polite = app.task("polite", { bind: true, timeoutMs: 50 }, (self) =>
      sleep(5_000, "late", { signal: self.signal }),
    );
    const deaf = app.task("deaf", () => new Promise(() => {}), { timeoutMs: 50 });
    await working(app, { concurrency: 1, abortGraceMs: 50 });
    await expect((await deaf.delay()).get({ timeoutMs: 30_000 })).rejects.toMatchObject({
      name: "TimeLimitExceededError",
    });
    await expect((await polite.delay()).get({ timeoutMs: 30_000 })).rejects.toThrow("longer than 50 ms");
  });
});

describe("later, too late, never", () => {
  test("countdown and eta begin no earlier; a wait far longer than the lock is no second start", async () => {
    const app = newApp();
    const starts: number[] = [];
    const note = app.task("note", () => void starts.push(Date.now()));
    await working(app, { lockMs: 200 });
    await working(app, { lockMs: 200 });
    const sentAt = Date.now();
    const result = await note.applyAsync({ countdown: 1.5 });
    const other = await note.applyAsync({ eta: new Date(sentAt + 300) });
    await other.get({ timeoutMs: 30_000 });
    expect(starts[0]! - sentAt).toBeGreaterThanOrEqual(299);
    expect(await result.status()).toBe("PENDING");
    await result.get({ timeoutMs: 30_000 });
    expect(starts[1]! - sentAt).toBeGreaterThanOrEqual(1_499);
    await sleep(400);
    expect(starts).toHaveLength(2);
  });

  test("a task that runs for far longer than the lock is begun once, early or late", async () => {
    const app = newApp();
    const starts: string[] = [];
    const early = app.task("early", () => {
      starts.push("early");
      return sleep(1_800);
    });
    const late = app.task(
      "late",
      () => {
        starts.push("late");
        return sleep(1_800);
      },
      { acksLate: true },
    );
    for (let at = 0; at < 2; at++) await working(app, { lockMs: 600 });
    const results = [await early.delay(), await late.delay()];
    for (const result of results) await result.get({ timeoutMs: 30_000 });
    expect(starts.sort()).toEqual(["early", "late"]);
  });

  test("an expired task is REVOKED without running", async () => {
    const app = newApp();
    let ran = false;
    const note = app.task("note", () => {
      ran = true;
    });
    const result = await note.applyAsync({ expires: 0.05 });
    await sleep(80);
    await working(app);
    await expect(result.get({ timeoutMs: 30_000 })).rejects.toThrow(TaskRevokedError);
    await expect(result.get()).rejects.toThrow("expired");
    expect([await result.status(), ran]).toEqual(["REVOKED", false]);
  });

  test("a revoked task does not begin, waiting or delayed or not even sent", async () => {
    const app = newApp();
    let ran = 0;
    const note = app.task("note", () => ++ran);
    const waiting = await note.delay();
    const delayed = await note.applyAsync({ countdown: 0.2, queue: "elsewhere" });
    expect(await waiting.revoke()).toBe("REVOKED");
    expect(await app.AsyncResult(delayed.id).revoke()).toBe("REVOKED");
    expect(await app.AsyncResult("to-come").revoke()).toBe("REVOKED");
    await note.applyAsync({ taskId: "to-come" });
    await working(app, { queues: ["default", "elsewhere"] });
    await sleep(400);
    expect(ran).toBe(0);
    await expect(waiting.get({ timeoutMs: 30_000 })).rejects.toThrow(TaskRevokedError);
  });

  test("a running task is revoked only with terminate, through its signal", async () => {
    const app = newApp();
    const hang = app.task("hang", { bind: true }, (self) => sleep(10_000, "done", { signal: self.signal }));
    await working(app);
    const result = await hang.delay();
    await eventually(async () => expect(await result.status()).toBe("STARTED"));
    expect(await result.revoke()).toBe("STARTED");
    await sleep(60);
    expect(await result.status()).toBe("STARTED");
    await result.revoke({ terminate: true });
    await expect(result.get({ timeoutMs: 30_000 })).rejects.toThrow(TaskRevokedError);
    expect(await result.status()).toBe("REVOKED");
    expect(await result.revoke()).toBe("REVOKED");
  });
});

describe("retries", () => {
  test("self.retry shows as RETRY with its error, and begins again later", async () => {
    const app = newApp();
    const flaky = app.task("flaky", { bind: true }, (self) => {
      if (self.request.retries < 2)
        throw self.retry({ countdown: 0.15, exc: new Error(`try ${self.request.retries}`) });
      return self.request.retries;
    });
    await working(app);
    const result = await flaky.delay();
    await eventually(async () => expect(await result.status()).toBe("RETRY"), { everyMs: 3 });
    expect(await result.result()).toMatchObject({ message: "try 0" });
    expect(await result.get({ timeoutMs: 30_000 })).toBe(2);
  });

  test("with none left it fails with the error itself; called directly there are none", async () => {
    const app = newApp();
    let starts = 0;
    const never = app.task("never", { bind: true, maxRetries: 2 }, (self) => {
      starts++;
      return self.retry({ countdown: 0, exc: new TypeError("still wrong") });
    });
    await expect(never()).rejects.toThrow("still wrong");
    starts = 0;
    await working(app);
    await expect((await never.delay()).get({ timeoutMs: 30_000 })).rejects.toMatchObject({ name: "TypeError" });
    expect(starts).toBe(3);
  });

  test("autoretryFor retries those errors and no others; a call may ask for more", async () => {
    const app = newApp();
    const starts: string[] = [];
    const options = { autoretryFor: [RangeError], retryBackoff: 0.01, retryJitter: false, maxRetries: 1 };
    const flaky = app.task(
      "flaky",
      (kind: string) => {
        starts.push(kind);
        throw kind === "range" ? new RangeError(kind) : new Error(kind);
      },
      options,
    );
    await working(app);
    await (await flaky.delay("range")).get({ timeoutMs: 30_000, propagate: false });
    await (await flaky.delay("other")).get({ timeoutMs: 30_000, propagate: false });
    const call = { args: ["asked"] as const, retries: 3, retryBackoff: 0.01 };
    await (await flaky.applyAsync(call)).get({ timeoutMs: 30_000, propagate: false });
    expect(starts).toEqual(["range", "range", "other", "asked", "asked", "asked", "asked"]);
  });

  test("a task that waits to be retried can be revoked", async () => {
    const app = newApp();
    const flaky = app.task("flaky", { bind: true }, (self) => self.retry({ countdown: 60 }));
    await working(app);
    const result = await flaky.delay();
    await eventually(async () => expect(await result.status()).toBe("RETRY"));
    expect(await result.revoke()).toBe("REVOKED");
  });

  test("a rate limit spreads the starts over time, over all workers", async () => {
    const app = newApp();
    const starts: number[] = [];
    const note = app.task("note", () => void starts.push(performance.now()), { rateLimit: "20/s" });
    for (let at = 0; at < 2; at++) await working(app);
    const results = await Promise.all(Array.from({ length: 11 }, () => note.delay()));
    for (const result of results) await result.get({ timeoutMs: 30_000 });
    starts.sort((a, b) => a - b);
    expect(starts.at(-1)! - starts[0]!).toBeGreaterThan(450);
    expect(() => app.task("bad", () => {}, { rateLimit: "often" })).toThrow("rateLimit");
  });
});

describe("several together", () => {
  test("every link of a chain keeps its countdown, eta, expires and retries", async () => {
    const app = newApp();
    const starts: Record<string, { eta: Date | null; expires: Date | null; retries: number; at: number }[]> = {};
    const link = app.task("link", { bind: true, retryDelay: 0 }, (self, ...args: unknown[]) => {
      const name = String(args.at(-1));
      const { eta, expires, retries } = self.request;
      starts[name] = [...(starts[name] ?? []), { eta, expires, retries, at: Date.now() }];
      if (name === "retried" && retries < 2) throw new Error("again");
      return name;
    });
    await working(app);
    const eta = new Date(Date.now() + 400);
    const links = [
      link.s("first"),
      link.s("counted").set({ countdown: 0.3, expires: 60 }),
      link.s("timed").set({ eta, expires: new Date(eta.getTime() + 60_000) }),
      link.s("retried").set({ retries: 2 }),
    ];
    const result = await chain(...links).applyAsync(app);
    expect(await result.get({ timeoutMs: 30_000 })).toBe("retried");
    const [first, counted, timed] = [starts["first"]![0]!, starts["counted"]![0]!, starts["timed"]![0]!];
    expect(counted.eta!.getTime()).toBeGreaterThanOrEqual(first.at + 300);
    expect(counted.at).toBeGreaterThanOrEqual(counted.eta!.getTime());
    expect(counted.expires!.getTime()).toBeGreaterThanOrEqual(first.at + 60_000);
    expect([timed.eta, timed.expires]).toEqual([eta, new Date(eta.getTime() + 60_000)]);
    expect(timed.at).toBeGreaterThanOrEqual(eta.getTime());
    expect(starts["retried"]!.map(({ retries }) => retries)).toEqual([0, 1, 2]);
  });

  test("a later link that has expired when its turn comes is REVOKED, and so are those behind it not begun", async () => {
    const app = newApp();
    const ran: unknown[] = [];
    const note = app.task("note", (...args: unknown[]) => void ran.push(args.at(-1)));
    await working(app);
    const links = [note.s(1), note.s(2).set({ expires: new Date(Date.now() - 1) }), note.s(3)];
    const result = await chain(...links).applyAsync(app);
    await expect(result.get({ timeoutMs: 30_000 })).rejects.toThrow();
    expect([await result.parent!.status(), ran]).toEqual(["REVOKED", [1]]);
  });

  test("a chain hands each result to the next task", async () => {
    const app = newApp();
    const add = app.task("add", (a: number, b: number) => a + b);
    await working(app);
    const result = await chain(add.s(1, 2), add.s(10), add.s(100).set({ queue: "default" })).applyAsync(app);
    expect(await result.get({ timeoutMs: 30_000 })).toBe(113);
    expect(await result.parent?.get({ timeoutMs: 30_000 })).toBe(13);
  });

  test("a link that fails fails those after it", async () => {
    const app = newApp();
    const add = app.task("add", (a: number, b: number) => a + b);
    const fail = app.task("fail", () => {
      throw new Error("broken link");
    });
    await working(app);
    const result = await chain(add.s(1, 2), fail.s(), add.s(1)).applyAsync(app);
    await expect(result.get({ timeoutMs: 30_000 })).rejects.toThrow("broken link");
    expect(await result.parent?.parent?.status()).toBe("SUCCESS");
  });

  test("a group runs beside each other and answers in its order", async () => {
    const app = newApp();
    const add = app.task("add", (a: number, b: number) => a + b);
    await working(app);
    const results = await group([add.s(1, 1), add.s(2, 2), add.s(3, 3)]).applyAsync(app);
    expect(await results.get({ timeoutMs: 30_000 })).toEqual([2, 4, 6]);
    expect([await results.ready(), await results.successful(), await results.completedCount()]).toEqual([
      true,
      true,
      3,
    ]);
  });

  test("two workers share the work", async () => {
    const one = newApp();
    const two = newApp({ name: one.name });
    const done = { one: 0, two: 0 };
    const work = (by: "one" | "two") => () => {
      done[by]++;
      return sleep(10);
    };
    const task = one.task("work", work("one"));
    two.task("work", work("two"));
    await Promise.all([working(one, { concurrency: 2 }), working(two, { concurrency: 2 })]);
    const results = await Promise.all(Array.from({ length: 60 }, () => task.delay()));
    for (const result of results) await result.get({ timeoutMs: 30_000 });
    expect(done.one + done.two).toBe(60);
    expect(Math.min(done.one, done.two)).toBeGreaterThan(10);
  });
});

describe("closing a worker", () => {
  test("waits for what runs, and takes nothing new", async () => {
    const app = newApp();
    const slow = app.task("slow", () => sleep(200, "done"));
    const worker = await working(app, { concurrency: 1 });
    const [first, second] = [await slow.delay(), await slow.delay()];
    await eventually(async () => expect(await first.status()).toBe("STARTED"));
    await worker.close();
    expect([await first.status(), await second.status()]).toEqual(["SUCCESS", "PENDING"]);
  });

  test("without waiting, an early task is lost and a late one is done by another worker", async () => {
    const app = newApp();
    const dwell = { bind: true as const };
    const early = app.task("early", dwell, (self) => sleep(10_000, "", { signal: self.signal }));
    const starts: boolean[] = [];
    const late = app.task("late", { ...dwell, acksLate: true }, async (self) => {
      starts.push(self.request.redelivered);
      await sleep(starts.length === 1 ? 10_000 : 1, "", { signal: self.signal });
      return "done";
    });
    const worker = await working(app);
    const [one, other] = [await early.delay(), await late.delay()];
    await eventually(async () => expect([await one.status(), await other.status()]).toEqual(["STARTED", "STARTED"]));
    await worker.close({ wait: false });
    await expect(one.get({ timeoutMs: 30_000 })).rejects.toMatchObject({ name: "WorkerLostError" });
    await working(app);
    expect(await other.get({ timeoutMs: 30_000 })).toBe("done");
    expect(starts).toHaveLength(2);
  });

  test("does not wait for a Redis that has gone silent, nor does the app", async () => {
    await using proxy = await openProxy({ target: redis.target });
    const app = newApp({ broker: `redis://127.0.0.1:${proxy.port}` });
    const nothing = app.task("nothing", () => null);
    await working(app);
    await (await nothing.delay()).get({ timeoutMs: 30_000 });
    proxy.blackhole();
    await app.close();
  });
});
