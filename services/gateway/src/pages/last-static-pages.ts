import type { StaticPage } from "@headline/newsroom/pages";
import type { Redis } from "@headline/redis";

const KEY = "{static-pages}:last";
const NEWLINE = 0x0a;

/** The static pages as some gateway last read them in MySQL, kept in Redis for gateways that start while MySQL is away. */
export class LastStaticPages {
  constructor(
    private readonly redis: Redis,
    private readonly onUnreadable: (error: unknown) => void,
  ) {}

  async keep(key: string, { etag, builtAt, body }: StaticPage): Promise<void> {
    await this.redis.hset(KEY, key, Buffer.concat([Buffer.from(`${etag} ${builtAt.getTime()}\n`), body]));
  }

  async forget(keys: readonly string[]): Promise<void> {
    if (keys.length > 0) await this.redis.hdel(KEY, ...keys);
  }

  async recall(): Promise<ReadonlyMap<string, StaticPage>> {
    const stored = await this.redis.hgetallBuffer(KEY);
    return new Map(Object.entries(stored).flatMap(([key, bytes]) => this.#readable(key, bytes)));
  }

  #readable(key: string, bytes: Buffer): [string, StaticPage][] {
    try {
      return [[key, toPage(bytes)]];
    } catch (cause) {
      this.onUnreadable(new Error(`static page ${key} of Redis cannot be read`, { cause }));
      return [];
    }
  }
}

/** A line of what is known of it, and then the page. Throws for bytes that are neither. */
function toPage(bytes: Buffer): StaticPage {
  const end = bytes.indexOf(NEWLINE);
  const [, etag, builtAtMs] = /^(\S+) (\d{1,15})$/.exec(bytes.toString("latin1", 0, Math.max(0, end))) ?? [];
  if (etag === undefined) throw new TypeError("a page begins with its tag and its time");
  return { etag, builtAt: new Date(Number(builtAtMs)), body: bytes.subarray(end + 1) };
}
