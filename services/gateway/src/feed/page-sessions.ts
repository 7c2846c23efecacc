import { type Redis, script } from "@headline/redis";

const SESSION_TTL_S = 30 * 60;

/** Reads the time_stamp of a page, or claims it if the page is the next one; null beyond that. */
const claimPage = script<[page: number, nowMs: number, ttlSeconds: number], string | null>(`
local count = redis.call('LLEN', KEYS[1])
local page = tonumber(ARGV[1])
if page <= count then return redis.call('LINDEX', KEYS[1], page - 1) end
if page > count + 1 or count == 0 then return false end
local last = tonumber(redis.call('LINDEX', KEYS[1], -1))
local next = string.format('%d', math.max(tonumber(ARGV[2]), last + 1))
redis.call('RPUSH', KEYS[1], next)
redis.call('EXPIRE', KEYS[1], ARGV[3])
return next`);

/** Forgets all pages but the first. */
const beginPages = script<[timeStamp: number, ttlSeconds: number], number>(`
redis.call('DEL', KEYS[1])
redis.call('RPUSH', KEYS[1], ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[2])
return 1`);

/**
 * The time_stamp behind each page number of a reader, for clients that count pages instead of keeping a cursor. A page's
 * time_stamp is chosen once, before the recommender is asked, so asking for a page twice is asking for one batch.
 */
export class PageSessions {
  constructor(private readonly redis: Redis) {}

  /** Begins with page 1 and forgets the pages before. */
  async begin(userId: bigint, channelId: number, timeStamp: number): Promise<void> {
    await beginPages(this.redis, key(userId, channelId), timeStamp, SESSION_TTL_S);
  }

  /** The time_stamp of a later page: the one it had, or `nowMs` when it is the next; undefined when pages before it were not served. */
  async claim(userId: bigint, channelId: number, page: number, nowMs: number): Promise<number | undefined> {
    const timeStamp = await claimPage(this.redis, key(userId, channelId), page, nowMs, SESSION_TTL_S);
    return timeStamp === null ? undefined : Number(timeStamp);
  }
}

function key(userId: bigint, channelId: number): string {
  return `pages:{${userId}}:${channelId}`;
}
