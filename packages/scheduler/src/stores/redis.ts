import { randomUUID } from "node:crypto";
import { checkTexts } from "../core/check-value.js";
import { thrownMessage } from "../core/describe-thrown.js";
import { JobSpecError } from "../core/errors.js";
import { decodeJobOf, encodeJob, type JobRecord, NewerFormatError, waitingJob } from "../core/job-record.js";
import { jsonNeedle } from "../core/job-search.js";
import type {
  ClaimKey,
  ClaimRequest,
  ClaimResult,
  DispatchRequest,
  DispatchResult,
  ExecutionLog,
  InstanceKey,
  JobPage,
  JobQuery,
  JobStore,
  ReclaimResult,
  Renewal,
  Report,
  SchedulerNode,
} from "../core/job-store.js";
import { checkKnown, type OptionNames } from "../core/known-options.js";
import { defaultLogger } from "../core/logger.js";
import { type ClaimFilter, claimFilters } from "./claim-filters.js";
import { mostDeliveries } from "./deliveries.js";
import { readNode } from "./read-node.js";
import { checkServer, type ServerLogger } from "./redis/check-server.js";
import { openClient, type RedisClient, untilReady } from "./redis/client.js";
import { dispatch } from "./redis/dispatch.js";
import { RedisExecutionLog } from "./redis/execution-log.js";
import { msOrNull, natureOfRow, word } from "./redis/execution-row.js";
import { laneOfJob } from "./redis/lane.js";
import { batches, knownLanes, reclaim, releaseInstances, renew, report } from "./redis/leases.js";
import { claimDue as claimDueLua } from "./redis/lua/claim-due.js";
import { get as getLua } from "./redis/lua/get.js";
import { heartbeat as heartbeatLua } from "./redis/lua/heartbeat.js";
import { insert as insertLua } from "./redis/lua/insert.js";
import { listJobs as listJobsLua } from "./redis/lua/list-jobs.js";
import { nodes as nodesLua } from "./redis/lua/nodes.js";
import { release as releaseLua } from "./redis/lua/release.js";
import { remove as removeLua } from "./redis/lua/remove.js";
import { removeSome as removeSomeLua } from "./redis/lua/remove-some.js";
import { requestCancel as requestCancelLua } from "./redis/lua/request-cancel.js";
import { serverTime as serverTimeLua } from "./redis/lua/server-time.js";
import { setAside as setAsideLua } from "./redis/lua/set-aside.js";
import { update as updateLua } from "./redis/lua/update.js";
import { Script, type Scripts, scriptsOf } from "./redis/script.js";
import { WakeUp } from "./redis/wake-up.js";
import { unreadable } from "./unreadable.js";

const OPTIONS: OptionNames<RedisJobStoreOptions> = {
  redis: true,
  url: true,
  namespace: true,
  now: true,
  logger: true,
};

/** Options of a RedisJobStore. */
export interface RedisJobStoreOptions {
  /** ioredis client, or a cluster; it stays open at `close`. A client that waits for ever makes the store wait for ever: see `url`. */
  readonly redis?: RedisClient;
  /** Or where to connect to (redis://, rediss://, unix:// or a path), with a client that fails fast and heals. */
  readonly url?: string;
  /** Stores of different namespaces do not see each other. Default "default". */
  readonly namespace?: string;
  /** Instead of the server's clock, for tests. */
  readonly now?: () => number;
  /** Receives warnings about the server's settings at `start`. Default: stderr. */
  readonly logger?: ServerLogger;
}

const SCRIPTS = {
  claimDue: new Script(claimDueLua),
  get: new Script(getLua),
  heartbeat: new Script(heartbeatLua),
  insert: new Script(insertLua),
  listJobs: new Script(listJobsLua),
  nodes: new Script(nodesLua),
  release: new Script(releaseLua),
  remove: new Script(removeLua),
  removeSome: new Script(removeSomeLua),
  requestCancel: new Script(requestCancelLua),
  serverTime: new Script(serverTimeLua),
  setAside: new Script(setAsideLua),
  update: new Script(updateLua),
};

