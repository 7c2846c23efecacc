import { inFull } from "@headline/testkit";
import { describe, expect, test } from "@jest/globals";
import type { DispatchRequest, DispatchResult } from "../core/job-store.js";
import { seededRandom } from "../simulation/seeded-random.js";
import { VirtualClock } from "../simulation/virtual-clock.js";
import { byHand, change, claiming, FAR, job, plannedRuns, reportOf, request, type Started } from "./conformance/kit.js";
import { jobStoreConformance } from "./conformance.js";
import { MemoryJobStore, type MemoryJobStoreOptions } from "./memory.js";
import { MemoryHeap } from "./memory-heap.js";

const START_MS = Date.UTC(2026, 0, 1);

describe.each([false, true])("the memory store, shared: %s", (shared) => {
  for (const { name, run } of jobStoreConformance(async () => {
    const clock = new VirtualClock(START_MS);
    const store = new MemoryJobStore({ clock, shared });
    return { store, ...(shared ? { second: store } : {}), advance: (ms) => clock.advance(ms), close: async () => {} };
  })) {
    test(name, run);
  }
});

describe("history in memory", () => {
  test("is of the last that finished, and of all that have not", () => {
    const { store, runs } = openStore({ historyMax: 3 });
    const open = runs(1)[0]!;
    const ended = runs(5);
    store.report(ended.map((run) => reportOf(run)));
    const ids = store.executions.list({}).executions.map(({ id }) => id);
    expect(ids).toEqual([...ended.slice(2).map(executionId).reverse(), executionId(open)]);
    expect(store.executions.get(executionId(ended[0]!))).toBeUndefined();
    store.report([reportOf(open)]);
    expect(store.executions.list({}).executions.map(({ id }) => id)).toContain(executionId(open));
    expect(store.executions.list({}).executions).toHaveLength(3);
  });

  test("stays in the order of submission, however long the first ones run", () => {
    const { store, runs } = openStore({ historyMax: 10 });
    const slow = runs(2);
    for (let round = 0; round < 20; round++) store.report(runs(3).map((run) => reportOf(run)));
    const { executions } = store.executions.list({});
    expect(executions).toHaveLength(12);
    expect(executions.slice(-2).map(({ id }) => id)).toEqual(slow.map(executionId).reverse());
  });

  test("of none is none, and runs end all the same", () => {
    const { store, runs } = openStore({ historyMax: 0 });
    const [run] = runs(1);
    expect(store.report([reportOf(run!)])).toEqual([true]);
    expect(store.executions.list({}).executions).toEqual([]);
    expect(store.executions.countActive([run!.jobId]).size).toBe(0);
  });

  test("goes on in its ring after some of it was deleted", () => {
    const { store, runs } = openStore({ historyMax: 4 });
    store.report(runs(4).map((run) => reportOf(run)));
    expect(store.executions.deleteBefore(START_MS + 1, 3)).toBe(3);
    for (let round = 0; round < 5; round++) {
      store.report(runs(1).map((run) => reportOf(run)));
      expect(store.executions.list({}).executions.length).toBeLessThanOrEqual(4);
    }
    expect(store.executions.list({}).executions).toHaveLength(4);
    expect(store.executions.deleteBefore(START_MS + 1, 100)).toBe(4);
    expect(store.executions.list({}).executions).toEqual([]);
  });

  test("remembers a job's last run time when all its executions are forgotten", async () => {
    const { store } = openStore({ historyMax: 0 });
    const added = job();
    store.insert(added);
    for (const wanted of [1, 0]) {
      const [claimed] = store.claimDue(claiming()).jobs;
      const what = request(claimed!, FAR);
      const [result] = store.dispatch([what]);
      expect((result as Started).runs).toHaveLength(wanted);
      if (wanted === 1) store.report([reportOf({ instanceId: what.instance!.id, result: result as Started })]);
      await change(store, added.id, { nextRunMs: 1_000 });
    }
  });

  test("of a job that is gone goes with its last execution", () => {
    const { store, runs } = openStore({ historyMax: 2 });
    const gone = runs(3);
    store.removeAll();
    store.report(gone.map((run) => reportOf(run)));
    expect(store.executions.durations(gone.map(({ jobId }) => jobId)).size).toBe(2);
    expect(store.executions.list({ jobId: gone[0]!.jobId }).executions).toEqual([]);
  });
});

