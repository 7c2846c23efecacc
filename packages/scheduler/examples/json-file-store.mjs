// A whole store, over one JSON file that the processes of a machine share: the shortest that passes the conformance suite, to
// begin a store of your own with. Every change reads and writes the whole file, so it is for a few hundred jobs. docs/write-a-store.md

import { randomUUID } from "node:crypto";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import {
  checkStorable,
  claimFilters,
  decodeJob,
  decodeJobOf,
  encodeJob,
  isFinalState,
  mostDeliveries,
  NewerFormatError,
  runCountAfter,
  startsWithoutNextRun,
  statisticsOf,
  unreadable,
  waitingJob,
  withTaskAck,
} from "@headline/scheduler/stores/kit";

const LOCK_MS = 5_000;
const POLL_MS = 200;
const NEWER_MS = 60_000;
const NODE_MS = 60_000;
const NOTHING = { kind: "started", token: 0, runs: [] };
const FIRST_TOKEN = 1; // a dispatch gives it, and nothing else does

export class JsonFileStore {
  shared = true;
  #path;
  #clock;
  #polls = new Set();

  constructor({ path, now = Date.now }) {
    this.#path = path;
    this.#clock = now;
  }

  migrate() {}
  start() {}

  close() {
    for (const poll of this.#polls) clearInterval(poll);
  }

  now() {
    return Math.trunc(this.#clock());
  }

  // Jobs

  async insert(job) {
    checkStorable(job);
    return this.#change((data) => {
      const existing = data.jobs.get(job.id);
      if (existing !== undefined) return jobOf(job.id, existing);
      data.jobs.set(job.id, { ...columnsOf(job), version: job.version, leaseUntil: 0 });
      data.wakes++;
    });
  }

  async get(id) {
    const row = this.#read().jobs.get(id);
    return row && jobOf(id, row);
  }