const LIST_LIMIT = 100;
const LOOKS_MAX = 50;
/** Most jobs that one script call claims or lists. */
const BATCH = 200;
const READY_WITHIN_MS = 5_000;
const NODE_FORGOTTEN_AFTER_MS = 60_000;
/** Time for which an unreadable job is not claimed again, ms. */
const BROKEN_MS = 60_000;

/**
 * Jobs in Redis ≥ 6.2 (or a cluster of it), shared by any number of schedulers. Each method is one Lua script, or a few
 * of bounded length, by the server's clock; schedulers wake each other by PUBLISH. A command that was executed although
 * its caller saw an error, or that a client sent twice, does no harm.
 *
 * Redis must keep its data: without an append-only file a crash loses the jobs (with `appendfsync everysec`, the last
 * second of them), and with a `maxmemory-policy` other than noeviction a full memory loses any of them. Jobs that must
 * outlive that belong into MySQL. History grows until `executions.deleteBefore` cuts it, at some 400 bytes an execution.
 */
export class RedisJobStore implements JobStore {
  readonly shared = true;
  executions!: ExecutionLog;
  /** Opens a client of the store's own; undefined when a client was passed in. */
  readonly #openOwn: (() => RedisClient) | undefined;
  readonly #prefix: string;
  #client!: RedisClient;
  #scripts!: Scripts;
  #wakeUp!: WakeUp;
  #isClosed = false;
  readonly #clock: (() => number) | undefined;
  readonly #logger: ServerLogger;
  /** Which version of a job a record is that was claimed here: Redis has its JSON and need not be sent it again. */
  readonly #claimed = new WeakMap<JobRecord, number>();

  constructor(options: RedisJobStoreOptions) {
    checkKnown<RedisJobStoreOptions>(options, OPTIONS, "RedisJobStore");
    const { redis, url, namespace = "default", now, logger = defaultLogger } = options;
    if (redis === undefined && url === undefined) throw new TypeError("redis: give an ioredis client, or a url");
    if (/[{}]/.test(namespace))
      throw new TypeError("namespace: braces are not allowed, they mark the cluster's hash tag");
    this.#prefix = `{scheduler:${namespace}}:`;
    this.#clock = now;
    this.#logger = logger;
    this.#openOwn = redis === undefined ? () => openClient(url!) : undefined;
    this.#use(redis ?? openClient(url!));
  }

  #use(client: RedisClient): void {
    this.#client = client;
    this.#scripts = scriptsOf(client, this.#prefix);
    this.#wakeUp = new WakeUp(client, `${this.#prefix}wake`, this.#logger);
    this.executions = new RedisExecutionLog(client, this.#scripts, this.#prefix);
  }

