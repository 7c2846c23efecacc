import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import {
  bundled,
  eventually,
  noRabbitmq,
  type ThrowawayRabbitmq,
  type ThrowawayRedis,
  throwawayRabbitmq,
  throwawayRedis,
} from "@headline/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { Redis } from "ioredis";
import { Connection } from "rabbitmq-client";
import { heard } from "../../scheduler/test/quiet.js";
import { chain, chord, signature, TaskApp, type TaskAppOptions } from "../src/index.js";
import { pythonClient, pythonWorker, withoutCelery } from "./python-celery.js";

const WAIT = { timeoutMs: 90_000 };

test("what RabbitMQ needs is said by name", () => {
  const broker = "amqp://127.0.0.1:1";
  const made = (options: Partial<TaskAppOptions>) => () => new TaskApp({ broker, ...options });
  expect(made({})).toThrow("backend: needs a Redis for the results beside RabbitMQ");
  expect(made({ backend: broker })).toThrow("backend: needs a Redis");
  expect(made({ backend: "redis://x", protocol: "bullmq" })).toThrow('protocol: over RabbitMQ it is "celery"');
  expect(made({ backend: "redis://x", queueType: "stream" as never })).toThrow(
    'queueType: must be "classic" or "quorum"',
  );
  expect(made({ backend: "redis://x", maxPriority: -1 })).toThrow("maxPriority: must be a whole number");
});

