import { TAKE_TURN } from "../core/take-turn.js";

/** KEYS meta · ARGV value, seconds kept (0: for ever). Stores an outcome unless there is a SUCCESS, and publishes it. */
const store = `
local known = redis.call('GET', KEYS[1])
if known and string.find(known, '^%s*{%s*"status"%s*:%s*"SUCCESS"') then return 0 end
if ARGV[2] == '0' then redis.call('SET', KEYS[1], ARGV[1]) else redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2]) end
redis.pcall('PUBLISH', KEYS[1], ARGV[1])
return 1`;

/**
 * KEYS parts, difference, size · ARGV part, index, seconds kept. Adds a part of a chord, in the keys of Celery's backend; returns
 * all parts in order once the last is there.
 */
const chordPart = `
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
if ARGV[3] ~= '0' then for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, ARGV[3]) end end
local size = redis.call('GET', KEYS[3])
if not size then return {} end
local total = tonumber(size) + tonumber(redis.call('GET', KEYS[2]) or '0')
if redis.call('ZCARD', KEYS[1]) ~= total then return {} end
return redis.call('ZRANGE', KEYS[1], 0, -1)`;

/** Scripts for the constructor of ioredis. */
export const RESULT_SCRIPTS = {
  celeryStore: { lua: store, numberOfKeys: 1 },
  celeryChordPart: { lua: chordPart, numberOfKeys: 3 },
  celeryTakeTurn: { lua: TAKE_TURN, numberOfKeys: 1 },
} as const;

/** Methods of a client with these scripts. */
export interface ResultScripts {
  celeryStore(key: string, value: string, keptSeconds: number): Promise<number>;
  celeryChordPart(
    parts: string,
    difference: string,
    size: string,
    part: string,
    index: number | string,
    keptSeconds: number,
  ): Promise<string[]>;
  celeryTakeTurn(key: string, intervalMs: number): Promise<number>;
}
