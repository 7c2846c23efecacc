import { leanScript, type Redis } from "@headline/redis";
import { LRUCache } from "lru-cache";
import type { Catalogue } from "../catalogue/catalogue.js";
import { type Batch, madeAt } from "./batch.js";
import { type History, WINDOW_MS } from "./history.js";
import { decodeHistory, encodeBatch, encodeHead, FORMAT } from "./history-codec.js";
import { asFailure } from "./store-failure.js";

/** Result of recording a batch. */
export type Recorded =
  | { readonly recorded: true }
  /** Another process recorded since `history` was read; this is the history now. */
  | { readonly recorded: false; readonly history: History };

/** A guest who does not come back within that is a crawler as often as not, and leaves nothing for a week. */
const FIRST_VISIT_MS = 6 * 60 * 60 * 1_000;
const HISTORIES_MAX_BYTES = 256 * 1024 * 1024;

/** Returns 1 when the key still has the head that the caller knows, otherwise the whole value. */
const readIfChanged = leanScript<[head: Buffer], Buffer | number | null>(`
if redis.call('GETRANGE', KEYS[1], 0, 7) == ARGV[1] then return 1 end
return redis.call('GET', KEYS[1])`);

/**
 * Compare and set: records the batch only if the head is still the one the batch was chosen against. A value of another
 * format counts as none, here as where it is decoded, and is overwritten.
 */
const record = leanScript<
  [expectedHead: Buffer, head: Buffer, bytes: Buffer, whole: "0" | "1", ttlMs: number],
  Buffer | number | null
>(`
local head = redis.call('GETRANGE', KEYS[1], 0, 7)
if head ~= '' and string.byte(head) ~= ${FORMAT} then head = '' end
if head ~= ARGV[1] then return redis.call('GET', KEYS[1]) end
if head == '' or ARGV[4] == '1' then
  redis.call('SET', KEYS[1], ARGV[2] .. ARGV[3])
else
  redis.call('SETRANGE', KEYS[1], 0, ARGV[2])
  redis.call('APPEND', KEYS[1], ARGV[3])
end
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return 1`);

/**
 * Readers' histories: the truth in Redis, one key a reader, and a copy of those seen lately in memory. A copy is never
 * trusted alone: recording compares its version, and answers from it are checked first (`current`), so any number of
 * processes can serve one reader. Either costs one round trip.
 */
export class HistoryStore {
  readonly #known = new LRUCache<bigint, History>({
    maxSize: HISTORIES_MAX_BYTES,
    sizeCalculation: (history) => history.bytes,
  });

  constructor(
    private readonly redis: Redis,
    private readonly catalogue: Catalogue,
  ) {}

  /** The reader's history in memory, perhaps out of date. */
  remembered(userId: bigint): History | undefined {
    return this.#known.get(userId);
  }

  /** The reader's history as it is now. */
  async current(userId: bigint): Promise<History> {
    const known = this.#known.get(userId);
    if (known === undefined) return this.#keep(userId, await this.redis.getBuffer(historyKey(userId)).catch(fail));
    const reply = await readIfChanged(this.redis, historyKey(userId), encodeHead(known.version)).catch(fail);
    return typeof reply === "number" ? known : this.#keep(userId, reply);
  }

  /**
   * Appends `batch` if nothing was recorded for this reader since `history` was read. Call it without awaiting anything
   * after the choice: `history` grows in place when another of this reader's batches is recorded. After a failure it is
   * unknown whether this one was; the same request again finds out.
   */
  async record(userId: bigint, history: History, batch: Batch, nowMs: number): Promise<Recorded> {
    const expectedHead = encodeHead(history.version);
    const rewritten = history.rewritten(nowMs);
    const reply = await record(
      this.redis,
      historyKey(userId),
      expectedHead,
      encodeHead(madeAt(batch)),
      rewritten === undefined ? encodeBatch(batch, this.catalogue) : this.#encodeAll([...rewritten.batches, batch]),
      rewritten === undefined ? "0" : "1",
      userId < 0n && history.version === 0 ? FIRST_VISIT_MS : WINDOW_MS,
    ).catch(fail);
    if (typeof reply !== "number") return { recorded: false, history: this.#keep(userId, reply) };
    const next = rewritten ?? history;
    next.append(batch);
    this.#remember(userId, next);
    return { recorded: true };
  }

  #encodeAll(batches: readonly Batch[]): Buffer {
    return Buffer.concat(batches.map((batch) => encodeBatch(batch, this.catalogue)));
  }

  #keep(userId: bigint, bytes: Buffer | null): History {
    const history = decodeHistory(bytes, this.catalogue);
    this.#remember(userId, history);
    return history;
  }

  /** Deletes first: the cache weighs a value only when it is new to it, and a history grows in place. */
  #remember(userId: bigint, history: History): void {
    this.#known.delete(userId);
    this.#known.set(userId, history);
  }
}

function fail(error: unknown): never {
  throw asFailure(error);
}

/** One key a reader, hash-tagged, so that a cluster keeps all that is one reader's together. */
export function historyKey(userId: bigint): string {
  return `feed:{${userId}}`;
}
