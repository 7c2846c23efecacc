import { setTimeout } from "node:timers/promises";
import { eventually, openProxy, type ThrowawayRedis, throwawayRedis, throwawayRedisCluster } from "@headline/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { Cluster, Redis } from "ioredis";
import { encodeJob, type JobRecord } from "../core/job-record.js";
import type { DispatchRequest, DispatchResult, Report } from "../core/job-store.js";
import {
  claiming,
  claimOne,
  FAR,
  job,
  keyOf,
  LEASE_MS,
  reportOf,
  request,
  running,
  started,
  uniqueId,
} from "./conformance/kit.js";
import { jobStoreConformance } from "./conformance.js";
import { RedisJobStore, type RedisJobStoreOptions } from "./redis.js";

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

let server: ThrowawayRedis;
let clients: [Redis, Redis];
let opened = 0;
const closing: (() => unknown)[] = [];

beforeAll(async () => {
  server = await throwawayRedis({ tcp: true });
  clients = [new Redis(server.url), new Redis(server.url, { enableAutoPipelining: true, stringNumbers: true })];
});

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

afterAll(async () => {
  for (const client of clients ?? []) client.disconnect();
  await server?.[Symbol.asyncDispose]();
});

/** A store of a namespace of its own, unless one is named. */
function openStore(options: RedisJobStoreOptions = {}) {
  const { namespace = `n${opened++}` } = options;
  const redis = options.url === undefined ? { redis: clients[0] } : {};
  const store = new RedisJobStore({ ...redis, logger: SILENT, ...options, namespace });
  closing.push(() => store.close());
  return { store, namespace, prefix: `{scheduler:${namespace}}:` };
}

function openClient(url: string, keyPrefix = ""): Redis {
  const client = new Redis(url, { disconnectTimeout: 50, keyPrefix });
  client.on("error", () => {});
  closing.push(() => client.disconnect());
  return client;
}

describe("the Redis store", () => {
  for (const { name, run } of jobStoreConformance(async () => {
    const namespace = `n${opened++}`;
    const [store, second] = clients.map((redis) => new RedisJobStore({ redis, namespace })) as [
      RedisJobStore,
      RedisJobStore,
    ];
    return {
      store,
      second,
      advance: (ms) => setTimeout(ms),
      corrupt: async (jobId, json = '{"v":1') => {
        await clients[0].hset(`{scheduler:${namespace}}:jobs`, jobId, json);
      },
      close: async () => {
        store.close();
        second.close();
      },
    };
  })) {
    test(name, run);
  }
});

describe("the Redis store with a clock of the test's", () => {
  for (const { name, run } of jobStoreConformance(async () => {
    const namespace = `n${opened++}`;
    let nowMs = Date.UTC(2026, 0, 1);
    const [second, store] = clients.map((redis) => new RedisJobStore({ redis, namespace, now: () => nowMs }));
    return {
      store: store!,
      second: second!,
      advance: async (ms) => {
        nowMs += ms;
      },
      close: async () => {
        store!.close();
        second!.close();
      },
    };
  })) {
    test(name, run);
  }
});

test("a job of another executor that a scheduler of the first version stored goes where it belongs", async () => {
  const { namespace, store } = openStore();
  const added = job();
  await store.insert(added);
  await clients[0].hset(`{scheduler:${namespace}}:jobs`, added.id, encodeJob({ ...added, executor: "cpu" }));
  const lanes = ["default", "cpu"].map((executor) => ({ executor, capacity: 10, tasks: ["task"] }));
  expect((await store.claimDue(claiming({ executors: [lanes[0]!] }))).jobs).toEqual([]);
  expect((await store.claimDue(claiming({ executors: [lanes[1]!] }))).jobs).toMatchObject([{ id: added.id }]);
});

