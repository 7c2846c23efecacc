import { Redis } from "ioredis";

/** How often the server has run a command, such as `mget`: take it twice and subtract. */
export async function redisCommandCalls(url: string, command: string): Promise<number> {
  const redis = new Redis(url);
  try {
    const stats = await redis.info("commandstats");
    return Number(new RegExp(`^cmdstat_${command.toLowerCase()}:calls=(\\d+)`, "m").exec(stats)?.[1] ?? 0);
  } finally {
    redis.disconnect();
  }
}
