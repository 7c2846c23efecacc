import type { Channel } from "@headline/newsroom/channels";
import type { Redis } from "@headline/redis";
import { z } from "zod";

const KEY = "{channels}:last";
const Stored = z.object({
  id: z.int(),
  name: z.string(),
  nameEn: z.string(),
  pinned: z.array(z.string().regex(/^\d+$/).transform(BigInt)),
});

/** The channels as some gateway last read them in MySQL, kept in Redis for gateways that start while MySQL is away. */
export class LastChannels {
  constructor(
    private readonly redis: Redis,
    private readonly onUnreadable: (error: unknown) => void,
  ) {}

  async keep(channels: readonly Channel[]): Promise<void> {
    await this.redis.set(KEY, JSON.stringify(channels.map((one) => ({ ...one, pinned: one.pinned.map(String) }))));
  }

  /** Those that can be read; undefined when none were kept. */
  async recall(): Promise<readonly Channel[] | undefined> {
    const stored = await this.redis.get(KEY);
    if (stored === null) return undefined;
    return z
      .array(z.unknown())
      .parse(JSON.parse(stored))
      .flatMap((value) => this.#readable(value));
  }

  #readable(value: unknown): Channel[] {
    const { success, data, error } = Stored.safeParse(value);
    if (success) return [data];
    this.onUnreadable(error);
    return [];
  }
}
