import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { eventually } from "@headline/testkit";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Installed, installed } from "../../../tools/release/installed.js";

const README = readFileSync(resolve(import.meta.dirname, "../README.md"), "utf8");
const EXAMPLES = [...README.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, text]) => text!);
/** In front of an example that goes on where another one ended. */
const BEFORE = `
  import { cron, crontab, every, type Job, type Scheduler, type Trigger, withoutDays } from "@headline/scheduler";
  declare const scheduler: Scheduler, trigger: Trigger, job: Job;
`;
/** Compiling, packing and installing on a busy machine. */
const SLOW_MS = 180_000;
const SUCCESS = { code: 0, text: "" };
const EVERYTHING = `
  import * as core from "@headline/scheduler";
  import * as stores from "@headline/scheduler/stores";
  import * as sqlite from "@headline/scheduler/stores/sqlite";
  import * as postgres from "@headline/scheduler/stores/postgres";
  import * as kit from "@headline/scheduler/stores/kit";
  import * as conformance from "@headline/scheduler/stores/conformance";
  import * as executors from "@headline/scheduler/executors";
  import * as crontab from "@headline/scheduler/crontab";
  import * as dashboard from "@headline/scheduler/dashboard";
  import * as simulation from "@headline/scheduler/simulation";
  export const all = { core, stores, sqlite, postgres, kit, conformance, executors, crontab, dashboard, simulation };
`;
const NODENEXT = { module: "nodenext", moduleResolution: "nodenext" };
const BUNDLER = { module: "esnext", moduleResolution: "bundler" };