  async list({ state, tag, limit = 100, cursor }) {
    const after = cursor === undefined ? undefined : JSON.parse(cursor);
    const found = [...this.#read().jobs]
      .map(([id, row]) => [row.nextRunMs, id, row])
      .filter((place) => after === undefined || byRun(place, after) > 0)
      .sort(byRun)
      .flatMap(([, id, row]) => readable(() => jobOf(id, row)))
      .filter((job) => state === undefined || (state === "paused") === (job.nextRunMs === null))
      .filter((job) => tag === undefined || job.tags.includes(tag));
    const jobs = found.slice(0, limit);
    const last = jobs.at(-1);
    return found.length > limit ? { jobs, cursor: JSON.stringify([last.nextRunMs, last.id]) } : { jobs };
  }

  async update(job) {
    checkStorable(job);
    return this.#change((data) => {
      if (data.jobs.get(job.id)?.version !== job.version) return undefined;
      data.jobs.set(job.id, { ...columnsOf(job), version: job.version + 1, leaseUntil: 0 });
      const waiting = data.waiting.get(job.id);
      if (waiting !== undefined) Object.assign(waiting, columnsOf(waitingJob(job)));
      data.wakes++;
      return { ...job, version: job.version + 1 };
    });
  }

  async remove(id) {
    return this.#change((data, nowMs) => endWaiting(data, id, "cancelled", nowMs).length + data.jobs.delete(id) > 0);
  }

  async removeAll() {
    return this.#change((data, nowMs) => {
      for (const id of [...data.waiting.keys()]) endWaiting(data, id, "cancelled", nowMs);
      const { size } = data.jobs;
      data.jobs.clear();
      return size;
    });
  }

  // Claims and dispatch

  async claimDue(request) {
    return this.#change((data, nowMs) => {
      const due = [...data.jobs]
        .filter(([, { nextRunMs, leaseUntil }]) => nextRunMs !== null && nextRunMs <= nowMs && leaseUntil <= nowMs)
        .sort(([a, { nextRunMs: aRun }], [b, { nextRunMs: bRun }]) => byRun([aRun, a], [bRun, b]));
      const filters = claimFilters(request);
      const taken = new Set(
        filters.flatMap((filter) => due.filter(([, row]) => runs(filter, row)).slice(0, filter.limit)),
      );
      const isFull = filters.some((filter) => due.filter(([, row]) => runs(filter, row)).length >= filter.limit);
      const [jobs, broken] = [[], []];
      for (const [id, row] of due.filter((each) => taken.has(each))) {
        try {
          jobs.push(jobOf(id, { ...row, version: row.version + 1 }));
          row.leaseUntil = nowMs + request.leaseMs;
        } catch (error) {
          broken.push({ id, reason: error.message });
          if (error instanceof NewerFormatError) row.leaseUntil = nowMs + NEWER_MS;
          else setAside(data, id, row, { owner: request.owner, nowMs, reason: error.message });
        }
        row.version++;
      }
      const claimed = new Set(jobs.map(({ id }) => id));
      const next = [...data.jobs]
        .filter(([id, { nextRunMs }]) => nextRunMs !== null && !claimed.has(id))
        .map(([, { nextRunMs, leaseUntil }]) => (nextRunMs > nowMs ? nextRunMs : leaseUntil))
        .filter((ms) => ms > nowMs);
      return { nowMs, jobs, nextDueMs: isFull ? nowMs : least(next), broken };
    });
  }

  async dispatch(requests) {
    return this.#change((data, nowMs) => requests.map((request) => dispatchOne(data, request, nowMs)));
  }

  async releaseClaims(claims) {
    await this.#change((data) => {
      for (const { jobId, version } of claims) {
        const row = data.jobs.get(jobId);
        if (row?.version === version) row.leaseUntil = 0;
      }
      data.wakes++;
    });
  }

  // Runs under way

  async report(reports) {
    return this.#change((data) => reports.map((report) => reportOne(data, report)));
  }

  async renew(keys, leaseMs) {
    return this.#change((data, nowMs) => {
      const held = keys.filter((key) => holds(data, key));
      for (const { instanceId } of held) data.instances.get(instanceId).leaseUntil = nowMs + leaseMs;
      return {
        lost: keys.filter((key) => !held.includes(key)).map(({ instanceId }) => instanceId),
        cancel: held.flatMap(({ instanceId }) => data.instances.get(instanceId).cancel),
      };
    });
  }

  async reclaim(request) {
    return this.#change((data, nowMs) => {
      const [reclaimed, lost] = [[], []];
      const filters = claimFilters(request);
      for (const [id, instance] of data.instances) {
        if (instance.leaseUntil > nowMs) continue;
        const open = openRuns(data, id, instance);
        const mayStart = instance.released || instance.deliveries < instance.maxDeliveries;
        if (!mayStart || open.every(({ executionId }) => instance.cancel.includes(executionId)))
          lost.push(...lose(data, id, open, nowMs));
        else if (reclaimed.length < request.limit && filters.some((filter) => runs(filter, instance)))
          reclaimed.push(handOver(instance, id, open, request, data, nowMs));
      }
      for (const [jobId, waiting] of data.waiting) {
        const job = data.jobs.get(jobId);
        const isPaused = job?.nextRunMs === null && !waiting.needsNoNextRun;
        const hasSlot = countOf(data, jobId) < (job ?? waiting).maxInstances;
        if (isPaused || !hasSlot || reclaimed.length >= request.limit) continue;
        if (filters.some((filter) => runs(filter, waiting)))
          reclaimed.push(startWaiting(data, jobId, waiting, request, nowMs));
      }
      const leases = [...data.instances.values()].map(({ leaseUntil }) => Math.max(nowMs, leaseUntil));
      return { nowMs, reclaimed, lost, nextExpiryMs: least(leases), hasQueued: data.waiting.size > 0 };
    });
  }

  async releaseInstances(keys) {
    await this.#change((data, nowMs) => {
      for (const key of keys.filter((each) => holds(data, each))) {
        const instance = data.instances.get(key.instanceId);
        Object.assign(instance, { released: true, token: instance.token + 1, leaseUntil: nowMs });
      }
      data.wakes++;
    });
  }

  async requestCancel(executionId) {
    return this.#change((data, nowMs) => {
      const execution = data.executions.get(executionId);
      if (execution === undefined || isFinalState(execution.state)) return false;
      if (execution.state === "queued") return endWaiting(data, execution.jobId, "cancelled", nowMs).length > 0;
      const { cancel } = data.instances.get(execution.instanceId);
      if (!cancel.includes(executionId)) cancel.push(executionId);
      return true;
    });
  }

  // History

  executions = {
    get: async (id) => asExecution(id, this.#read().executions.get(id)),

    list: async ({ jobId, states, from = -Infinity, to = Infinity, limit = 100, cursor }) => {
      const [beforeMs, beforeId] = cursor === undefined ? [Infinity, ""] : JSON.parse(cursor);
      const found = [...this.#read().executions]
        .filter(([, row]) => jobId === undefined || row.jobId === jobId)
        .filter(([, row]) => states === undefined || states.includes(row.state))
        .filter(([, row]) => row.submittedAt >= from && row.submittedAt < to)
        .filter(([id, row]) => row.submittedAt < beforeMs || (row.submittedAt === beforeMs && id < beforeId))
        .sort(([a, aRow], [b, bRow]) => bRow.submittedAt - aRow.submittedAt || (a < b ? 1 : -1));
      const executions = found.slice(0, limit).map(([id, row]) => asExecution(id, row));
      const last = executions.at(-1);
      return found.length > limit
        ? { executions, cursor: JSON.stringify([last.submittedAt, last.id]) }
        : { executions };
    },

    durations: async (jobIds) => {
      const found = new Map();
      for (const jobId of jobIds) {
        const states = ["executed", "error"];
        const { executions } = await this.executions.list({ jobId, states, limit: Infinity });
        const durations = executions.flatMap(({ durationMs }) => durationMs ?? []).slice(0, 100);
        if (durations.length > 0) found.set(jobId, statisticsOf(durations));
      }
      return found;
    },

    countActive: async (jobIds) => {
      const data = this.#read();
      return new Map(jobIds.map((id) => [id, countOf(data, id)]).filter(([, count]) => count > 0));
    },

    deleteBefore: async (beforeMs, limit) =>
      this.#change(({ executions }) => {
        const old = [...executions].filter(([, row]) => row.submittedAt < beforeMs && isFinalState(row.state));
        for (const [id] of old.slice(0, limit)) executions.delete(id);
        return Math.min(limit, old.length);
      }),
  };

  // Schedulers

  async heartbeat(node) {
    await this.#change(({ nodes }, nowMs) => void nodes.set(node.id, { ...node, seenAt: nowMs }));
  }

  async nodes() {
    return [...this.#read().nodes.values()].filter(({ seenAt }) => seenAt >= this.now() - NODE_MS);
  }

  async removeNode(id) {
    await this.#change(({ nodes }) => void nodes.delete(id));
  }

  subscribe(onWake) {
    let { wakes } = this.#read();
    const poll = setInterval(() => {
      const before = wakes;
      ({ wakes } = this.#read());
      if (wakes !== before) onWake();
    }, POLL_MS);
    poll.unref();
    this.#polls.add(poll);
    return () => clearInterval(poll);
  }

  // The file: rename() replaces it whole, so a reader never sees half of it

  #read() {
    try {
      const { wakes, ...lists } = JSON.parse(readFileSync(this.#path, "utf8"));
      return { wakes, ...Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, new Map(list)])) };
    } catch (error) {
      if (error.code !== "ENOENT") throw error;
      const [jobs, instances, waiting, executions, nodes] = Array.from({ length: 5 }, () => new Map());
      return { wakes: 0, jobs, instances, waiting, executions, nodes };
    }
  }

  async #change(work) {
    await this.#lock();
    try {
      const data = this.#read();
      const result = work(data, this.now());
      const lists = Object.entries(data).map(([name, list]) => [name, list instanceof Map ? [...list] : list]);
      writeFileSync(`${this.#path}.new`, JSON.stringify(Object.fromEntries(lists)), { flush: true });
      renameSync(`${this.#path}.new`, this.#path);
      return result;
    } finally {
      rmSync(`${this.#path}.lock`);
    }
  }

  /** Creates the lock file, which holds the process that has the lock: one that was killed has it no more. */
  async #lock() {
    const lock = `${this.#path}.lock`;
    for (const until = Date.now() + LOCK_MS; ; await setTimeout(1 + Math.random() * 5)) {
      try {
        return writeFileSync(lock, String(process.pid), { flag: "wx" });
      } catch (error) {
        if (error.code !== "EEXIST" || Date.now() > until) throw error;
        if (!isAlive(lock)) rmSync(lock, { force: true });
      }
    }
  }
}

