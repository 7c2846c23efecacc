import { LRUCache } from "lru-cache";
import type { Redis } from "./client.js";
import { script } from "./script.js";

/** A value and the version of the row it was read from. `value` undefined says that there is no such row. */
export interface Versioned<T> {
  readonly version: number;
  readonly value: T | undefined;
}

/** Reads the rows of `ids` from the database; an id that it does not return does not exist. */
export type CacheSource<T> = (ids: readonly bigint[]) => Promise<ReadonlyMap<bigint, Versioned<T>>>;

interface Options<T> {
  /** Prefix of the keys in Redis: `article` makes `article:{7}`. */
  readonly name: string;
  readonly redis: Redis;
  readonly source: CacheSource<T>;
  readonly encode: (value: T) => Buffer;
  readonly decode: (bytes: Buffer) => T;
  /** Entries that this process keeps in memory. */
  readonly localMax: number;
  readonly random?: () => number;
  /** Receives each id whose value in this process changed, to invalidate what is derived from it. */
  readonly onChange?: (id: bigint) => void;
  readonly onRedisError?: (error: unknown) => void;
  /** Receives the error of each value of Redis that cannot be read; `onRedisError` does without it. */
  readonly onUnreadable?: (error: unknown) => void;
}

interface LocalEntry<T> extends Versioned<T> {
  /** Whether a newer value is known to exist, so that this one is used only when nothing else answers. */
  readonly stale: boolean;
  /** For a stale entry, the end of the time in which older versions are ignored. */
  readonly freshUntilMs: number;
}

const LOCAL_TTL_MS = 60_000;
const REDIS_TTL_S = 3_600;
const ABSENT_TTL_MS = 5_000;
/** Lifetime of a stale mark, longer than loads that may still return an older value. */
const STALE_MARK_TTL_S = 60;

/**
 * Versions are milliseconds of the database's clock. A version that is further ahead of the other clocks is a mistake, which no real
 * write would replace until its time has come: it is read as missing, and overwritten.
 */
const AHEAD_MAX_MS = 60_000;

const PRESENT = 0x2b; // "+"
const ABSENT = 0x2d; // "-"

/** Writes a value unless a newer version is there. */
const keepNewer = script<[version: number, body: Buffer, ttlMs: number, aheadMs: number], number>(`
local current = redis.call('GETRANGE', KEYS[1], 0, 16)
if current ~= '' then
  local version = tonumber(string.match(current, '^%d+'))
  local given = tonumber(ARGV[1])
  local latest = math.max(given, redis.call('TIME')[1] * 1000) + tonumber(ARGV[4])
  if version and version > given and version <= latest then return 0 end
end
redis.call('SET', KEYS[1], ARGV[1] .. ARGV[2], 'PX', ARGV[3])
return 1`);

/** Marks what is older than the version as stale. */
const markStale = script<[version: number, ttlSeconds: number], number>(`
local current = redis.call('GETRANGE', KEYS[1], 0, 16)
if current ~= '' then
  local version = tonumber(string.match(current, '^%d+'))
  if version and version >= tonumber(ARGV[1]) then return 0 end
end
redis.call('SET', KEYS[1], ARGV[1] .. '?', 'EX', ARGV[2])
return 1`);

/**
 * Rows by id: this process's memory, then Redis, then the source, with what was missing remembered on the way back.
 *
 * - One round trip to Redis and one call of the source for all that is missing, whatever the number of ids.
 * - Concurrent misses of one id share one load.
 * - An absent row is remembered for 5 s; TTLs carry 10 % of jitter, so what was loaded together does not expire together.
 * - A value is kept only if no newer version is known, here and in Redis: a slow load never undoes an edit.
 * - When the source fails, the last known value is better than none.
 */
export class VersionedCache<T> {
  /** Count of ids found in this process, in Redis, and at the source. */
  readonly reads = { local: 0, redis: 0, source: 0 };
  readonly #local: LRUCache<bigint, LocalEntry<T>>;
  readonly #loading = new Map<bigint, Promise<LocalEntry<T>>>();
  readonly #redis: Redis;

  constructor(private readonly options: Options<T>) {
    this.#local = new LRUCache({ max: options.localMax });
    this.#redis = options.redis;
  }

