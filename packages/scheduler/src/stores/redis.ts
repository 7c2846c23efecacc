import { Redis } from "ioredis";
import { JobSpecError } from "../core/errors.js";
import { decodeJob, encodeJob, type JobRecord } from "../core/job-record.js";
import type {
  ClaimKey,
  ClaimRequest,
  Claims,
  Decision,
  ExecutionLog,
  InstanceKey,
  JobPage,
  JobQuery,
  JobStore,
  PlannedRun,
  Reaped,
  Renewal,
  Report,
  SchedulerNode,
  Verdict,
} from "../core/job-store.js";
import { asExecution, executionLog } from "./redis/execution-log.js";
import { runScript } from "./redis/script-runner.js";
import * as scripts from "./redis/scripts.js";

export interface RedisJobStoreOptions {
  /** An ioredis client of yours; it stays open at `close`. */
  readonly redis?: Redis;
  /** Or where to connect to; the store then has a client of its own. */
  readonly url?: string;
  /** Stores of different namespaces do not see each other. Default "default". */
  readonly namespace?: string;
  /** Hears when the server is set up so that jobs can get lost. */
  readonly logger?: { warn(message: string): void };
}

const LIST_LIMIT = 100;
const LIST_PIECE = 200;
const LIST_PIECES_MAX = 100;
const BROKEN_MS = 60_000;
const NODE_FORGOTTEN_AFTER_MS = 60_000;

/**
 * Jobs in Redis ≥ 6.2, shared by any number of schedulers: every step is one Lua script, by the server's clock, and
 * wake-ups are published. All keys share the hash tag {scheduler:<namespace>}. Jobs are as durable as the server:
 * without an append-only file a crash loses them, and any eviction policy but noeviction may.
 */
export class RedisJobStore implements JobStore {
  readonly shared = true;
  readonly executions: ExecutionLog;
  readonly #redis: Redis;
  readonly #ownsClient: boolean;
  readonly #prefix: string;
  readonly #logger: { warn(message: string): void } | undefined;
  #subscriber: Redis | undefined;
  readonly #listeners = new Set<() => void>();