test("four schedulers carry 2,000 jobs out, each run time once", async () => {
  const { namespace, prefix, store } = openStore();
  const stores = [0, 1, 2, 3].map(() => openStore({ namespace, redis: openClient(server.url) }).store);
  const [jobs, runsEach] = [2_000, 3];
  const funcs = ["mail", "stats", "orders"];
  await Promise.all(
    Array.from({ length: jobs }, (_, at) =>
      store.insert(job({ id: `j${at}`, func: funcs[at % 3]!, nextRunMs: 1_000 + at })),
    ),
  );
  const executed = (await Promise.all(stores.map((each, at) => hammer(each, `owner-${at}`, runsEach)))).flat();
  expect(executed.length).toBe(jobs * runsEach);
  expect(new Set(executed).size).toBe(jobs * runsEach);
  expect(await clients[0].hlen(`${prefix}runs`)).toBe(jobs * runsEach);
  expect((await store.list({})).jobs).toEqual([]);
  expect((await store.executions.list({ states: ["submitted", "running"] })).executions).toEqual([]);

  expect(await store.executions.deleteBefore(Date.now() + 60_000, 500)).toBe(500);
  expect(await store.executions.deleteBefore(Date.now() + 60_000, 1e6)).toBe(jobs * runsEach - 500);
  expect(await clients[0].keys(`*${prefix}*`)).toEqual([]);
});

/** Claims, dispatches and reports until nothing is left; each job runs `runsEach` times. Answers the run times. */
async function hammer(store: RedisJobStore, owner: string, runsEach: number): Promise<string[]> {
  const executed: string[] = [];
  for (let idle = 0; idle < 5; ) {
    const { jobs } = await store.claimDue(
      claiming({ owner, limit: 37, leaseMs: 60_000, tasks: ["mail", "stats", "orders"] }),
    );
    if (jobs.length === 0) {
      idle++;
      await setTimeout(10);
      continue;
    }
    idle = 0;
    const requests = jobs.map((each) => request(each, nextOf(each, runsEach), { owner }));
    const results = await store.dispatch(requests);
    const ends = results.flatMap((result, at) => endsOf(requests[at]!, result));
    expect((await store.report(ends)).every(Boolean)).toBe(true);
    executed.push(...requests.map((each) => `${each.jobId} ${each.instance!.runs[0]!.scheduledAt}`));
  }
  return executed;
}

function nextOf({ nextRunMs }: JobRecord, runsEach: number): number | null {
  const next = nextRunMs! + 10_000;
  return next >= runsEach * 10_000 ? null : next;
}

function endsOf({ instance }: DispatchRequest, result: DispatchResult): Report[] {
  if (result.kind !== "started") throw new Error(`not started but ${result.kind}`);
  return result.runs.map((run) => reportOf({ instanceId: instance!.id, result }, { executionId: run.executionId }));
}

test("every key is under the namespace's hash tag, and all go with what they held", async () => {
  await using own = await throwawayRedis();
  const redis = openClient(own.url);
  const { store, prefix } = openStore({ redis });
  const run = await running(store, { ack: "late", tags: ["red"] });
  const failed = await running(store, { func: "other" });
  await store.requestCancel(run.result.runs[0]!.executionId);
  await store.report([reportOf(failed, { state: "error", error: "bad" })]);
  await store.insert(job({ nextRunMs: null }));
  await store.heartbeat({ id: "node", host: "h", pid: 1, startedAt: 1, seenAt: 1, running: 0, state: "running" });
  const keys = await redis.keys("*");
  expect(keys.filter((key) => !key.startsWith(prefix))).toEqual([]);
  expect(keys.length).toBeGreaterThan(15);

  await store.report([reportOf(run, { state: "cancelled" })]);
  expect(await store.removeAll()).toBe(3);
  expect(await store.executions.deleteBefore(Date.now() + 60_000, 100)).toBe(2);
  expect(await redis.keys("*")).toEqual([`${prefix}nodes`]);
});