function isAlive(lock) {
  try {
    return process.kill(Number(readFileSync(lock, "utf8")) || process.pid, 0);
  } catch (error) {
    return error.code !== "ESRCH";
  }
}

function columnsOf(job) {
  const { func, executor, nextRunMs, maxInstances } = job;
  return { func, executor, nextRunMs, maxInstances, spec: encodeJob(job) };
}

function jobOf(id, { spec, nextRunMs, version }) {
  return decodeJobOf(id, spec, nextRunMs, version);
}

function readable(read) {
  try {
    return [read()];
  } catch {
    return []; // claimDue reports it
  }
}

function byRun([aRun, aId], [bRun, bId]) {
  if (aRun !== bRun) return (aRun ?? Infinity) - (bRun ?? Infinity);
  return aId < bId ? -1 : aId > bId ? 1 : 0;
}

function runs({ executor, tasks }, row) {
  return (executor === undefined || executor === row.executor) && (tasks === undefined || tasks.includes(row.func));
}

function least(moments) {
  return moments.length === 0 ? null : Math.min(...moments);
}

/** Pauses a job that cannot be read, and records its run as an error, so that the jobs behind it run. */
function setAside(data, id, row, { owner, nowMs, reason }) {
  const run = { executionId: randomUUID(), scheduledAt: row.nextRunMs };
  addExecution(data, run, { jobId: id, jobName: id, incarnation: randomUUID(), owner, instanceId: "", nowMs });
  Object.assign(data.executions.get(run.executionId), { state: "error", finishedAt: nowMs, error: unreadable(reason) });
  Object.assign(row, { nextRunMs: null, leaseUntil: 0 });
}

