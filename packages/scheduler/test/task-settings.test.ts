import { eventually } from "@headline/testkit";
import { describe, expect, test } from "@jest/globals";
import { date, Scheduler } from "../src/index.js";
import { everyStore, STORE_KINDS } from "./every-store.js";
import { heard } from "./quiet.js";

const openStore = everyStore();

function open(store: ReturnType<typeof openStore>): Scheduler {
  return new Scheduler({ logger: heard(), timezone: "UTC", stores: { default: store } });
}

const LATE = { ack: "late", timeoutMs: 30 } as const;

describe.each(STORE_KINDS.filter((kind) => kind !== "memory"))("a client of %s that does not know the task", (kind) => {
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
});

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
