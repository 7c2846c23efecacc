import { TAKE_TURN } from "../core/take-turn.js";
import type { TaskState } from "../core/task-state.js";

/** Scripts by which every state of a task is written: a final state is never overwritten. */

const FINAL = "local function final(state) return state == 'SUCCESS' or state == 'FAILURE' or state == 'REVOKED' end\n";

const NOW = "local time = redis.call('TIME')\nlocal now = time[1] * 1000 + math.floor(time[2] / 1000)\n";

/** KEYS state · ARGV queue, eta, task, seconds kept after the eta. Records the queue of a delayed task; a known state stays. */
const scheduled = `${NOW}
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], 'state', 'PENDING', 'queue', ARGV[1], 'eta', ARGV[2], 'task', ARGV[3])
if ARGV[4] ~= '0' then
  redis.call('EXPIRE', KEYS[1], math.max(0, math.ceil((ARGV[2] - now) / 1000)) + ARGV[4])
end
return 1`;

/**
 * KEYS state · ARGV retries, late ("1"), delivery, worker, task, queue. Returns "run", the final state, or "lost" when an
 * early task has been started before. The delivery's id makes it idempotent, for a reply that was lost.
 */
const begin = `${FINAL}${NOW}
local known = redis.call('HMGET', KEYS[1], 'state', 'run', 'delivery')
if final(known[1]) then return known[1] end
local startedBefore = known[2] and tonumber(known[2]) >= tonumber(ARGV[1]) and known[3] ~= ARGV[3]
if ARGV[2] ~= '1' and startedBefore then return 'lost' end
redis.call('HSET', KEYS[1], 'state', 'STARTED', 'run', ARGV[1], 'delivery', ARGV[3], 'worker', ARGV[4], 'task', ARGV[5],
  'queue', ARGV[6], 'startedAt', now)
redis.call('PERSIST', KEYS[1])
return 'run'`;

/** KEYS state · ARGV new state, field of the value, value, seconds it is kept (0: for ever), channel. Returns the state after that. */
const finish = `${FINAL}${NOW}
local state = redis.call('HGET', KEYS[1], 'state')
if final(state) then return state end
redis.call('HDEL', KEYS[1], 'result', 'error')
redis.call('HSET', KEYS[1], 'state', ARGV[1], ARGV[2], ARGV[3], 'endedAt', now)
if ARGV[4] ~= '0' then redis.call('EXPIRE', KEYS[1], ARGV[4]) end
redis.pcall('PUBLISH', ARGV[5], ARGV[1])
return ARGV[1]`;

/** KEYS state · ARGV error, eta. Returns RETRY, REVOKED when it was revoked while it ran, or the final state. */
const retrying = `${FINAL}
local known = redis.call('HMGET', KEYS[1], 'state', 'revoked')
if final(known[1]) then return known[1] end
if known[2] then return 'REVOKED' end
redis.call('HSET', KEYS[1], 'state', 'RETRY', 'error', ARGV[1], 'eta', ARGV[2])
return 'RETRY'`;

/**
 * KEYS state, terminate request · ARGV terminate ("1"), error, seconds kept, channel. A running task is left alone, or asked to
 * stop; any other is revoked at once, and stays so for at least as long as it may wait in a queue.
 */
const revoke = `${FINAL}${NOW}
local known = redis.call('HMGET', KEYS[1], 'state', 'queue', 'eta')
local state = known[1] or 'PENDING'
local queue = known[2] or ''
if final(state) then return {state, queue} end
if state == 'STARTED' then
  redis.call('HSET', KEYS[1], 'revoked', '1')
  if ARGV[1] == '1' then redis.call('SET', KEYS[2], '1', 'EX', 86400) end
  return {state, queue}
end
redis.call('HSET', KEYS[1], 'state', 'REVOKED', 'error', ARGV[2], 'endedAt', now)
if ARGV[3] ~= '0' then
  local wait = math.max(0, math.ceil((tonumber(known[3] or '0') - now) / 1000))
  redis.call('EXPIRE', KEYS[1], wait + ARGV[3])
end
redis.pcall('PUBLISH', ARGV[4], 'REVOKED')
return {'REVOKED', queue}`;

/**
 * KEYS results of a chord · ARGV index, result, size, seconds kept. Adds the result of a part; returns all, by index, once the
 * last is there, also when that part is delivered again.
 */