test("namespaces do not see each other, nor does a client's key prefix matter", async () => {
  const prefixed = openClient(server.url, "app:");
  const [one, other] = [openStore({ redis: prefixed }), openStore({ redis: prefixed })];
  let wakes = 0;
  one.store.subscribe(() => wakes++);
  await eventually(() => expect(wakes).toBe(1));
  const run = await running(one.store);
  expect(await one.store.report([reportOf(run)])).toEqual([true]);
  await eventually(() => expect(wakes).toBeGreaterThan(1));
  expect((await other.store.list({})).jobs).toEqual([]);
  expect((await other.store.executions.list({})).executions).toEqual([]);
  expect(await clients[0].keys(`${one.prefix}*`)).toEqual([]);
  expect(() => new RedisJobStore({ redis: clients[0], namespace: "a}b" })).toThrow(/namespace/);
});

test("a cluster has each namespace on one node, and several on several", async () => {
  await using cluster = await throwawayRedisCluster();
  const redis = new Cluster([...cluster.nodes]);
  closing.push(() => redis.disconnect());
  const holders = new Set<number>();
  for (let at = 0; at < 8; at++) {
    const { store, prefix } = openStore({ redis });
    await store.start();
    let wakes = 0;
    store.subscribe(() => wakes++);
    await eventually(() => expect(wakes).toBe(1));
    expect(await store.report([reportOf(await running(store))])).toEqual([true]);
    await eventually(() => expect(wakes).toBeGreaterThan(1));
    expect((await store.executions.list({})).executions).toHaveLength(1);
    const keys = await Promise.all(redis.nodes("master").map((node) => node.keys(`${prefix}*`)));
    expect(keys.filter(({ length }) => length > 0)).toHaveLength(1);
    holders.add(keys.findIndex(({ length }) => length > 0));
  }
  expect(holders.size).toBeGreaterThan(1);
});

test("scripts that Redis has forgotten are sent again", async () => {
  const { store } = openStore();
  const run = await running(store);
  await clients[0].script("FLUSH");
  expect(await store.report([reportOf(run)])).toEqual([true]);
  await clients[0].script("FLUSH");
  const ids = await Promise.all(Array.from({ length: 50 }, () => store.insert(job())));
  expect(ids.every((existing) => existing === undefined)).toBe(true);
});

describe("when an answer is lost", () => {
  /** A store that talks through a proxy, which loses the answer to `act`; then the same once more. */
  async function twice<T>(namespace: string, act: (store: RedisJobStore) => Promise<T>): Promise<T> {
    await using proxy = await openProxy({ target: server.target });
    const store = new RedisJobStore({ url: `redis://127.0.0.1:${proxy.port}`, namespace, logger: SILENT });
    await store.start();
    proxy.dropReplies();
    const lost = act(store);
    await setTimeout(30);
    proxy.reset();
    await expect(lost).rejects.toThrow();
    proxy.heal();
    const answer = await eventually(() => act(store));
    store.close();
    return answer;
  }

  test("the same request has the same result, and there is one row", async () => {
    const { store, namespace, prefix } = openStore();
    const added = job();
    await store.insert(added);
    const what = request(await claimOne(store, added.id), FAR);
    const results = await twice(namespace, (far) => far.dispatch([what]));
    expect(results).toEqual([{ kind: "started", token: 1, runs: what.instance!.runs }]);
    expect((await store.executions.list({})).executions).toHaveLength(1);
    expect((await store.executions.countActive([added.id])).get(added.id)).toBe(1);
    expect(await clients[0].zcard(`${prefix}history:${added.id}`)).toBe(1);
  });

  test("the same report is true, and the instance is closed once", async () => {
    const { store, namespace } = openStore();
    const first = await running(store, { maxInstances: 2 });
    const again = { ...(await store.get(first.job.id))!, nextRunMs: 2_000 };
    await store.update(again);
    await started(store, request(await claimOne(store, first.job.id), FAR));
    expect(await twice(namespace, (far) => far.report([reportOf(first)]))).toEqual([true]);
    expect((await store.executions.countActive([first.job.id])).get(first.job.id)).toBe(1);
  });

  test("the same change is found done, a second job is not added", async () => {
    const { store, namespace } = openStore();
    const added = job({ nextRunMs: FAR });
    const existing = await twice(namespace, (far) => far.insert(added));
    expect(existing?.id).toBe(added.id);
    const changed = await twice(namespace, (far) => far.update({ ...added, name: "new" }));
    expect(changed).toMatchObject({ name: "new", version: 2 });
    expect(await store.update({ ...added, name: "newer" })).toBeUndefined();
  });

  test("a claim's jobs come back when its lease ends", async () => {
    const { store, namespace } = openStore();
    const added = job();
    await store.insert(added);
    expect((await twice(namespace, (far) => far.claimDue(claiming({ leaseMs: 300 })))).jobs).toEqual([]);
    await eventually(() => claimOne(store, added.id));
  });

  test("a link that is half-open is noticed, and heals", async () => {
    await using proxy = await openProxy({ target: server.target });
    const { store } = openStore({ url: `redis://127.0.0.1:${proxy.port}` });
    await store.start();
    proxy.blackhole();
    await expect(store.now()).rejects.toThrow();
    proxy.heal();
    await eventually(() => store.now());
  });
});