(noRabbitmq === undefined ? describe : describe.skip)(
  `RabbitMQ as the broker (${noRabbitmq ?? "as installed"})`,
  () => {
    let rabbit: ThrowawayRabbitmq;
    let redis: ThrowawayRedis;
    let client: Redis;
    let amqp: Connection;
    const apps: TaskApp[] = [];
    let logger = heard();

    beforeAll(async () => {
      [rabbit, redis] = await Promise.all([throwawayRabbitmq(), throwawayRedis({ tcp: true })]);
      client = new Redis(redis.url);
      amqp = new Connection(rabbit.url);
      amqp.on("error", () => {});
    }, 240_000);
    afterEach(async () => {
      await Promise.all(apps.splice(0).map((app) => app.close()));
      logger = heard();
    });
    afterAll(async () => {
      amqp?.unsafeDestroy();
      client?.disconnect();
      await Promise.all([rabbit?.stop(), redis?.stop()]);
    });

    function newApp(defaultQueue: string, options: Partial<TaskAppOptions> = {}): TaskApp {
      const app = new TaskApp({ broker: rabbit.url, backend: redis.url, defaultQueue, logger, ...options });
      apps.push(app);
      return app;
    }

    /** Messages that wait in a queue. */
    async function waitingIn(queue: string): Promise<number> {
      return (await amqp.queueDeclare({ queue, passive: true })).messageCount;
    }

    test("calls that wait hold no place and no prefetch; short and long times are kept", async () => {
      const app = newApp("delays");
      const say = app.task("say", (word: string) => word);
      const when = app.task("when", { bind: true }, (self) => Date.now() >= self.request.eta!.getTime());
      await Promise.all(Array.from({ length: 30 }, () => say.applyAsync({ args: ["later"], countdown: 3_600 })));
      await app.worker({ concurrency: 1, prefetch: 1 }).start();
      for (const word of ["a", "b", "c"]) expect(await (await say.delay(word)).get(WAIT)).toBe(word);
      const longest = `delays.delay.${250 * 2 ** 13}`;
      await eventually(async () => expect(await waitingIn(longest)).toBe(30));
      for (const countdown of [0.05, 0.9]) expect(await (await when.applyAsync({ countdown })).get(WAIT)).toBe(true);
    });

    test("retries, chains, chords, limits and what is refused are those of Celery's wire", async () => {
      const app = newApp("canvas");
      let runs = 0;
      app.task("flaky", { bind: true, maxRetries: 3 }, (self, value: number) => {
        if (self.request.retries < 2) throw self.retry({ countdown: 0.01 });
        return value + self.request.retries;
      });
      app.task("double", (value: number) => value * 2);
      app.task("sum", (values: number[]) => values.reduce((a, b) => a + b, 0));
      app.task("count", () => ++runs);
      await app.worker().start();
      const [flaky, double, sum] = [signature("flaky", [1]), signature("double"), signature("sum")];
      expect(await (await chain(flaky, double).applyAsync(app)).get(WAIT)).toBe(6);
      expect(await (await chord([flaky, flaky], sum).applyAsync(app)).get(WAIT)).toBe(6);
      const expired = await app.sendTask("count", { expires: new Date(0) });
      await expect(expired.get(WAIT)).rejects.toMatchObject({ name: "TaskRevokedError" });
      const unknown = await app.sendTask("nowhere");
      await expect(unknown.get(WAIT)).rejects.toMatchObject({ name: "NotRegisteredError" });
      const publisher = amqp.createPublisher({ confirm: true });
      const pickled = { contentType: "application/x-python-serialize", contentEncoding: "binary" };
      await publisher.send({ routingKey: "canvas", headers: { task: "count", id: "p" }, ...pickled }, Buffer.from("x"));
      await publisher.send({ routingKey: "canvas", contentType: "application/json" }, Buffer.from("{"));
      await publisher.close();
      await eventually(() => {
        expect(logger.lines.join("\n")).toContain("count (p) is refused: ContentDisallowed");
        expect(logger.lines.join("\n")).toContain("is no task of protocol 2");
      });
      expect(await (await app.sendTask("count")).get(WAIT)).toBe(1);
      await app.sendTask("count", { queue: "deleted" });
      await amqp.queueDelete({ queue: "deleted" });
      await app.sendTask("count", { queue: "deleted" });
      expect(await waitingIn("deleted")).toBe(1); // declared again
    });

    test("a call that has failed for good is in its dead-letter queue, with the reason", async () => {
      const app = newApp("letters");
      const fail = app.task(
        "fail",
        { autoretryFor: true, maxRetries: 1, retryDelay: 0, deadLetterQueue: "dead" },
        (_value: number) => {
          throw new RangeError("out");
        },
      );
      await app.worker().start();
      const failed = await fail.delay(7);
      await expect(failed.get(WAIT)).rejects.toMatchObject({ name: "RangeError" });
      await eventually(async () => expect(await waitingIn("dead")).toBe(1));
      const letter = await amqp.basicGet("dead");
      expect(letter?.headers).toMatchObject({
        ...{ id: failed.id, task: "fail", retries: 1 },
        dead_letter: { queue: "letters", reason: 'RangeError("out")' },
      });
    });

    test("higher priorities come first, in queues that have them; quorum queues run tasks as well", async () => {
      const app = newApp("ranked", { maxPriority: 9 });
      const seen: number[] = [];
      const mark = app.task("mark", (priority: number) => void seen.push(priority));
      const sent = [];
      for (const priority of [1, 5, 9, 5]) sent.push(await mark.applyAsync({ args: [priority], priority }));
      await app.worker({ concurrency: 1, prefetch: 0 }).start();
      for (const each of sent) await each.get(WAIT);
      expect(seen).toEqual([9, 5, 5, 1]);
      const quorum = newApp("replicated", { queueType: "quorum" });
      const add = quorum.task("add", (a: number, b: number) => a + b);
      await quorum.worker().start();
      expect(await (await add.applyAsync({ args: [1, 2], countdown: 0.3 })).get(WAIT)).toBe(3);
    });

    test("a worker that is killed loses its late calls to another; an early call begins once", async () => {
      const script = await bundled(fileURLToPath(new URL("fixtures/celery/worker.mjs", import.meta.url)));
      const workerProcess = async () => {
        const child = fork(script, [rabbit.url, redis.url], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
        await once(child, "message");
        return child;
      };
      const app = newApp("crash");
      const victim = await workerProcess();
      const [late, early] = [await app.sendTask("late"), await app.sendTask("early")];
      await eventually(async () => expect(await client.lrange("begun", 0, -1)).toHaveLength(2));
      victim.kill("SIGKILL");
      const heir = await workerProcess();
      try {
        expect(await late.get(WAIT)).toBe(heir.pid);
        expect(await early.status()).toBe("STARTED");
        const begun = await client.lrange("begun", 0, -1);
        expect(begun.filter((entry) => entry.startsWith("early"))).toHaveLength(1);
        expect(await waitingIn("crash")).toBe(0);
      } finally {
        heir.kill("SIGKILL");
      }
    });

    test("RabbitMQ is killed and comes back: what runs goes on and is run once, what waits is not lost", async () => {
      const app = newApp("outage");
      const runs: Record<string, number> = {};
      let release = () => {};
      const gate = new Promise<void>((resolve) => {
        release = resolve;
      });
      const note = (name: string) => {
        runs[name] = (runs[name] ?? 0) + 1;
      };
      const noted = (name: string) => {
        note(name);
        return gate;
      };
      const late = app.task("late", { acksLate: true }, () => noted("late"));
      const early = app.task("early", () => noted("early"));
      const queued = app.task("queued", { acksLate: true }, (name: string) => note(name));
      const worker = app.worker({ concurrency: 2, prefetch: 2 });
      await worker.start();
      const running = [await late.delay(), await early.delay()];
      await eventually(() => expect(runs).toEqual({ late: 1, early: 1 }));
      const waiting = await Promise.all(["a", "b", "c", "d"].map((name) => queued.delay(name)));
      const delayed = await queued.applyAsync({ args: ["e"], countdown: 1 });
      await rabbit.kill();
      await expect(queued.delay("f")).rejects.toMatchObject({ name: "BrokerUnavailableError" });
      await rabbit.restart();
      await eventually(
        async () => expect((await amqp.queueDeclare({ queue: "outage", passive: true })).consumerCount).toBe(1),
        {
          withinMs: 90_000,
        },
      );
      release();
      for (const each of [...running, ...waiting, delayed]) await each.get(WAIT);
      expect(runs).toEqual({ late: 1, early: 1, a: 1, b: 1, c: 1, d: 1, e: 1 });
      await eventually(async () => expect(await waitingIn("outage")).toBe(0));
    });

    (withoutCelery === undefined ? describe : describe.skip)(
      `Celery 5 in Python (${withoutCelery ?? "as installed"})`,
      () => {
        let python: Awaited<ReturnType<typeof pythonClient>>;
        let stopWorker: () => Promise<void>;

        beforeAll(async () => {
          const env = { BROKER: rabbit.url, BACKEND: redis.url };
          ({ stop: stopWorker } = pythonWorker(env));
          python = await pythonClient(env);
        });
        afterAll(async () => {
          await python?.stop();
          await stopWorker?.();
        });

        test("calls Node's tasks and is called, in chains and chords, and sees the worker and its events", async () => {
          const app = newApp("node");
          app.task("node.add", (a: number, b: number) => a + b);
          app.task("node.fail", (text: string) => {
            throw new TypeError(text);
          });
          const worker = await app.worker({ taskEvents: true, name: "rabbit" }).start();
          expect(await python.value('value = S("node.add").apply_async((1, 2), countdown=0.4).get(timeout=90)')).toBe(
            3,
          );
          expect(await python.run('S("node.fail", "no").delay().get(timeout=90)')).toMatchObject({
            error: "TypeError",
            message: "no",
          });
          const linked = 'chain(S("node.add", 1, 2), S("py.add", 10, queue="celery"), S("node.add", 5))';
          expect(await python.value(`value = ${linked}().get(timeout=90)`)).toBe(18);
          const [here, there] = [signature("node.add", [1, 1]), signature("py.add", [2, 2], { queue: "celery" })];
          const total = signature("py.total", [], { queue: "celery" });
          expect(await (await chord([here, there], total).applyAsync(app)).get(WAIT)).toBe(6);
          const failed = await app.sendTask("py.fail", { args: ["bad"], queue: "celery" });
          await expect(failed.get(WAIT)).rejects.toMatchObject({ name: "ValueError", message: "bad" });
          const ping = `value = app.control.inspect([${JSON.stringify(worker.id)}], timeout=10).ping()`;
          expect(await python.value(ping)).toEqual({ [worker.id]: { ok: "pong" } });
          await python.value(`watch()\nwhile "${worker.id}" not in monitor.workers: time.sleep(0.05)`);
          const id = await python.value('r = S("node.add", 1, 2).delay(); r.get(timeout=90); value = r.id');
          await eventually(async () =>
            expect(await python.value(`value = [t.state for t in [monitor.tasks.get("${id}")] if t]`)).toEqual([
              "SUCCESS",
            ]),
          );
        });
      },
    );
  },
);
