import { expect, test } from "@jest/globals";
import { type Job, type JobSpec, Scheduled, Scheduler } from "../src/index.js";
import type { JobsInTransaction } from "../src/stores/index.js";
import { heard } from "./quiet.js";

interface Line {
  readonly sku: string;
  readonly note?: string;
}
interface Order {
  readonly id: number;
  readonly lines: readonly Line[];
  readonly to: { readonly city: string } | null;
}
interface Dated {
  readonly at: Date;
}
interface Acting {
  readonly act: () => void;
}

const order: Order = { id: 1, lines: [{ sku: "a" }, { sku: "b", note: "文" }], to: null };
const [dated, acting]: [Dated, Acting] = [{ at: new Date(0) }, { act() {} }];

test("interfaces are arguments of jobs", async () => {
  const scheduler = new Scheduler({ logger: heard() });
  await scheduler.addJob({ id: "a", func: "f", args: [order, [order]], kwargs: order });
  const spec: JobSpec = { id: "b", func: "f", args: [1, { a: null }], kwargs: { a: [1] } };
  const job = await scheduler.addJob(spec);
  await scheduler.addJobs([
    { id: "c", func: "f", args: [1] },
    { id: "d", func: "f", args: ["a"] },
  ]);
  await scheduler.modifyJob("c", { args: [order], kwargs: order });
  await job.modify({ args: [order] });
  scheduler.scheduled({ id: "e", args: [order] })(function f() {});
  expect((await scheduler.getJob("a"))?.args).toEqual([order, [order]]);
  expect((await scheduler.getJob("c"))?.kwargs).toEqual(order);
});

/** Compiled, and never run. */
export function refused(scheduler: Scheduler, job: Job, jobs: JobsInTransaction) {
  void jobs.put({ id: "a", func: "f", args: [order] });
  Scheduled(scheduler, { args: [order] });
  // @ts-expect-error: a Date would arrive as a text
  void jobs.put({ id: "a", func: "f", args: [new Date()] });
  // @ts-expect-error: nor can it be in an interface
  void scheduler.addJob({ func: "f", args: [dated] });
  // @ts-expect-error: a Map
  void scheduler.addJob({ func: "f", args: [new Map()] });
  // @ts-expect-error: in an object as well
  void scheduler.addJob({ func: "f", kwargs: { all: new Set([1]) } });
  // @ts-expect-error: a function
  void scheduler.addJob({ func: "f", args: [() => {}] });
  // @ts-expect-error: nor can it be in an interface
  void scheduler.modifyJob("a", { kwargs: acting });
  // @ts-expect-error: undefined in a list would arrive as null
  void job.modify({ args: [undefined] });
  // @ts-expect-error: a bigint
  void scheduler.addJob({ func: "f", args: [1n] });
  // @ts-expect-error: bytes
  void scheduler.addJob({ func: "f", args: [new Uint8Array(1)] });
  // @ts-expect-error: no option of jobs
  void scheduler.addJob({ func: "f", max_instances: 1 });
}