describe("the packed package, in an empty folder", () => {
  let app: Installed;
  beforeAll(async () => {
    app = await installed("@headline/scheduler");
  }, SLOW_MS);
  afterAll(() => app?.[Symbol.dispose]());

  test("holds the examples", () => {
    const examples = readdirSync(join(app.folder, "node_modules/@headline/scheduler/examples"));
    expect(examples).toEqual(["json-file-store.mjs", "persistent.mjs", "two-processes.mjs"]);
  });

  test("runs without any peer, and says which one a part needs", async () => {
    app.write(
      "bare.js",
      `import { Scheduler } from "@headline/scheduler";
      import { AsyncExecutor, BullExecutor, BullTaskWorker, WorkerThreadExecutor } from "@headline/scheduler/executors";
      import { RedisJobStore } from "@headline/scheduler/stores";
      import { SQLiteJobStore } from "@headline/scheduler/stores/sqlite";
      import { PostgresJobStore } from "@headline/scheduler/stores/postgres";
      const connection = "redis://127.0.0.1:1";
      const said = async (act) => console.log((await Promise.resolve().then(act).catch((error) => error)).message);
      await said(() => new BullExecutor({ connection, queue: "q" }).start());
      await said(() => new BullTaskWorker({ connection, queue: "q", tasks: {} }));
      await said(() => new WorkerThreadExecutor({ filename: import.meta.filename }).start());
      await said(() => new RedisJobStore({ url: connection }));
      await said(() => new SQLiteJobStore({ url: "sqlite:jobs.db", driver: "libsql" }));
      await said(() => new PostgresJobStore({ url: "postgres://127.0.0.1:1" }));
      const scheduler = new Scheduler({ executors: { default: new AsyncExecutor() } });
      await scheduler.addJob({ func: () => console.log("ran") });
      scheduler.on("job:executed", () => scheduler.shutdown());
      await scheduler.run();`,
    );
    const needs = (who: string, name: string) => `${who} needs ${name}, which is not installed: npm install ${name}`;
    const { code, text } = await app.node("bare.js");
    expect(text.trim().split("\n")).toEqual([
      needs("BullExecutor", "bullmq"),
      needs("BullTaskWorker", "bullmq"),
      needs("WorkerThreadExecutor", "piscina"),
      needs("RedisJobStore", "ioredis"),
      needs("SQLiteJobStore", "libsql"),
      needs("PostgresJobStore", "pg"),
      "ran",
    ]);
    expect(code).toBe(0);
  });

  test("runs a job in a thread with piscina alone", async () => {
    app.link("piscina");
    app.write("heavy.js", "export const sum = (context, a, b) => a + b;");
    app.write(
      "thread.js",
      `import { Scheduler } from "@headline/scheduler";
      import { WorkerThreadExecutor } from "@headline/scheduler/executors";
      const filename = new URL("heavy.js", import.meta.url).href;
      const scheduler = new Scheduler({ executors: { cpu: new WorkerThreadExecutor({ filename }) } });
      scheduler.registerTask("sum");
      await scheduler.addJob({ func: "sum", args: [1, 2], executor: "cpu" });
      scheduler.on("job:executed", ({ value }) => scheduler.shutdown().then(() => console.log(value)));
      await scheduler.run();`,
    );
    expect(await app.node("thread.js")).toEqual({ code: 0, text: "3\n" });
  });

  test("has types that need no peer for the first import", async () => {
    app.link("typescript", "@types/node");
    app.write("first.ts", `${EXAMPLES[0]}\nscheduler satisfies Scheduler;`);
    for (const options of [NODENEXT, BUNDLER])
      expect(await app.tsc({ ...options, types: ["node"], skipLibCheck: false }, "first.ts")).toEqual(SUCCESS);
  });

  test.each([false, true])("decorates methods, experimentalDecorators: %s", async (experimentalDecorators) => {
    app.link("typescript", "@types/node", "undici-types");
    app.write(
      "decorated.ts",
      `import { interval, type RunContext, Scheduled, Scheduler, scheduleMethods } from "@headline/scheduler";
      const scheduler = new Scheduler({ timezone: "UTC" });
      interface Greeting { readonly word: string }
      const greeting: Greeting = { word: "hello" };
      class Greeter {
        readonly name = "alice";
        constructor() { scheduleMethods(this); }
        @Scheduled(scheduler, { args: [greeting] })
        async greet({ jobName }: RunContext, { word }: Greeting): Promise<string> {
          return \`\${word} by \${jobName} of \${this.name}\`;
        }
        @Scheduled(scheduler, { trigger: interval({ hours: 1 }) })
        static hourly(): void {}
      }
      new Greeter();
      scheduler.on("job:executed", ({ value }) => scheduler.shutdown().then(() => console.log(value)));
      await scheduler.run();`,
    );
    const options = { ...NODENEXT, types: ["node"], noEmit: false, experimentalDecorators };
    expect(await app.tsc(options, "decorated.ts")).toEqual(SUCCESS);
    expect(await app.node("decorated.js")).toEqual({ code: 0, text: "hello by Greeter.greet of alice\n" });
  });

  describe("with its peers", () => {
    beforeAll(() => app.link("mysql2", "pg", "ioredis", "bullmq", "express", "@types/express", "undici-types"));

    test(
      "compiles the README's examples and every import, strictly",
      async () => {
        const files = EXAMPLES.map((text, at) => app.write(`example${at}.ts`, `${whole(text)}\nexport { scheduler };`));
        app.write("everything.ts", EVERYTHING);
        for (const options of [NODENEXT, BUNDLER])
          expect(await app.tsc({ ...options, types: ["node"] }, ...files, "everything.ts")).toEqual(SUCCESS);
      },
      SLOW_MS,
    );

    test("runs the README's first examples twice, the second time on what the first left in the file", async () => {
      app.link("libsql");
      for (const example of EXAMPLES.slice(0, 2)) {
        app.write("example.js", `${example}\nawait scheduler.printJobs();\nawait scheduler.shutdown();`);
        for (const _start of ["first", "second"]) {
          const { code, text } = await app.node("example.js");
          expect(text).toMatch(/^ {4}\w+ \(trigger: .*next run at: /m);
          expect([code, text]).toEqual([0, expect.not.stringContaining("Error")]);
        }
      }
      expect(existsSync(join(app.folder, "jobs.db"))).toBe(true);
    });

    test(
      "runs two processes of the persistent example: one is killed in a run, and the other one takes it over",
      async () => {
        app.link("libsql");
        // The README's program, with a run that lasts until it may end, and a lease that a test can wait for.
        const program = EXAMPLES[1]!
          .replace("new Scheduler({ ", "new Scheduler({ leaseMs: 5_000, ")
          .replace(/\(context\) => .*\);$/m, "long);")
          .replaceAll("jobs.db", "two.db");
        app.write(
          "two.js",
          `import { existsSync } from "node:fs";
        async function long({ attempt }) {
          console.log("began", attempt);
          while (!existsSync("go")) await new Promise((resolve) => setTimeout(resolve, 20));
          console.log("ended", attempt);
        }
        ${program}
        if (process.argv[2] === "run") await scheduler.runNow("report");
        console.log("ready");`,
        );
        const other = started();
        const first = started("run");
        try {
          await eventually(() => expect(first.lines).toContain("began 1"));
          await eventually(() => expect(other.lines).toEqual(["ready"]));
          first.child.kill("SIGKILL");
          await eventually(() => expect(other.lines).toEqual(["ready", "began 2"]));
          app.write("go", "");
          await eventually(() => expect(other.lines).toEqual(["ready", "began 2", "ended 2"]));
          expect(first.lines).not.toContain("ended 1");
        } finally {
          for (const { child } of [first, other]) child.kill("SIGKILL");
        }

        function started(...args: string[]) {
          const child = spawn(process.execPath, ["two.js", ...args], {
            cwd: app.folder,
            stdio: ["ignore", "pipe", "inherit"],
          });
          const lines: string[] = [];
          createInterface(child.stdout).on("line", (line) => lines.push(line));
          return { child, lines };
        }
      },
      SLOW_MS,
    );
  });
});

function whole(example: string): string {
  return example.startsWith("import ") ? example : `${BEFORE}${example}`;
}