  constructor({ redis, url, namespace = "default", logger }: RedisJobStoreOptions) {
    if (redis === undefined && url === undefined) throw new TypeError("redis: give an ioredis client, or a url");
    if (/[{}]/.test(namespace)) throw new TypeError("namespace: must not contain { or }");
    this.#ownsClient = redis === undefined;
    this.#redis = redis ?? ownClient(url!);
    this.#prefix = `{scheduler:${namespace}}:`;
    this.#logger = logger;
    this.executions = executionLog(this.#redis, this.#prefix);
  }

  migrate(): void {}

  async start(): Promise<void> {
    await untilReady(this.#redis);
    await this.now();
    await this.#checkDurability();
  }

  async close(): Promise<void> {
    this.#subscriber?.disconnect();
    this.#subscriber = undefined;
    if (this.#ownsClient) this.#redis.disconnect();
  }

  async now(): Promise<number> {
    return Number(await this.#run(scripts.NOW));
  }

  async insert(job: JobRecord): Promise<JobRecord | undefined> {
    const existing = (await this.#run(scripts.INSERT, this.#jobArguments(job))) as StoredJob | null;
    return existing === null ? undefined : asJob(existing);
  }

  async get(id: string): Promise<JobRecord | undefined> {
    const found = (await this.#run(scripts.GET, [id])) as StoredJob | null;
    return found === null ? undefined : asJob(found);
  }

  async update(job: JobRecord): Promise<JobRecord | undefined> {
    const updated = Number(await this.#run(scripts.UPDATE, this.#jobArguments(job)));
    return updated === 1 ? { ...job, version: job.version + 1 } : undefined;
  }

  async list({ state, tag, limit = LIST_LIMIT, cursor }: JobQuery): Promise<JobPage> {
    const found: JobRecord[] = [];
    let from = await this.#listFrom(state, cursor);
    for (let piece = 0; piece < LIST_PIECES_MAX; piece++) {
      const stored = (await this.#run(scripts.LIST, [from, from + LIST_PIECE - 1])) as StoredJob[];
      for (const job of stored.map(asJob)) {
        if (state === "scheduled" && job.nextRunMs === null) return { jobs: found };
        if (tag !== undefined && !job.tags.includes(tag)) continue;
        if (found.length === limit) return { jobs: found, cursor: cursorOf(found.at(-1)!) };
        found.push(job);
      }
      if (stored.length < LIST_PIECE) return { jobs: found };
      from += LIST_PIECE;
    }
    return { jobs: found, ...(found.length > 0 ? { cursor: cursorOf(found.at(-1)!) } : {}) };
  }

  async #listFrom(state: JobQuery["state"], cursor: string | undefined): Promise<number> {
    if (cursor !== undefined) {
      const [nextRunMs, id] = JSON.parse(cursor) as [number | null, string];
      return Number(await this.#run(scripts.RANK_AFTER, [nextRunMs ?? "+inf", id]));
    }
    return state === "paused" ? this.#redis.zcount(`${this.#prefix}order`, "-inf", "(inf") : 0;
  }

  async remove(id: string): Promise<boolean> {
    return Number(await this.#run(scripts.REMOVE, [id])) === 1;
  }

  async removeAll(): Promise<number> {
    let removed = 0;
    for (;;) {
      const count = Number(await this.#run(scripts.REMOVE_SOME, [LIST_PIECE]));
      removed += count;
      if (count < LIST_PIECE) return removed;
    }
  }

  async claimDue({ leaseMs, limit, tasks }: ClaimRequest): Promise<Claims> {
    const answer = await this.#run(scripts.CLAIM, [leaseMs, limit, tasks === undefined ? 0 : 1, ...(tasks ?? [])]);
    const [now, nextDue, stored] = answer as [string, string, StoredJob[]];
    const jobs: JobRecord[] = [];
    const broken: { id: string; reason: string }[] = [];
    for (const each of stored) {
      try {
        jobs.push(asJob(each));
      } catch (error) {
        broken.push({ id: each[0], reason: (error as Error).message });
      }
    }
    if (broken.length > 0) await this.#run(scripts.POSTPONE, [BROKEN_MS, ...broken.map(({ id }) => id)]);
    return { nowMs: Number(now), jobs, nextDueMs: nextDue === "" ? null : Number(nextDue), broken };
  }

  async dispatch(decisions: readonly Decision[]): Promise<Verdict[]> {
    if (decisions.length === 0) return [];
    const verdicts = (await this.#run(scripts.DISPATCH, decisions.flatMap(decisionArguments))) as (string | number)[][];
    return verdicts.map(([kind, token, ...indexes], at): Verdict => {
      if (kind !== "started") return { kind: kind as "stale" | "max_instances" };
      const { runs = [] } = decisions[at]!.instance ?? {};
      return { kind: "started", token: Number(token), runs: indexes.map((index) => runs[Number(index) - 1]!) };
    });
  }

  async release(claims: readonly ClaimKey[]): Promise<void> {
    if (claims.length > 0) await this.#run(scripts.RELEASE, claims.flatMap(({ jobId, version }) => [jobId, version]));
  }

  async report(reports: readonly Report[]): Promise<boolean[]> {
    if (reports.length === 0) return [];
    const answers = (await this.#run(scripts.REPORT, reports.flatMap(reportArguments))) as number[];
    return answers.map((answer) => answer === 1);
  }

  async renew(held: readonly InstanceKey[], leaseMs: number): Promise<Renewal> {
    if (held.length === 0) return { lost: [], cancel: [] };
    const [lost, cancel] = (await this.#run(scripts.RENEW, [leaseMs, ...keys(held)])) as [string[], string[]];
    return { lost, cancel };
  }

  async reap({ owner, leaseMs, limit, tasks }: ClaimRequest): Promise<Reaped> {
    const args = [owner, leaseMs, limit, tasks === undefined ? 0 : 1, ...(tasks ?? [])];
    const [now, expiry, taken, lost] = (await this.#run(scripts.REAP, args)) as ReapAnswer;
    return {
      nowMs: Number(now),
      nextExpiryMs: expiry === "" ? null : Number(expiry),
      takenOver: taken.map(([instanceId, token, attempt, work, indexes]) => {
        const { runs, job } = JSON.parse(work) as Work;
        const left = indexes.map((index) => runs[index - 1]!);
        return { instanceId, token: Number(token), attempt: Number(attempt), job: decodeJob(job, null, 0), runs: left };
      }),
      lost: lost.map(([id, log, state]) => asExecution(id, log, state)),
    };
  }

  async offer(held: readonly InstanceKey[]): Promise<void> {
    if (held.length > 0) await this.#run(scripts.OFFER, keys(held));
  }

  async requestCancel(executionId: string): Promise<boolean> {
    return Number(await this.#run(scripts.CANCEL, [executionId])) === 1;
  }

  async heartbeat(node: SchedulerNode): Promise<void> {
    await this.#run(scripts.HEARTBEAT, [node.id, JSON.stringify(node)]);
  }

  async nodes(): Promise<SchedulerNode[]> {
    const now = await this.now();
    const stored = await this.#redis.hgetall(`${this.#prefix}nodes`);
    const nodes = Object.values(stored).map((text) => {
      const split = text.indexOf(":");
      return { ...(JSON.parse(text.slice(split + 1)) as SchedulerNode), seenAt: Number(text.slice(0, split)) };
    });
    const gone = nodes.filter(({ seenAt }) => seenAt < now - NODE_FORGOTTEN_AFTER_MS);
    if (gone.length > 0) await this.#redis.hdel(`${this.#prefix}nodes`, ...gone.map(({ id }) => id));
    return nodes.filter((node) => !gone.includes(node));
  }

  async forgetNode(id: string): Promise<void> {
    await this.#redis.hdel(`${this.#prefix}nodes`, id);
  }

  /** A connection of its own; after it was lost everybody is woken once, for what was not heard meanwhile. */
  subscribe(onWake: () => void): () => void {
    this.#listeners.add(onWake);
    this.#subscriber ??= this.#openSubscriber();
    return () => this.#listeners.delete(onWake);
  }

  #openSubscriber(): Redis {
    const wakeAll = () => {
      for (const listener of this.#listeners) listener();
    };
    const subscriber = this.#redis.duplicate({
      enableOfflineQueue: true,
      maxRetriesPerRequest: null,
      commandTimeout: undefined as never,
      socketTimeout: undefined as never,
    });
    subscriber.on("error", () => {}); // it reconnects by itself, and polling goes on meanwhile
    subscriber.on("ready", wakeAll);
    subscriber.on("message", wakeAll);
    subscriber.subscribe(`${this.#prefix}wake`).catch(() => {}); // closed before it was open
    return subscriber;
  }

  async #checkDurability(): Promise<void> {
    if (this.#logger === undefined) return;
    const info = await this.#redis.info();
    if (/^aof_enabled:0/m.test(info)) this.#logger.warn("Redis keeps no append-only file: a crash of it loses jobs");
    const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1];
    if (policy !== undefined && policy !== "noeviction") {
      this.#logger.warn(`Redis has maxmemory-policy ${policy}: it may evict jobs; set noeviction`);
    }
  }

  #jobArguments(job: JobRecord): (string | number)[] {
    if (typeof job.func !== "string") throw new JobSpecError("func", "a shared store keeps names, not functions");
    return [job.id, encodeJob(job), job.maxInstances, job.func, job.nextRunMs ?? "", job.version];
  }

  #run(script: string, args: readonly (string | number)[] = []): Promise<unknown> {
    return runScript(this.#redis, script, this.#prefix, args);
  }
}

type StoredJob = readonly [id: string, job: string, nextRun: string, version: string];
type ReapAnswer = [string, string, [string, string, string, string, number[]][], [string, string, string][]];

/** What an instance is made of when its job is gone. `ids` is there for the scripts. */
interface Work {
  readonly ids: readonly string[];
  readonly runs: readonly PlannedRun[];
  readonly job: string;
}

function asJob([, job, nextRun, version]: StoredJob): JobRecord {
  return decodeJob(job, nextRun === "" ? null : Number(nextRun), Number(version));
}

function cursorOf({ nextRunMs, id }: JobRecord): string {
  return JSON.stringify([nextRunMs, id]);
}

function keys(held: readonly InstanceKey[]): (string | number)[] {
  return held.flatMap(({ instanceId, token }) => [instanceId, token]);
}

function decisionArguments({ jobId, claim, instance }: Decision): (string | number)[] {
  const head = [jobId, claim?.version ?? "", claim?.nextRunMs ?? ""];
  if (instance === undefined) return [...head, "", "", 0, 0, "", 0, "", "", 0];
  const { id, owner, leaseMs, offered = false, job, runs } = instance;
  const work: Work = { ids: runs.map(({ executionId }) => executionId), runs, job: encodeJob(job) };
  const maxDeliveries = job.ack === "late" ? job.maxDeliveries : 0;
  const body = [id, owner, leaseMs, offered ? 1 : 0, job.incarnation, maxDeliveries, job.func as string, JSON.stringify(work)];
  return [...head, ...body, runs.length, ...runs.flatMap((run) => runArguments(job, run))];
}

function runArguments(job: JobRecord, { executionId, scheduledAt }: PlannedRun): (string | number)[] {
  return [executionId, scheduledAt, JSON.stringify({ jobId: job.id, jobName: job.name, scheduledAt })];
}

function reportArguments({ instanceId, token, executionId, state, attempt, last, ...rest }: Report): (string | number)[] {
  const { startedAt, finishedAt, result, error, stack } = rest;
  const kept = JSON.stringify({ startedAt, finishedAt, result, error, stack });
  return [instanceId, token, executionId, state, attempt, last ? 1 : 0, kept];
}

/** Fails fast and heals: no offline queue, deadlines on commands and silence, reconnects within a second. */
function ownClient(url: string): Redis {
  const client = new Redis(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: 2_000,
    connectTimeout: 1_000,
    socketTimeout: 5_000,
    retryStrategy: (attempt) => Math.min(1_000, 50 * 2 ** Math.min(attempt, 5)) * (0.5 + Math.random() / 2),
    reconnectOnError: (error) => (error.message.startsWith("READONLY") ? 1 : false),
  });
  client.on("error", () => {}); // each call that fails says so to whoever made it
  return client;
}

async function untilReady(redis: Redis): Promise<void> {
  if (redis.status === "ready") return;
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      redis.off("ready", ready);
      reject(new Error("no connection to Redis within 5,000 ms"));
    }, 5_000);
    const ready = () => {
      clearTimeout(timer);
      resolve();
    };
    redis.once("ready", ready);
  });
}
