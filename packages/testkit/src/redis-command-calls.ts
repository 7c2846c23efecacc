import { Redis } from "ioredis";

/** Number of runs of a command, such as `mget`, since the server started: take it twice and subtract. */
export async function redisCommandCalls(url: string, command: string): Promise<number> {
  const redis = new Redis(url, { ...IMPATIENT, lazyConnect: true });
  redis.on("error", () => {}); // connect() rejects with it
  try {
    await redis.connect();
    const stats = await redis.info("commandstats");
    return Number(new RegExp(`^cmdstat_${command.toLowerCase()}:calls=(\\d+)`, "m").exec(stats)?.[1] ?? 0);
  } finally {
    redis.disconnect();
  }
}

const IMPATIENT = { retryStrategy: null, connectTimeout: 1_000, commandTimeout: 2_000, disconnectTimeout: 50 };