  /** After a `close`, a client of the store's own is made anew. */
  async start(): Promise<void> {
    if (this.#isClosed && this.#openOwn !== undefined) this.#use(this.#openOwn());
    this.#isClosed = false;
    await untilReady(this.#client, READY_WITHIN_MS);
    await checkServer(this.#client, this.#logger);
    await this.now();
  }

  /** Does nothing: keys are created with their values. */
  migrate(): void {}

  close(): void {
    this.#wakeUp.close();
    this.#isClosed = true;
    if (this.#openOwn !== undefined) this.#client.disconnect();
  }

  async now(): Promise<number> {
    return this.#clock?.() ?? Number(await this.#scripts.run(SCRIPTS.serverTime, []));
  }

  /** The clock as the scripts take it: empty for the server's. */
  #now(): string {
    return this.#clock === undefined ? "" : String(this.#clock());
  }

  async insert(job: JobRecord): Promise<JobRecord | undefined> {
    const args = [job.id, checkedLane(job), job.nextRunMs ?? "-", job.maxInstances, encodeJob(job), job.version];
    const existing = (await this.#scripts.run(SCRIPTS.insert, args)) as [string, string] | null;
    return existing === null ? undefined : readJob(job.id, ...existing);
  }

  async get(id: string): Promise<JobRecord | undefined> {
    const [meta, text] = (await this.#scripts.run(SCRIPTS.get, [id])) as [string | null, string | null];
    return meta === null || text === null ? undefined : readJob(id, meta, text);
  }

  async list({ state, tag, search, limit = LIST_LIMIT, cursor }: JobQuery): Promise<JobPage> {
    const jobs: JobRecord[] = [];
    let place = cursor === undefined ? undefined : (JSON.parse(cursor) as [number | null, string]);
    for (let look = 0; look < LOOKS_MAX && jobs.length < limit; look++) {
      const [score, id] = place === undefined ? ["", ""] : [place[0] ?? "+inf", place[1]];
      const room = Math.min(BATCH, limit - jobs.length);
      const args = [state ?? "", score, id, room, tag === undefined ? "" : JSON.stringify(tag), jsonNeedle(search)];
      const answer = await this.#scripts.run(SCRIPTS.listJobs, args);
      const [more, atScore, atId, found] = answer as [number, string, string, string[]];
      for (let at = 0; at < found.length; at += 3) {
        const job = this.#readable(found[at]!, found[at + 1]!, found[at + 2]!);
        if (job !== undefined && (tag === undefined || job.tags.includes(tag))) jobs.push(job);
      }
      if (Number(more) === 0) return { jobs };
      place = [atScore === "inf" ? null : Number(atScore), atId];
    }
    return { jobs, ...(place === undefined ? {} : { cursor: JSON.stringify(place) }) };
  }

  /** Reads the jobs without unreadable ones, which must not hide the others. */
  #readable(id: string, meta: string, text: string): JobRecord | undefined {
    try {
      return readJob(id, meta, text);
    } catch (error) {
      this.#logger.warn(`Job "${id}" is left out of the list, it cannot be read: ${(error as Error).message}`);
      return undefined;
    }
  }

  async update(job: JobRecord): Promise<JobRecord | undefined> {
    const key = [job.id, job.version, checkedLane(job), job.nextRunMs ?? "-", job.maxInstances];
    const args = [...key, encodeJob(job), mostDeliveries(job), encodeJob(waitingJob(job))];
    const version = await this.#scripts.run(SCRIPTS.update, args);
    return version === null ? undefined : { ...job, version: Number(version) };
  }

  async remove(id: string): Promise<boolean> {
    return Number(await this.#scripts.run(SCRIPTS.remove, [this.#now(), id])) === 1;
  }

  async removeAll(): Promise<number> {
    for (let removed = 0; ; ) {
      const some = Number(await this.#scripts.run(SCRIPTS.removeSome, [this.#now()]));
      if (some === 0) return removed;
      removed += some;
    }
  }

  async claimDue(request: ClaimRequest): Promise<ClaimResult> {
    const parts: ClaimResult[] = [];
    for (const lane of claimFilters(request)) parts.push(await this.#claimLane(lane, request));
    if (parts.length === 0) return { nowMs: await this.now(), jobs: [], nextDueMs: null, broken: [] };
    const jobs = parts.length === 1 ? parts[0]!.jobs : parts.flatMap((part) => part.jobs).sort(byNextRun);
    return {
      nowMs: parts.at(-1)!.nowMs,
      jobs,
      nextDueMs: parts.reduce<number | null>((first, { nextDueMs }) => earlier(first, nextDueMs), null),
      broken: parts.flatMap(({ broken }) => broken),
    };
  }

  async #claimLane(lane: ClaimFilter, { owner, leaseMs }: ClaimRequest): Promise<ClaimResult> {
    const { executor, limit } = lane;
    const known = knownLanes([lane]);
    const jobs: JobRecord[] = [];
    const broken: { id: string; reason: string }[] = [];
    for (let asked = 0; ; ) {
      const size = Math.min(BATCH, limit - asked);
      const answer = (await this.#scripts.run(SCRIPTS.claimDue, [this.#now(), leaseMs, size, ...known])) as string[];
      const nowMs = Number(answer[0]);
      const newer: ClaimKey[] = [];
      for (let at = 2; at < answer.length; at += 4) {
        const [id, version, runMs] = [answer[at]!, Number(answer[at + 2]), Number(answer[at + 1])];
        try {
          const job = decodeJobOf(id, answer[at + 3]!, runMs, version);
          if (executor !== undefined && job.executor !== executor) {
            await this.update(job); // a scheduler of the first version put it there: it goes where it belongs
            continue;
          }
          this.#claimed.set(job, version);
          jobs.push(job);
        } catch (error) {
          const reason = thrownMessage(error);
          broken.push({ id, reason });
          if (error instanceof NewerFormatError) newer.push({ jobId: id, version });
          else await this.#setAside({ id, version, runMs }, owner, reason);
        }
      }
      if (newer.length > 0) await this.#giveBack(newer, nowMs + BROKEN_MS);
      asked += size;
      const isAll = answer.length - 2 < 4 * size;
      if (isAll || asked >= limit)
        return { nowMs, jobs, nextDueMs: answer[1] === "" ? null : Number(answer[1]), broken };
    }
  }

  /** Pauses a job that cannot be read, and records its run as an error, so that the jobs behind it run. */
  async #setAside(
    { id, version, runMs }: { id: string; version: number; runMs: number },
    owner: string,
    reason: string,
  ): Promise<void> {
    const nature = JSON.stringify([id, id, runMs, null, ""]);
    const outcome = JSON.stringify([null, unreadable(reason), null]);
    await this.#scripts.run(SCRIPTS.setAside, [this.#now(), id, version, randomUUID(), word(owner), nature, outcome]);
  }

  dispatch(requests: readonly DispatchRequest[]): Promise<DispatchResult[]> {
    return dispatch(this.#scripts, this.#now(), requests, (job, version) => this.#claimed.get(job) === version);
  }

  async releaseClaims(claims: readonly ClaimKey[]): Promise<void> {
    await this.#giveBack(claims, "");
  }

  async #giveBack(claims: readonly ClaimKey[], dueMs: number | ""): Promise<void> {
    for (const batch of batches(claims)) {
      await this.#scripts.run(SCRIPTS.release, [dueMs, ...batch.flatMap(({ jobId, version }) => [jobId, version])]);
    }
  }

  report(reports: readonly Report[]): Promise<boolean[]> {
    return report(this.#scripts, reports);
  }

  renew(keys: readonly InstanceKey[], leaseMs: number): Promise<Renewal> {
    return renew(this.#scripts, this.#now(), keys, leaseMs);
  }

  reclaim(request: ClaimRequest): Promise<ReclaimResult> {
    return reclaim(this.#scripts, this.#now(), request);
  }

  releaseInstances(keys: readonly InstanceKey[]): Promise<void> {
    return releaseInstances(this.#scripts, this.#now(), keys);
  }

  async requestCancel(executionId: string): Promise<boolean> {
    const row = await this.#client.hget(`${this.#prefix}runs`, executionId);
    if (row === null) return false;
    const nature = natureOfRow(row);
    if (nature === undefined) return false;
    const [jobId, , , , instanceId] = nature;
    const args = [this.#now(), jobId, instanceId, executionId, JSON.stringify(executionId)];
    return Number(await this.#scripts.run(SCRIPTS.requestCancel, args)) === 1;
  }

  async heartbeat(node: SchedulerNode): Promise<void> {
    await this.#scripts.run(SCRIPTS.heartbeat, [this.#now(), NODE_FORGOTTEN_AFTER_MS, node.id, JSON.stringify(node)]);
  }

  async nodes(): Promise<SchedulerNode[]> {
    const found = (await this.#scripts.run(SCRIPTS.nodes, [this.#now(), NODE_FORGOTTEN_AFTER_MS])) as string[];
    return found.flatMap((text) => {
      const at = text.indexOf(" ");
      return readNode(text.slice(at + 1), Number(text.slice(0, at)));
    });
  }

  async removeNode(id: string): Promise<void> {
    await this.#client.hdel(`${this.#prefix}nodes`, id);
  }

  subscribe(onWake: () => void): () => void {
    return this.#wakeUp.subscribe(onWake);
  }
}

/** Decodes "<version> <claimed> <next run or -> …" and the job's JSON. */
function readJob(id: string, meta: string, text: string): JobRecord {
  const [version, , nextRun] = meta.split(" ", 3) as [string, string, string];
  return decodeJobOf(id, text, msOrNull(nextRun), Number(version));
}

function byNextRun(a: JobRecord, b: JobRecord): number {
  return a.nextRunMs! - b.nextRunMs!;
}

function earlier(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}

function checkedLane(job: JobRecord): string {
  checkTexts(job);
  if (typeof job.func !== "string") throw new JobSpecError("func", "a shared store keeps names, not functions");
  return laneOfJob(job);
}
