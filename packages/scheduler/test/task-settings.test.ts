import { eventually } from "@headline/testkit";
import { describe, expect, test } from "@jest/globals";
import { date, Scheduler } from "../src/index.js";
import { everyStore, STORE_KINDS } from "./every-store.js";
import { heard } from "./quiet.js";

const openStore = everyStore({ shared: true });

function open(store: ReturnType<typeof openStore>, more: { leaseMs?: number } = {}): Scheduler {
  return new Scheduler({ logger: heard(), timezone: "UTC", stores: { default: store }, ...more });
}

const LATE = { ack: "late", timeoutMs: 30 } as const;

describe.each(STORE_KINDS)("a client of %s that does not know the task", (kind) => {
  test("leaves ack and timeout to the task, unless the job says", async () => {
    const namespace = `settings-${kind}`;
    const client = open(openStore(kind, namespace));
    await client.start({ paused: true });
    await client.addJob({ id: "left", func: "slow", trigger: date() });
    await client.addJob({ id: "said", func: "slow", trigger: date(), ack: "early", timeoutMs: 60_000 });
    await client.addJob({ id: "changed", func: "slow", nextRunTime: null });
    await client.modifyJob("changed", { timeoutMs: 60_000, nextRunTime: "now" });
    await client.addJob({ id: "by hand", func: "slow", nextRunTime: null });
    await client.runNow("by hand");
    const worker = open(openStore(kind, namespace));
    worker.registerTask("slow", endsWithItsSignal, LATE);
    await worker.start();
    const ended = async () => {
      const { executions } = await worker.executions({});
      return Object.fromEntries(executions.map(({ jobId, state, error }) => [jobId, error ?? state]));
    };
    await eventually(async () =>
      expect(await ended()).toEqual({
        left: "timed out after 30 ms",
        "by hand": "timed out after 30 ms",
        said: "executed",
        changed: "executed",
      }),
    );
    await worker.shutdown();
    await client.shutdown();
  });

  test("a run that was left to its task is late when the task is: another scheduler takes it over", async () => {
    const namespace = `late-${kind}`;
    const client = open(openStore(kind, namespace));
    await client.start({ paused: true });
    await client.addJob({ id: "late", func: "task" });
    const attempts: number[] = [];
    const workers = [1, 2].map(() => {
      const worker = open(openStore(kind, namespace));
      const run = ({ attempt }: { attempt: number }) => {
        attempts.push(attempt);
        return attempts.length === 1 ? new Promise(() => {}) : "done";
      };
      worker.registerTask("task", run, { ack: "late" });
      return worker;
    });
    await workers[0]!.start();
    await eventually(() => expect(attempts).toEqual([1]));
    await workers[0]!.shutdown({ wait: false });
    await workers[1]!.start();
    await eventually(async () =>
      expect((await client.executions({})).executions).toMatchObject([{ state: "executed", result: "done" }]),
    );
    await workers[1]!.shutdown();
    await client.shutdown();
  });

  test("a run by hand that was left to its late task outlives the scheduler that took it", async () => {
    const namespace = `hand-${kind}`;
    const client = open(openStore(kind, namespace));
    await client.start({ paused: true });
    await client.addJob({ id: "hand", func: "task", nextRunTime: null });
    await client.runNow("hand");
    const attempts: number[] = [];
    const run = ({ attempt }: { attempt: number }) => (attempts.push(attempt) === 1 ? new Promise(() => {}) : "done");
    let isCut = false;
    const dying = open(
      cutOff(openStore(kind, namespace), () => isCut),
      { leaseMs: 500 },
    );
    const other = open(openStore(kind, namespace));
    for (const worker of [dying, other]) worker.registerTask("task", run, { ack: "late" });
    await dying.start();
    await eventually(() => expect(attempts).toEqual([1]));
    isCut = true;
    await other.start();
    await eventually(async () =>
      expect((await client.executions({})).executions).toMatchObject([{ state: "executed", result: "done" }]),
    );
    isCut = false;
    await dying.shutdown({ wait: false });
    await other.shutdown();
    await client.shutdown();
  });
});

/** A client of the store that reaches it no more while it is cut off, as that of a process that hangs. */
function cutOff(store: ReturnType<typeof openStore>, isCut: () => boolean): ReturnType<typeof openStore> {
  return new Proxy(store, {
    get(target, name) {
      if (isCut() && ["renew", "report", "reclaim"].includes(String(name)))
        return () => Promise.reject(new Error("cut off"));
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** Waits for its end, or a little, when it is given the time. */
function endsWithItsSignal({ signal }: { signal: AbortSignal }): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, 200);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