function addExecution({ executions }, { executionId, scheduledAt }, { nowMs, ...rest }) {
  const times = { scheduledAt, submittedAt: nowMs, startedAt: null, finishedAt: null };
  const outcome = { result: null, error: null, stack: null };
  executions.set(executionId, { ...rest, ...times, state: "submitted", token: FIRST_TOKEN, attempt: 1, ...outcome });
}

function asExecution(id, row) {
  if (row === undefined) return undefined;
  const { token: _token, instanceId: _instance, incarnation: _incarnation, ...rest } = row;
  const hasRun = row.startedAt !== null && row.finishedAt !== null && row.state !== "lost";
  return { id, ...rest, durationMs: hasRun ? row.finishedAt - row.startedAt : null };
}

function countOf({ instances }, jobId) {
  return [...instances.values()].filter((instance) => instance.jobId === jobId).length;
}

function holds({ instances }, { instanceId, token }) {
  return instances.get(instanceId)?.token === token;
}

function openRuns({ executions }, instanceId, { planned }) {
  return planned.filter(({ executionId }) => {
    const row = executions.get(executionId);
    return row?.instanceId === instanceId && !isFinalState(row.state);
  });
}

function dispatchOne(data, request, nowMs) {
  const { jobId, claim, instance } = request;
  const row = data.jobs.get(jobId);
  const isHeld = row !== undefined && (claim === undefined || (row.version === claim.version && row.leaseUntil > 0));
  if (instance !== undefined && (claim === undefined || !isHeld)) {
    const before = repeated(data, instance);
    if (before !== undefined) return before;
  }
  if (!isHeld) {
    const isDone = row?.version === claim?.version + 1 && row?.nextRunMs === claim?.nextRunMs && row?.leaseUntil === 0;
    return isDone ? NOTHING : { kind: "stale" };
  }
  const result = instance === undefined ? NOTHING : open(data, request, row, nowMs);
  if (claim !== undefined) advance(data, request, row, result);
  return result;
}

