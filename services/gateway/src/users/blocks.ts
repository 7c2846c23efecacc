import type { Mysql } from "@headline/mysql";
import type { Change } from "@headline/newsroom/changes";
import { readBlocked } from "@headline/newsroom/reactions";
import { deadline } from "@headline/service/timing";
import { LRUCache } from "lru-cache";

type Blocked = ReadonlySet<bigint>;

const READERS_MAX = 20_000;
const TTL_MS = 60_000;
const AT_ONCE = 1_000;
const NONE: Blocked = new Set();

/** Authors whom readers have blocked, in memory until a change says that a reader blocks others by now. */
export class Blocks {
  readonly #blocked = new LRUCache<bigint, Blocked>({ max: READERS_MAX, ttl: TTL_MS });
  /** Of changes: what was being read meanwhile is not kept. */
  #epoch = 0;

  constructor(private readonly mysql: Mysql) {}

  async of(userId: bigint): Promise<Blocked> {
    return this.#blocked.get(userId) ?? (await this.#load([userId])).get(userId) ?? NONE;
  }

  /** Of many readers, in one statement a thousand of those that are not in memory. */
  async ofMany(userIds: readonly bigint[]): Promise<ReadonlyMap<bigint, Blocked>> {
    const all = new Map(userIds.map((id) => [id, this.#blocked.get(id)]));
    const missing = [...all].flatMap(([id, blocked]) => (blocked === undefined ? [id] : []));
    for (let from = 0; from < missing.length; from += AT_ONCE)
      for (const [id, blocked] of await this.#load(missing.slice(from, from + AT_ONCE))) all.set(id, blocked);
    return new Map([...all].map(([id, blocked = NONE]) => [id, blocked]));
  }

  /** Within a time, or else as last known: a page without MySQL is better than none. */
  async soon(userId: bigint, timeoutMs: number): Promise<Blocked> {
    const known = this.#blocked.get(userId, { allowStale: true, noDeleteOnStaleGet: true });
    return deadline(this.of(userId), timeoutMs).catch(() => known ?? NONE);
  }

  async #load(userIds: readonly bigint[]): Promise<ReadonlyMap<bigint, Blocked>> {
    const epoch = this.#epoch;
    const loaded = await readBlocked(this.mysql, userIds);
    if (epoch === this.#epoch) for (const [id, blocked] of loaded) this.#blocked.set(id, blocked);
    return loaded;
  }

  note(changes: readonly Change[]): void {
    for (const { topic, subjectId } of changes) {
      if (topic !== "blocks") continue;
      this.#epoch += 1;
      this.#blocked.delete(subjectId);
    }
  }
}
