import type { Redis } from "@headline/redis";
import type { StaticPage } from "./static-pages.js";

const KEY = "{static-pages}:last";
const NEWLINE = 0x0a;

/** The static pages as some gateway last read them in MySQL, kept in Redis for gateways that start while MySQL is away. */
export class LastStaticPages {
  constructor(private readonly redis: Redis) {}

  async keep(key: string, { etag, builtAt, body }: StaticPage): Promise<void> {
    await this.redis.hset(KEY, key, Buffer.concat([Buffer.from(`${etag} ${builtAt.getTime()}\n`), body]));
  }

  async forget(keys: readonly string[]): Promise<void> {
    if (keys.length > 0) await this.redis.hdel(KEY, ...keys);
  }

  async recall(): Promise<ReadonlyMap<string, StaticPage>> {
    const stored = await this.redis.hgetallBuffer(KEY);
    return new Map(Object.entries(stored).map(([key, bytes]) => [key, toPage(bytes)]));
  }
}

/** A line of what is known of it, and then the page. */
function toPage(bytes: Buffer): StaticPage {
  const end = bytes.indexOf(NEWLINE);
  const [etag = "", builtAtMs] = bytes.toString("latin1", 0, end).split(" ");
  return { etag, builtAt: new Date(Number(builtAtMs)), body: bytes.subarray(end + 1) };
}