/** The result of the same request, whose answer was lost. */
function repeated(data, { id, owner, runs: planned }) {
  const states = planned.map(({ executionId }) => data.executions.get(executionId)?.state);
  if (states.every((state) => state === undefined)) return undefined;
  if (states.at(-1) === "queued") return { kind: "queued", superseded: [], cancel: [] };
  if (states.includes("max_instances")) return { kind: "max_instances" };
  const instance = data.instances.get(id);
  if (instance?.owner !== owner || instance.token !== FIRST_TOKEN) return NOTHING;
  return { kind: "started", token: FIRST_TOKEN, runs: openRuns(data, id, { planned }) };
}

function open(data, request, row, nowMs) {
  const { claim, instance } = request;
  const { id, job, owner, leaseMs, released = false, overlap = "skip", skipExistingExcept } = instance;
  const mayWait = overlap !== "skip";
  const isFull = countOf(data, job.id) >= row.maxInstances || (mayWait && data.waiting.has(job.id));
  if (isFull && skipExistingExcept !== undefined) return { kind: "max_instances" };
  // A run by hand may have a run time of the trigger: its instance distinguishes it.
  const incarnation = claim === undefined && skipExistingExcept === undefined ? id : job.incarnation;
  const had = new Set();
  for (const execution of data.executions.values()) {
    if (execution.jobId !== job.id || execution.incarnation !== incarnation) continue;
    if (!skipExistingExcept?.includes(execution.state)) had.add(execution.scheduledAt);
  }
  const planned = instance.runs.filter(({ scheduledAt }) => !had.has(scheduledAt));
  if (planned.length === 0) return NOTHING;
  for (const run of planned)
    addExecution(data, run, { jobId: job.id, jobName: job.name, incarnation, owner, instanceId: id, nowMs });
  if (!isFull) {
    const lease = { token: FIRST_TOKEN, leaseUntil: released ? nowMs : nowMs + leaseMs, deliveries: released ? 0 : 1 };
    const rest = { attempt: 1, maxDeliveries: mostDeliveries(job), released, cancel: [], planned };
    data.instances.set(id, { jobId: job.id, owner, ...lease, ...rest, ...columnsOf(job) });
    if (released) data.wakes++;
    return { kind: "started", token: FIRST_TOKEN, runs: planned };
  }
  const waits = mayWait && planned.at(-1) === instance.runs.at(-1) ? planned.at(-1) : undefined;
  for (const run of planned.filter((each) => each !== waits))
    Object.assign(data.executions.get(run.executionId), { state: "max_instances", finishedAt: nowMs });
  if (waits === undefined) return { kind: "max_instances" };
  const superseded = endWaiting(data, job.id, "max_instances", nowMs);
  data.executions.get(waits.executionId).state = "queued";
  const needsNoNextRun = startsWithoutNextRun(request);
  data.waiting.set(job.id, { id, run: waits, needsNoNextRun, ...columnsOf(waitingJob(job)) });
  return { kind: "queued", superseded, cancel: overlap === "cancel-other" ? askToEnd(data, job.id, row) : [] };
}

/** Moves the job to its next run; without one it goes, and with a reached `maxRuns` it stays without a next run. */
function advance(data, request, row, result) {
  const { jobId, claim, instance } = request;
  const runCount = runCountAfter(request, result);
  if (claim.nextRunMs === null) {
    data.jobs.delete(jobId);
    return;
  }
  const isLast = runCount !== undefined && runCount >= instance.job.maxRuns;
  Object.assign(row, { nextRunMs: isLast ? null : claim.nextRunMs, leaseUntil: 0, version: row.version + 1 });
  if (runCount !== undefined) row.spec = row.spec.replace(/"runCount":\d+/, `"runCount":${runCount}`);
}

