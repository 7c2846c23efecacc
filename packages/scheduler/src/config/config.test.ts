import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { type ThrowawayMysql, type ThrowawayRedis, throwawayMysql, throwawayRedis } from "@headline/testkit";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { ConfigError, DebugExecutor, interval, MemoryJobStore, Scheduler } from "../index.js";
import { VirtualClock } from "../simulation/virtual-clock.js";

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

let mysql: ThrowawayMysql;
let redis: ThrowawayRedis;

beforeAll(async () => {
  [mysql, redis] = await Promise.all([throwawayMysql(), throwawayRedis()]);
});
afterAll(async () => {
  await Promise.all([mysql?.[Symbol.asyncDispose](), redis?.[Symbol.asyncDispose]()]);
});

async function refusal(config: unknown): Promise<string> {
  const error = await Scheduler.fromConfig(config).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ConfigError);
  return (error as ConfigError).message;
}

describe("Scheduler.fromConfig", () => {
  test("takes in JSON what the constructor takes in objects", async () => {
    const clock = new VirtualClock(Date.UTC(2026, 0, 5));
    const config = JSON.parse(`{
      "timezone": "Asia/Shanghai",
      "jobDefaults": { "coalesce": false, "maxInstances": 3, "misfireGraceTime": null, "retries": { "max": 2 } },
      "stores": { "default": { "type": "memory", "historyMax": 5 }, "shared": { "type": "memory", "shared": true } },
      "executors": { "default": { "type": "async", "concurrency": 2 }, "debug": { "type": "debug" } },
      "leaseMs": 4000, "pollMs": 500, "historyDays": 0.5
    }`);
    const scheduler = await Scheduler.fromConfig(config, {
      clock,
      logger: quiet,
      stores: { own: new MemoryJobStore() },
    });
    expect(scheduler.timezone).toBe("Asia/Shanghai");
    expect([...scheduler.stores].map(([alias, { shared }]) => [alias, shared])).toEqual([
      ["own", false],
      ["default", false],
      ["shared", true],
    ]);
    await scheduler.start();
    let count = 0;
    const job = await scheduler.addJob({ func: () => count++, trigger: interval({ seconds: 1 }), executor: "debug" });
    expect(job).toMatchObject({ coalesce: false, maxInstances: 3, misfireGraceTime: null, retries: { max: 2 } });
    await clock.advance(3_100);
    expect(count).toBe(3);
    const stopped = scheduler.shutdown();
    await clock.advance(1_000);
    await stopped;
  });

  test("an empty object is the scheduler without options", async () => {
    const scheduler = await Scheduler.fromConfig({});
    expect([...scheduler.stores.keys()]).toEqual(["default"]);
  });

  test("APScheduler's prefixed keys are understood, and other programs' left alone", async () => {
    const clock = new VirtualClock(0);
    const scheduler = await Scheduler.fromConfig(
      {
        "apscheduler.jobstores.job_cache": { type: "memory", history_max: "7" },
        "apscheduler.executors.default.type": "async",
        "apscheduler.executors.default.queue_max": "20",
        "apscheduler.job_defaults.coalesce": "false",
        "apscheduler.job_defaults.max_instances": "3",
        "apscheduler.job_defaults.misfire_grace_time": "None",
        "apscheduler.timezone": "UTC",
        "flask.debug": true,
      },
      { clock, logger: quiet },
    );
    expect(scheduler.timezone).toBe("UTC");
    expect(scheduler.stores.has("job_cache")).toBe(true);
    const job = await scheduler.addJob({ func: () => {}, trigger: interval({ seconds: 1 }) });
    expect(job).toMatchObject({ coalesce: false, maxInstances: 3, misfireGraceTime: null });
    expect(await refusal({ "apscheduler.job_defaults.max_instance": "3" })).toMatch(
      /^jobDefaults\.maxInstance: is not/,
    );
  });

  test.each<[unknown, string]>([
    [null, "configuration: must be an object, is null"],
    [[], "configuration: must be an object, is []"],
    [{ timezon: "UTC" }, "timezon: is not known; write timezone"],
    [{ timezone: "Mars/Olympus" }, 'timezone: there is no time zone "Mars/Olympus"'],
    [{ leaseMs: "10s" }, 'leaseMs: must be a whole number from 1, is "10s"'],
    [{ historyDays: -1 }, "historyDays: must be a number, 0 or more, is -1"],
    [
      { jobDefaults: { coalesce: "first" } },
      'jobDefaults.coalesce: must be true, false, "latest" or "earliest", is "first"',
    ],
    [{ jobDefaults: { retries: { delayMs: 5 } } }, "jobDefaults.retries.max: is missing"],
    [{ stores: { default: "mysql" } }, 'stores.default: must be an object, is "mysql"'],
    [
      { stores: { default: {} } },
      'stores.default.type: must be "memory", "mysql", "postgres", "sqlite" or "redis", is missing',
    ],
    [{ stores: { a: { type: "mysql" } } }, "stores.a.url: is missing"],
    [
      { stores: { a: { type: "mysql", url: "redis://:secret@h" } } },
      "stores.a.url: must begin with mysql:// or mariadb://",
    ],
    [
      { stores: { a: { type: "redis", url: "redis://:secret@h/abc" } } },
      "stores.a.url: must end with the number of a database, as in redis://host:6379/0; inside a name or password write % as %25, # as %23, ? as %3F, / as %2F, @ as %40 and : as %3A",
    ],
    [
      { stores: { a: { type: "mysql", url: "mysql://u:secret@h/d?tls=1" } } },
      "stores.a.url: tls: is not known; there are socketPath, ssl, ssl-mode, ssl-ca, ssl-cert, ssl-key, ssl-server-name",
    ],
    [
      { executors: { a: { type: "bull", url: "redis://:secret#@h", queue: "q" } } },
      "executors.a.url: is not a URL; inside a name or password write % as %25, # as %23, ? as %3F, / as %2F, @ as %40 and : as %3A",
    ],
    [
      { stores: { a: { type: "postgres", url: "mysql://:secret@h" } } },
      "stores.a.url: must begin with postgres:// or postgresql://",
    ],
    [
      { stores: { a: { type: "postgres", url: "postgres://u:secret@h/d?sslmode=prefer" } } },
      "stores.a.url: sslmode: must be disable, require, verify-ca or verify-full",
    ],
    [{ stores: { a: { type: "sqlite", url: "jobs.db" } } }, "stores.a.url: must begin with sqlite:"],
    [{ stores: { a: { type: "sqlite", url: "sqlite:" } } }, "stores.a.url: names no file"],
    [{ stores: { a: { type: "redis", url: 7 } } }, "stores.a.url: must begin with redis://, rediss://, unix:// or /"],
    [
      { stores: { a: { type: "redis", url: "redis://h", namespace: "{" } } },
      "stores.a: namespace: braces are not allowed, they mark the cluster's hash tag",
    ],
    [
      { stores: { a: { type: "memory", url: "mysql://h" } } },
      "stores.a.url: is not known; there are historyMax and shared",
    ],
    [
      { executors: { a: { type: "threadpool" } } },
      'executors.a.type: must be "async", "debug", "thread" or "bull", is "threadpool"',
    ],
    [{ executors: { a: { type: "debug", concurrency: 1 } } }, "executors.a.concurrency: is not known"],
    [
      { executors: { a: { type: "thread", filename: "tasks.js" } } },
      "executors.a.filename: must be an absolute path or a file URL",
    ],
    [
      { executors: { a: { type: "thread", filename: "/t.js", execArgv: [1] } } },
      "executors.a.execArgv[0]: must be a text that is not empty, is 1",
    ],
    [{ executors: { a: { type: "bull", url: "redis://h" } } }, "executors.a.queue: is missing"],
  ])("%j is refused by its path", async (config, message) => {
    expect(await refusal(config)).toBe(message);
  });

  test("an alias stands for one thing", async () => {
    const parts = { executors: { default: new DebugExecutor() } };
    await expect(Scheduler.fromConfig({ executors: { default: { type: "async" } } }, parts)).rejects.toThrow(
      "executors.default: is given beside the configuration as well",
    );
  });

  test("what it opened it closes: the process ends by itself, after a shutdown and without a start", async () => {
    const filename = resolve(import.meta.dirname, "../../test/fixtures/heavy.mjs");
    const config = {
      stores: {
        default: { type: "mysql", url: mysql.url, namespace: "config" },
        fast: { type: "redis", url: redis.url, namespace: "config" },
      },
      executors: {
        cpu: { type: "thread", filename, maxThreads: 1 },
        far: { type: "bull", url: redis.url, queue: "config" },
      },
    };
    const script = `
      import { Scheduler } from "@headline/scheduler";
      const config = ${JSON.stringify(config)};
      await Scheduler.fromConfig(config); // never started
      const scheduler = await Scheduler.fromConfig(config);
      scheduler.registerTask("sum"); // the threads know how
      await scheduler.start();
      const done = new Promise((resolve) => {
        let left = 2;
        scheduler.on("job:executed", ({ value, store }) => {
          console.log(store, value);
          if (--left === 0) resolve();
        });
      });
      const job = { id: "sum", func: "sum", args: [1, 2], executor: "cpu" };
      for (const store of ["default", "fast"]) await scheduler.addJob({ ...job, store });
      await done;
      await scheduler.shutdown();
      console.log("ended");`;
    const out = await output(script);
    expect(out.split("\n").sort()).toEqual(["", "default 3", "ended", "fast 3"]);
  });
});

function output(script: string): Promise<string> {
  const args = ["--conditions=headline-source", "--import", "tsx", "--input-type=module", "-e", script];
  const child = spawn(process.execPath, args, { cwd: import.meta.dirname, stdio: ["ignore", "pipe", "inherit"] });
  const limit = setTimeout(() => child.kill(), 90_000); // for a process that hangs
  let out = "";
  child.stdout.on("data", (chunk) => {
    out += chunk;
  });
  return new Promise((done) =>
    child.once("close", (code) => {
      clearTimeout(limit);
      done(code === 0 ? out : `${out}ended with ${code}`);
    }),
  );
}