describe("wake-ups", () => {
  test("come when a next run came forward, not when it did not", async () => {
    const { store, namespace } = openStore();
    const listener = openStore({ namespace, redis: clients[1] }).store;
    let wakes = 0;
    const stop = listener.subscribe(() => wakes++);
    await eventually(() => expect(wakes).toBe(1)); // listening: something may have been missed before
    const soon = job({ nextRunMs: 500 });
    const wakesAfter = async (act: () => Promise<unknown>) => {
      const before = wakes;
      await act();
      await setTimeout(30);
      return wakes - before;
    };
    expect(await wakesAfter(() => store.insert(soon))).toBe(1);
    expect(await wakesAfter(() => store.insert(job({ nextRunMs: 600 })))).toBe(0);
    expect(await wakesAfter(() => store.insert(job({ nextRunMs: null })))).toBe(0);
    expect(await wakesAfter(() => store.update({ ...soon, nextRunMs: 400 }))).toBe(1);
    const run = await running(store, { nextRunMs: 300 });
    expect(await wakesAfter(() => store.releaseInstances([{ instanceId: run.instanceId, token: 1 }]))).toBe(1);
    stop();
    expect(await wakesAfter(() => store.insert(job({ nextRunMs: 1 })))).toBe(0);
  });

  test("go on after the connection was cut or went dead, beginning with one", async () => {
    await using proxy = await openProxy({ target: server.target });
    const far = openClient(`redis://127.0.0.1:${proxy.port}`);
    const { store, namespace } = openStore();
    const listener = openStore({ namespace, redis: far }).store;
    let wakes = 0;
    listener.subscribe(() => wakes++);
    await eventually(() => expect(wakes).toBe(1));
    proxy.reset();
    await eventually(() => expect(wakes).toBe(2));
    await store.insert(job({ nextRunMs: 100 }));
    await eventually(() => expect(wakes).toBe(3));
    proxy.blackhole();
    await setTimeout(50);
    await store.insert(job({ nextRunMs: 50 }));
    proxy.heal();
    await eventually(() => expect(wakes).toBe(4));
    await store.insert(job({ nextRunMs: 25 }));
    await eventually(() => expect(wakes).toBe(5));
  });
});

