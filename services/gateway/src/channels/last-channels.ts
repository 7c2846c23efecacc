import type { Redis } from "@headline/redis";
import { z } from "zod";
import type { Channel } from "./channels.js";

const KEY = "{channels}:last";
const Stored = z.array(
  z.object({ id: z.number(), name: z.string(), nameEn: z.string(), pinned: z.array(z.string().transform(BigInt)) }),
);

/** The channels as some gateway last read them in MySQL, kept in Redis for gateways that start while MySQL is away. */
export class LastChannels {
  constructor(private readonly redis: Redis) {}

  async keep(channels: readonly Channel[]): Promise<void> {
    await this.redis.set(KEY, JSON.stringify(channels.map((one) => ({ ...one, pinned: one.pinned.map(String) }))));
  }

  /** Undefined when nobody has kept any. */
  async recall(): Promise<readonly Channel[] | undefined> {
    const stored = await this.redis.get(KEY);
    return stored === null ? undefined : Stored.parse(JSON.parse(stored));
  }
}