test("a token is never good for the next one in its place, however often it was given", () => {
  const { store, runs } = openStore({ historyMax: 5 });
  const [first] = runs(1);
  store.report([reportOf(first!)]);
  const tokens = new Set([first!.result.token]);
  for (let round = 0; round < 1_200; round++) {
    const [run] = runs(1);
    expect(store.report([reportOf({ ...run!, instanceId: first!.instanceId })])).toEqual([false]);
    expect(store.renew([{ instanceId: first!.instanceId, token: run!.result.token }], 1).lost).toHaveLength(1);
    expect(store.report([reportOf(run!)])).toEqual([true]);
    tokens.add(run!.result.token);
  }
  expect(tokens.size).toBeGreaterThan(500);
  expect(Math.min(...tokens)).toBeGreaterThan(0);
});

test("a record that was handed out does not change when the job does", () => {
  const { store } = openStore();
  const added = job();
  store.insert(added);
  const before = store.get(added.id)!;
  const [claimed] = store.claimDue(claiming()).jobs;
  store.dispatch([request(claimed!, FAR)]);
  expect([before.version, claimed!.version, store.get(added.id)!.version]).toEqual([1, 2, 3]);
  expect([before.nextRunMs, claimed!.nextRunMs, store.get(added.id)!.nextRunMs]).toEqual([1_000, 1_000, FAR]);
  expect(added).toEqual(before);
});

test("whoever listens is called for the first job due, and no longer than asked", () => {
  const { store } = openStore();
  let calls = 0;
  const listener = () => calls++;
  const [stop, stopAgain] = [store.subscribe(listener), store.subscribe(listener)];
  store.insert(job({ nextRunMs: FAR }));
  expect(calls).toBe(2);
  store.insert(job({ nextRunMs: FAR + 1 }));
  expect(calls).toBe(2);
  stop();
  store.insert(job());
  expect(calls).toBe(3);
  stopAgain();
  store.insert(job({ nextRunMs: 1 }));
  expect(calls).toBe(3);
});

test("a heap gives the smallest first, whatever was moved and removed", () => {
  const random = seededRandom(7);
  const heap = new MemoryHeap();
  const model = new Map<number, number>();
  const steps = inFull(4_000, 20_000);
  for (let step = 0; step < steps; step++) {
    const slot = Math.floor(random() * 300);
    if (random() < 0.6) {
      const key = Math.floor(random() * 1_000);
      heap.place(slot, key);
      model.set(slot, key);
    } else {
      heap.remove(slot);
      model.delete(slot);
    }
    expect(heap.size).toBe(model.size);
    expect(heap.has(slot)).toBe(model.has(slot));
    expect(heap.firstKey).toBe(Math.min(...model.values()));
    if (model.has(slot)) expect(heap.keyOf(slot)).toBe(model.get(slot));
  }
  const left = [...model.values()].sort((a, b) => a - b);
  for (const key of left) {
    expect(model.get(heap.first!)).toBe(key);
    heap.remove(heap.first!);
  }
  expect(heap.first).toBeUndefined();
});

/** A store, and a way to start runs by hand, each of a job of its own. */
function openStore(options: MemoryJobStoreOptions = {}) {
  const store = new MemoryJobStore({ clock: new VirtualClock(START_MS), ...options });
  const runs = (count: number) => {
    const jobs = Array.from({ length: count }, () => job({ nextRunMs: null }));
    for (const each of jobs) store.insert(each);
    const requests = jobs.map((each) => byHand(each, { runs: plannedRuns(1_000) }));
    return store.dispatch(requests).map((result, at) => startedRun(requests[at]!, result));
  };
  return { store, runs };
}

function startedRun({ jobId, instance }: DispatchRequest, result: DispatchResult) {
  return { jobId, instanceId: instance!.id, result: result as Started };
}

function executionId({ result }: { result: Started }): string {
  return result.runs[0]!.executionId;
}