describe("values that cannot be read", () => {
  const broken = ["", "{", "null", "7", "s1 1 - -", 's1 1 - -\n1 "alice" [\n'];

  test("cost their own execution alone: lists, clean-ups, lost leases and cancellations go on", async () => {
    const { store, prefix } = openStore();
    const ids = broken.map((_, at) => `broken-${at}`);
    const runs = [];
    for (const id of ids) runs.push(await running(store, { id }));
    const sound = await running(store, { id: "sound" });
    const outcome = await running(store, { id: "outcome" });
    await store.report([sound, outcome].map((run) => reportOf(run)));
    const idOf = (run: typeof sound) => run.result.runs[0]!.executionId;
    for (const [at, run] of runs.entries()) await clients[0].hset(`${prefix}runs`, idOf(run), broken[at]!);
    const row = await clients[0].hget(`${prefix}runs`, idOf(outcome));
    await clients[0].hset(`${prefix}runs`, idOf(outcome), `${row?.trimEnd()}\n[1,`);
    const { executions } = await store.executions.list({});
    expect(executions.map(({ jobId, error }) => [jobId, error]).sort()).toEqual([
      ["outcome", "the outcome cannot be read"],
      ["sound", null],
    ]);
    for (const run of runs) {
      expect(await store.executions.get(idOf(run))).toBeUndefined();
      expect(await store.requestCancel(idOf(run))).toBe(false);
    }
    expect(await store.executions.deleteBefore(FAR, 1_000)).toBeGreaterThanOrEqual(2);
  });

  test("cost their own instance alone: the others' leases are reclaimed and renewed", async () => {
    let nowMs = Date.UTC(2026, 0, 1);
    const { store, prefix } = openStore({ now: () => nowMs });
    const late = (id: string) => running(store, { id, ack: "late" });
    const [head, plan, sound] = [await late("head"), await late("plan"), await late("sound")];
    await clients[0].hset(`${prefix}cancels`, sound.instanceId, '"half');
    expect(await store.renew([head, plan, sound].map(keyOf), LEASE_MS)).toEqual({ lost: [], cancel: [] });
    const stored = await clients[0].hget(`${prefix}instances`, plan.instanceId);
    await clients[0].hset(`${prefix}instances`, plan.instanceId, stored!.replace(/\["[^\n]*\]/, "[broken"));
    await clients[0].hset(`${prefix}instances`, head.instanceId, "no head");
    nowMs += 2 * LEASE_MS;
    const { reclaimed } = await store.reclaim(claiming({ owner: "bob" }));
    expect(reclaimed.map(({ instanceId }) => instanceId)).toEqual([sound.instanceId]);
    nowMs += 2 * LEASE_MS;
    expect((await store.reclaim(claiming({ owner: "carol" }))).reclaimed).toHaveLength(1);
  });

  test("cost their own node alone", async () => {
    const { store, prefix } = openStore();
    const node = { id: "a", host: "h", pid: 1, startedAt: 1, seenAt: 0, running: 0, state: "running" } as const;
    for (const [at, text] of ["", "no number", "9e99 {", "7000000000000 {", "7000000000000 null"].entries())
      await clients[0].hset(`${prefix}nodes`, `broken-${at}`, text);
    await store.heartbeat(node);
    expect((await store.nodes()).map(({ id }) => id)).toEqual(["a"]);
  });
});

describe("history", () => {
  test("rare states are found among many, states merge in order, and pages go on", async () => {
    const { store } = openStore();
    const endings = ["error", "missed", "cancelled"] as const;
    for (let at = 0; at < 30; at++) {
      const run = await running(store);
      await store.report([reportOf(run, at % 5 === 0 ? { state: endings[(at / 5) % 3]! } : {})]);
      if (at % 3 === 0) await setTimeout(2);
    }
    await running(store, {}, { leaseMs: 60_000 });
    const all = (await store.executions.list({})).executions;
    expect(all).toHaveLength(31);
    for (const states of [
      ["error", "missed"],
      ["executed", "error"],
      ["error"],
      ["submitted", "running"],
      ["executed"],
    ] as const) {
      const wanted = all.filter(({ state }) => (states as readonly string[]).includes(state)).map(({ id }) => id);
      const paged: string[] = [];
      for (let cursor: string | undefined; ; ) {
        const page = await store.executions.list({ states, limit: 2, ...(cursor === undefined ? {} : { cursor }) });
        paged.push(...page.executions.map(({ id }) => id));
        cursor = page.cursor;
        if (cursor === undefined) break;
      }
      expect(paged).toEqual(wanted);
    }
  });

  test("a page's end may be deleted before the next page is asked for", async () => {
    const { store } = openStore();
    for (let at = 0; at < 6; at++) await store.report([reportOf(await running(store))]);
    const ids = (await store.executions.list({})).executions.map(({ id }) => id);
    const { executions, cursor } = await store.executions.list({ limit: 3 });
    expect(executions.map(({ id }) => id)).toEqual(ids.slice(0, 3));
    await store.executions.deleteBefore(executions[2]!.submittedAt + 1, 100);
    expect((await store.executions.list({ cursor: cursor! })).executions).toEqual([]);
  });

  test("a backlog of 1,000 run times is one request", async () => {
    const { store } = openStore();
    const added = job({ coalesce: false, ack: "late" });
    await store.insert(added);
    const runs = Array.from({ length: 1_000 }, (_, at) => ({ executionId: uniqueId("e"), scheduledAt: at }));
    const what = request(await claimOne(store, added.id), FAR, { runs, leaseMs: 1 });
    expect((await started(store, what)).runs).toHaveLength(1_000);
    await setTimeout(5);
    const { reclaimed } = await store.reclaim(claiming({ owner: "bob" }));
    expect(reclaimed[0]?.runs).toEqual(runs);
    expect((await store.executions.list({ states: ["submitted"], limit: 2_000 })).executions).toHaveLength(1_000);
  });

  test("runs of unknown tasks do not stand in the way of those that can be taken over", async () => {
    const { store } = openStore();
    const leases = { leaseMs: 1 };
    for (let at = 0; at < 250; at++) await running(store, { func: "unknown", ack: "late" }, leases);
    const run = await running(store, { func: "known", ack: "late" }, leases);
    await setTimeout(5);
    const { reclaimed } = await store.reclaim(claiming({ owner: "bob", tasks: ["known"], limit: 5 }));
    expect(reclaimed.map(({ instanceId }) => instanceId)).toEqual([run.instanceId]);
  });
});

describe("at the start", () => {
  test("a Redis that may evict jobs is warned of", async () => {
    await using evicting = await throwawayRedis({ args: ["--maxmemory-policy", "allkeys-lru"] });
    const said: string[] = [];
    const logger = { ...SILENT, warn: (text: string) => said.push(text) };
    const { store } = openStore({ url: evicting.url, logger });
    await store.start();
    expect(said).toEqual([expect.stringMatching(/allkeys-lru.*noeviction/)]);
  });

  test("a full Redis refuses whole scripts, and nothing is half done", async () => {
    await using small = await throwawayRedis({ args: ["--maxmemory-policy", "noeviction"] });
    const redis = openClient(small.url);
    const { store } = openStore({ redis });
    const run = await running(store);
    const added = job();
    await store.insert(added);
    const claimed = await claimOne(store, added.id);
    await redis.config("SET", "maxmemory", "1");
    await expect(store.insert(job())).rejects.toThrow(/OOM/);
    await expect(store.dispatch([request(claimed, FAR)])).rejects.toThrow(/OOM/);
    await redis.config("SET", "maxmemory", "0");
    expect((await store.list({})).jobs).toHaveLength(2);
    expect((await store.executions.list({})).executions).toHaveLength(1);
    await started(store, request(claimed, FAR));
    expect(await store.report([reportOf(run)])).toEqual([true]);
  });

  test("an address that nobody listens at is an error, not a wait", async () => {
    expect(() => new RedisJobStore({ url: "http://h" })).toThrow(/^url: must begin with redis:/);
    expect(() => new RedisJobStore({})).toThrow(/redis/);
  });
});