  /** Value in this process, if fresh, without a promise on the hot path. */
  peek(id: bigint): T | undefined {
    const entry = this.#local.get(id);
    if (entry === undefined || !isFresh(entry, Date.now())) return undefined;
    this.reads.local += 1;
    return entry.value;
  }

  /** Last value that this process has seen, however old. */
  lastKnown(id: bigint): T | undefined {
    return this.#local.peek(id)?.value;
  }

  async get(id: bigint): Promise<T | undefined> {
    return (await this.getMany([id])).get(id);
  }

  /**
   * Returns the values that exist. Throws when an id could not be loaded, so that a missing value always means that there is none;
   * values that could be loaded are remembered all the same, for `lastKnown`.
   */
  async getMany(ids: readonly bigint[]): Promise<Map<bigint, T>> {
    const found = new Map<bigint, T>();
    const missing: bigint[] = [];
    const nowMs = Date.now();
    for (const id of ids) {
      const entry = this.#local.get(id);
      if (entry === undefined || !isFresh(entry, nowMs)) missing.push(id);
      else if (entry.value !== undefined) found.set(id, entry.value);
    }
    this.reads.local += ids.length - missing.length;
    if (missing.length === 0) return found;
    this.#loadTogether(missing.filter((id) => !this.#loading.has(id)));
    const loads = await Promise.allSettled(missing.map((id) => this.#loading.get(id)));
    for (const [index, load] of loads.entries()) {
      if (load.status === "fulfilled" && load.value?.value !== undefined)
        found.set(missing[index] as bigint, load.value.value);
    }
    const failed = loads.find((load) => load.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    return found;
  }

  /** Writes a value that was just written to the source to all caches. Rejects when Redis does not take it; this process has it anyway. */
  async offer(id: bigint, versioned: Versioned<T>): Promise<void> {
    this.#loading.delete(id); // later callers must not share a load that began before this
    this.#remember(id, versioned);
    await this.#writeToRedis(id, versioned);
  }

  /** Marks values older than `version` as stale. Rejects when Redis does not take the mark; this process has it anyway. */
  async markStale(id: bigint, version: number): Promise<void> {
    this.markStaleHere(id, version);
    await markStale(this.#redis, this.key(id), version, STALE_MARK_TTL_S);
  }

  /** Marks them in this process alone, when another process has marked them in Redis. */
  markStaleHere(id: bigint, version: number): void {
    const entry = this.#local.peek(id);
    if (entry !== undefined && entry.version >= version) return;
    this.#loading.delete(id);
    // The mark ends: a version too new, of a clock that was wrong, must not keep what is loaded out for ever.
    const untilMs = Date.now() + STALE_MARK_TTL_S * 1_000;
    this.#local.set(id, { version, value: entry?.value, stale: true, freshUntilMs: untilMs });
    this.options.onChange?.(id);
  }

  key(id: bigint): string {
    return `${this.options.name}:{${id}}`;
  }

  /** Starts one load for all of `ids`; each id gets its own promise, so later callers can share it. */
  #loadTogether(ids: readonly bigint[]): void {
    if (ids.length === 0) return;
    const entries = this.#load(ids);
    for (const id of ids) {
      const entry = entries.then(({ loaded, failure }) => {
        const found = loaded.get(id);
        if (found === undefined) throw failure;
        return found;
      });
      this.#loading.set(id, entry);
      const forget = () => {
        if (this.#loading.get(id) === entry) this.#loading.delete(id);
      };
      entry.then(forget, forget);
    }
  }

  /** An entry for each id, except, when the source fails, for those of which nothing was ever known. */
  async #load(ids: readonly bigint[]): Promise<{ loaded: Map<bigint, LocalEntry<T>>; failure?: unknown }> {
    const loaded = new Map<bigint, LocalEntry<T>>();
    for (const [id, versioned] of await this.#readFromRedis(ids)) loaded.set(id, this.#remember(id, versioned));
    const missing = ids.filter((id) => !loaded.has(id));
    this.reads.redis += loaded.size;
    this.reads.source += missing.length;
    if (missing.length === 0) return { loaded };
    try {
      const rows = await this.options.source(missing);
      for (const id of missing) {
        const versioned = rows.get(id) ?? { version: 0, value: undefined };
        loaded.set(id, this.#remember(id, versioned));
        this.#writeToRedis(id, versioned).catch((error: unknown) => this.options.onRedisError?.(error));
      }
      return { loaded };
    } catch (failure) {
      for (const id of missing) {
        const known = this.#local.peek(id);
        if (known?.value !== undefined) loaded.set(id, known);
      }
      return { loaded, failure };
    }
  }

  /** Reads values that are not older than the version this process knows of. An unreadable value counts as missing. */
  async #readFromRedis(ids: readonly bigint[]): Promise<Map<bigint, Versioned<T>>> {
    const found = new Map<bigint, Versioned<T>>();
    // Auto-pipelined into one write; single GETs, unlike MGET, also work across the slots of a cluster.
    const reads = await Promise.allSettled(ids.map((id) => this.#redis.getBuffer(this.key(id))));
    for (const [index, read] of reads.entries()) {
      const id = ids[index] as bigint;
      if (read.status === "rejected") this.options.onRedisError?.(read.reason);
      const versioned = read.status === "fulfilled" && read.value !== null ? this.#readable(id, read.value) : undefined;
      if (versioned !== undefined && versioned.version >= this.#versionKnown(id)) found.set(id, versioned);
    }
    return found;
  }

  #readable(id: bigint, bytes: Buffer): Versioned<T> | undefined {
    const { onRedisError, onUnreadable = onRedisError } = this.options;
    try {
      return this.#parse(bytes);
    } catch (cause) {
      onUnreadable?.(new Error(`${this.key(id)} cannot be read`, { cause }));
      return undefined;
    }
  }

  /** The version below which nothing is believed, while what says so lasts. */
  #versionKnown(id: bigint): number {
    const known = this.#local.peek(id);
    return known === undefined || isOver(known) ? 0 : known.version;
  }

  async #writeToRedis(id: bigint, { version, value }: Versioned<T>): Promise<void> {
    const body =
      value === undefined ? Buffer.of(ABSENT) : Buffer.concat([Buffer.of(PRESENT), this.options.encode(value)]);
    const ttlMs = this.#jittered(value === undefined ? ABSENT_TTL_MS : REDIS_TTL_S * 1_000);
    await keepNewer(this.#redis, this.key(id), version, body, ttlMs, AHEAD_MAX_MS);
  }

  /** `<version>+<body>`, `<version>-` for an absent row, `<version>?` for a mark; a mark holds no value. */
  #parse(bytes: Buffer): Versioned<T> | undefined {
    let end = 0;
    while (isDigit(bytes[end])) end += 1;
    const version = Number(bytes.toString("latin1", 0, end));
    if (end === 0 || !Number.isSafeInteger(version))
      throw new TypeError(`${this.options.name}: a value without a version`);
    if (version > Date.now() + AHEAD_MAX_MS) throw new RangeError(`${this.options.name}: a version of the future`);
    if (bytes[end] === PRESENT) return { version, value: this.options.decode(bytes.subarray(end + 1)) };
    if (bytes[end] === ABSENT) return { version, value: undefined };
    return undefined;
  }

  /** Keeps the newer of what is known and what has come; answers what has come. */
  #remember(id: bigint, versioned: Versioned<T>): LocalEntry<T> {
    const ttlMs = this.#jittered(versioned.value === undefined ? ABSENT_TTL_MS : LOCAL_TTL_MS);
    const entry = { ...versioned, stale: false, freshUntilMs: Date.now() + ttlMs };
    const known = this.#local.peek(id);
    if (known === undefined || known.version <= entry.version || isOver(known)) {
      this.#local.set(id, entry);
      this.options.onChange?.(id);
    }
    return entry;
  }

  #jittered(ttlMs: number): number {
    return Math.round(ttlMs * (0.95 + (this.options.random ?? Math.random)() / 10));
  }
}

function isFresh(entry: LocalEntry<unknown>, nowMs: number): boolean {
  return !entry.stale && entry.freshUntilMs > nowMs;
}

/** Its time is up, of a value as of a mark: what a load brings now is no older than a mistake. */
function isOver(entry: LocalEntry<unknown>): boolean {
  return entry.freshUntilMs <= Date.now();
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}
