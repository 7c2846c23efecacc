import { type Redis, script } from "@headline/redis";
import { encodeEvent } from "./event-row.js";
import { batchOf, placeInBatch, type TrackedEvent } from "./tracked-event.js";

/** An upload's part as it waits in the stream: a JSON array of events. */
export interface StreamEntry {
  readonly id: string;
  readonly body: string;
}

export interface StreamLag {
  /** Entries that have not landed; of an entry, up to a hundred events. */
  readonly entries: number;
  /** Age of the oldest of them, ms. */
  readonly oldestMs: number;
}

/** One hash tag, so that a cluster keeps all of it together and scripts may touch it at once. */
const STREAM = "events:{log}";
const UNREADABLE = "events:{log}:unreadable";
const seenKey = (event: TrackedEvent) => `events:{log}:seen:${batchOf(event)}`;

const GROUP = "landers";
/** Beyond this Redis takes no more; with a hundred events an entry that is about 1.5 GB, commonly a twentieth of it. */
const ENTRIES_MAX = 100_000;
/** Time for which Redis recognises an event that comes again; later, its row in MySQL does. */
const SEEN_TTL_S = 3_600;
const UNREADABLE_MAX = 1_000;
const IDLE_CONSUMER_MS = 10 * 60 * 1_000;

/**
 * Marks what was not seen before and adds it to the stream, all or nothing. The keys of the marks come among the arguments,
 * `seen key, member, event` for each, and share the stream's hash tag.
 */
const append = script<[entriesMax: number, ttlSeconds: number, ...marked: string[]], number[]>(`
if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[1]) then return redis.error_reply('FULL the stream takes no more') end
local fresh, events = {}, {}
for i = 3, #ARGV, 3 do
  local is_new = redis.call('SADD', ARGV[i], ARGV[i + 1])
  fresh[#fresh + 1] = is_new
  if is_new == 1 then
    redis.call('EXPIRE', ARGV[i], ARGV[2])
    events[#events + 1] = ARGV[i + 2]
  end
end
if #events > 0 then redis.call('XADD', KEYS[1], '*', 'events', '[' .. table.concat(events, ',') .. ']') end
return fresh`);

/** Persisted entries are deleted, so the length of the stream is its backlog. */
const settle = script<[group: string, ...ids: string[]], number>(`
redis.call('XACK', KEYS[1], ARGV[1], unpack(ARGV, 2))
return redis.call('XDEL', KEYS[1], unpack(ARGV, 2))`);

/** Moves an entry that cannot be persisted to the dead letters. */
const setAside = script<[group: string, id: string, entriesMax: number, body: string], number>(`
redis.call('XADD', KEYS[2], 'MAXLEN', ARGV[3], '*', 'events', ARGV[4])
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
return redis.call('XDEL', KEYS[1], ARGV[2])`);

/** Forgets consumers that are gone and owe nothing: with its last entries a consumer would take them along. */
const forget = script<[group: string, consumer: string, idleMs: number], number>(`
local forgotten = 0
for _, found in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local info = {}
  for i = 1, #found, 2 do info[found[i]] = found[i + 1] end
  if info.pending == 0 and (info.name == ARGV[2] or info.idle > tonumber(ARGV[3])) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], info.name)
    forgotten = forgotten + 1
  end
end
return forgotten`);

/** The events that have not landed yet, in a Redis stream with one group of consumers. */
export class EventStream {
  constructor(private readonly redis: Redis) {}

  /** Adds what is new, and answers what that was. Rejects when Redis did not say so; it may have happened all the same. */
  async append(events: readonly TrackedEvent[]): Promise<readonly boolean[]> {
    const marked = events.flatMap((event) => [seenKey(event), placeInBatch(event), encodeEvent(event)]);
    const fresh = await append(this.redis, STREAM, ENTRIES_MAX, SEEN_TTL_S, ...marked);
    return fresh.map((isNew) => isNew === 1);
  }

  /**
   * Whether Redis keeps what it acknowledges: it writes an append-only file, evicts nothing, and has no replica to which a
   * failover could lose the last of it.
   */
  async isDurable(): Promise<boolean> {
    const [persistence, memory, replication] = await Promise.all(
      ["persistence", "memory", "replication"].map((section) => this.redis.info(section)),
    );
    const says = (text: string | undefined, line: RegExp) => line.test(text ?? "");
    return (
      says(persistence, /^aof_enabled:1\r?$/m) &&
      says(memory, /^(maxmemory:0|maxmemory_policy:noeviction)\r?$/m) &&
      says(replication, /^role:master\r?$/m) &&
      says(replication, /^connected_slaves:0\r?$/m)
    );
  }

  /** Entries that no consumer has read yet. */
  async take(consumer: string, count: number): Promise<readonly StreamEntry[]> {
    try {
      const answer = await this.redis.xreadgroup("GROUP", GROUP, consumer, "COUNT", count, "STREAMS", STREAM, ">");
      const [stream] = (answer ?? []) as [string, RawEntry[]][];
      return (stream?.[1] ?? []).map(toEntry);
    } catch (error) {
      if (!isNoGroup(error)) throw error;
      await this.#createGroup();
      return [];
    }
  }

  /** Claims entries that another consumer has left pending for `idleMs`. */
  async takeOver(consumer: string, idleMs: number, count: number): Promise<readonly StreamEntry[]> {
    try {
      const [, entries] = (await this.redis.xautoclaim(STREAM, GROUP, consumer, idleMs, "0-0", "COUNT", count)) as [
        string,
        (RawEntry | null)[],
      ];
      return entries.filter((entry) => entry !== null).map(toEntry);
    } catch (error) {
      if (isNoGroup(error)) return [];
      throw error;
    }
  }

  /** These have landed. */
  async settle(entries: readonly StreamEntry[]): Promise<void> {
    if (entries.length > 0) await settle(this.redis, STREAM, GROUP, ...entries.map(({ id }) => id));
  }

  /** Moves an entry that can never be persisted to the dead letters. */
  async setAside({ id, body }: StreamEntry): Promise<void> {
    await setAside(this.redis, [STREAM, UNREADABLE], GROUP, id, UNREADABLE_MAX, body);
  }

  /** Forgets `consumer`, and those that have been gone for long, where they have settled everything. */
  async forgetConsumers(consumer: string): Promise<void> {
    await forget(this.redis, STREAM, GROUP, consumer, IDLE_CONSUMER_MS).catch((error: unknown) => {
      if (!isNoGroup(error)) throw error;
    });
  }

  async lag(): Promise<StreamLag> {
    const [entries, first, [seconds, microseconds]] = await Promise.all([
      this.redis.xlen(STREAM),
      this.redis.xrange(STREAM, "-", "+", "COUNT", 1),
      this.redis.time(),
    ]);
    const nowMs = Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000);
    const oldest = first[0]?.[0];
    return { entries, oldestMs: oldest === undefined ? 0 : Math.max(0, nowMs - Number.parseInt(oldest, 10)) };
  }

  /** From the beginning of the stream: what was appended before the group was there has to land as well. */
  async #createGroup(): Promise<void> {
    await this.redis.xgroup("CREATE", STREAM, GROUP, "0", "MKSTREAM").catch((error: unknown) => {
      if (!(error instanceof Error && error.message.startsWith("BUSYGROUP"))) throw error;
    });
  }
}

type RawEntry = [id: string, fields: string[]];

function toEntry([id, fields]: RawEntry): StreamEntry {
  return { id, body: fields[fields.indexOf("events") + 1] ?? "" };
}

function isNoGroup(error: unknown): boolean {
  return error instanceof Error && error.message.includes("NOGROUP");
}