/** Asks as many instances to end as must go for one more, the oldest first. */
function askToEnd(data, jobId, { maxInstances }) {
  const age = ([id, instance]) =>
    Math.min(...openRuns(data, id, instance).map(({ executionId }) => data.executions.get(executionId).submittedAt));
  const oldest = [...data.instances].filter(([, instance]) => instance.jobId === jobId).sort((a, b) => age(a) - age(b));
  return oldest.slice(0, Math.max(0, oldest.length + 1 - maxInstances)).flatMap(([id, instance]) => {
    const ids = openRuns(data, id, instance).map(({ executionId }) => executionId);
    instance.cancel = [...new Set([...instance.cancel, ...ids])];
    return ids;
  });
}

function endWaiting(data, jobId, state, nowMs) {
  const waiting = data.waiting.get(jobId);
  if (waiting === undefined) return [];
  data.waiting.delete(jobId);
  Object.assign(data.executions.get(waiting.run.executionId), { state, finishedAt: nowMs, token: 0 });
  return [waiting.run];
}

function reportOne(data, { instanceId, token, executionId, last, ...report }) {
  const row = data.executions.get(executionId);
  if (row === undefined) return false;
  if (isFinalState(row.state)) return row.token === token && row.state === report.state;
  if (!holds(data, { instanceId, token }) || row.instanceId !== instanceId) return false;
  Object.assign(row, report);
  const instance = data.instances.get(instanceId);
  if (report.state === "submitted") instance.attempt = report.attempt;
  if (isFinalState(report.state) && last) data.instances.delete(instanceId);
  else if (isFinalState(report.state)) Object.assign(instance, { attempt: 1, deliveries: 1 });
  return true;
}

function handOver(instance, instanceId, open, { owner, leaseMs, acks }, data, nowMs) {
  const job = decodeJob(instance.spec, null, 0);
  const token = instance.token + 1;
  const attempt = instance.attempt + (instance.released ? 0 : 1);
  const maxDeliveries = mostDeliveries(withTaskAck(job, acks));
  const deliveries = instance.deliveries + 1;
  const leaseUntil = nowMs + leaseMs;
  Object.assign(instance, { owner, token, attempt, deliveries, maxDeliveries, leaseUntil, released: false });
  for (const { executionId } of open)
    Object.assign(data.executions.get(executionId), { owner, token, state: "submitted", startedAt: null });
  data.executions.get(open[0].executionId).attempt = attempt;
  return { instanceId, token, attempt, job, runs: open };
}

function lose(data, instanceId, open, nowMs) {
  const { cancel } = data.instances.get(instanceId);
  data.instances.delete(instanceId);
  return open.map(({ executionId }) => {
    const row = data.executions.get(executionId);
    const state = cancel.includes(executionId) ? "cancelled" : "lost";
    Object.assign(row, { state, finishedAt: nowMs, token: 0 });
    return { ...asExecution(executionId, row), durationMs: null };
  });
}

function startWaiting(data, jobId, { id, run, spec, func, executor, maxInstances }, { owner, leaseMs, acks }, nowMs) {
  data.waiting.delete(jobId);
  const job = decodeJob(spec, null, 0);
  const token = FIRST_TOKEN + 1;
  const lease = { owner, token, leaseUntil: nowMs + leaseMs, deliveries: 1, attempt: 1, released: false, cancel: [] };
  const maxDeliveries = mostDeliveries(withTaskAck(job, acks));
  data.instances.set(id, { jobId, ...lease, maxDeliveries, planned: [run], spec, func, executor, maxInstances });
  Object.assign(data.executions.get(run.executionId), { state: "submitted", owner, token });
  return { instanceId: id, token, attempt: 1, job, runs: [run], wasQueued: true };
}