const chordPart = `
redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2])
if ARGV[4] ~= '0' then redis.call('EXPIRE', KEYS[1], ARGV[4]) end
if redis.call('HLEN', KEYS[1]) < tonumber(ARGV[3]) then return {} end
return redis.call('HGETALL', KEYS[1])`;

/** KEYS state. Deletes a result; a task that has not ended keeps its state, by which it is started once. */
const forget = `${FINAL}
if not final(redis.call('HGET', KEYS[1], 'state')) then return 0 end
return redis.call('DEL', KEYS[1])`;

/**
 * KEYS lease · ARGV id, overlap, lease ms, has waited ("1"). Requests the lease of a task. Returns "run"; "wait" with the id of
 * the owner, for the call that waits; "skip"; or "superseded", when a later call has come.
 */
const acquireLease = `${NOW}
local running, untilMs, waiting = unpack(redis.call('HMGET', KEYS[1], 'running', 'until', 'waiting'))
local isOwner = running == ARGV[1]
if ARGV[4] == '1' and not isOwner and waiting ~= ARGV[1] then return {'superseded', ''} end
if isOwner or not running or tonumber(untilMs) <= now then
  redis.call('HSET', KEYS[1], 'running', ARGV[1], 'until', now + ARGV[3])
  if not isOwner or waiting == ARGV[1] then redis.call('HDEL', KEYS[1], 'waiting') end
  redis.call('PEXPIRE', KEYS[1], 86400000)
  return {'run', ''}
end
if waiting ~= ARGV[1] and ARGV[2] == 'skip' then return {'skip', running} end
redis.call('HSET', KEYS[1], 'waiting', ARGV[1])
redis.call('PEXPIRE', KEYS[1], 86400000)
return {'wait', running}`;

/** KEYS lease · ARGV id, ms. Extends the lease from now; 0 when another call owns it. */
const extendLease = `${NOW}
if redis.call('HGET', KEYS[1], 'running') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'until', now + ARGV[2])
redis.call('PEXPIRE', KEYS[1], 86400000 + ARGV[2])
return 1`;

/** KEYS lease · ARGV id. Releases the lease, or the wait for it; returns the id of the waiting call, or ''. */
const releaseLease = `
local known = redis.call('HMGET', KEYS[1], 'running', 'waiting')
if known[2] == ARGV[1] then redis.call('HDEL', KEYS[1], 'waiting') end
if known[1] ~= ARGV[1] then return '' end
redis.call('HDEL', KEYS[1], 'running', 'until')
return known[2] or ''`;

/** Scripts for the constructor of ioredis; defined later they break under auto-pipelining. */
export const RESULT_SCRIPTS = {
  taskScheduled: { lua: scheduled, numberOfKeys: 1 },
  taskBegin: { lua: begin, numberOfKeys: 1 },
  taskFinish: { lua: finish, numberOfKeys: 1 },
  taskRetrying: { lua: retrying, numberOfKeys: 1 },
  taskRevoke: { lua: revoke, numberOfKeys: 2 },
  taskForget: { lua: forget, numberOfKeys: 1 },
  taskChordPart: { lua: chordPart, numberOfKeys: 1 },
  taskTakeTurn: { lua: TAKE_TURN, numberOfKeys: 1 },
  taskAcquireLease: { lua: acquireLease, numberOfKeys: 1 },
  taskExtendLease: { lua: extendLease, numberOfKeys: 1 },
  taskReleaseLease: { lua: releaseLease, numberOfKeys: 1 },
} as const;

/** Methods of a client with these scripts. */
export interface ResultScripts {
  taskScheduled(key: string, queue: string, eta: number, task: string, keptSeconds: number): Promise<number>;
  taskBegin(key: string, ...args: (string | number)[]): Promise<string>;
  taskFinish(key: string, ...args: (string | number)[]): Promise<TaskState>;
  taskRetrying(key: string, error: string, eta: number): Promise<TaskState>;
  taskRevoke(key: string, terminateKey: string, ...args: (string | number)[]): Promise<[TaskState, string]>;
  taskForget(key: string): Promise<number>;
  taskChordPart(key: string, index: number, result: string, size: number, keptSeconds: number): Promise<string[]>;
  taskTakeTurn(key: string, intervalMs: number): Promise<number>;
  taskAcquireLease(
    key: string,
    ...args: (string | number)[]
  ): Promise<["run" | "wait" | "skip" | "superseded", running: string]>;
  taskExtendLease(key: string, id: string, ms: number): Promise<number>;
  taskReleaseLease(key: string, id: string): Promise<string>;
}
