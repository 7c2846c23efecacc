import { join } from "node:path";
import { ensureDataFolder } from "./data-folder.js";
import { findServers } from "./find-servers.js";
import { type EmbeddedMariaDb, openMariaDb } from "./open-mariadb.js";
import { type EmbeddedRedis, openRedis } from "./open-redis.js";
import { socketFolderOf } from "./socket-folder.js";

export interface OpenEmbeddedOptions {
  /** Holds the folders `redis` and `mariadb`. */
  readonly dataDir: string;
  readonly database?: string;
  readonly onProgress?: (line: string) => void;
}

export interface Embedded extends AsyncDisposable {
  readonly redis: EmbeddedRedis;
  readonly mariadb: EmbeddedMariaDb;
}

/** Both servers, started together, or neither. */
export async function openEmbedded({
  dataDir,
  database = "headline",
  onProgress = () => {},
}: OpenEmbeddedOptions): Promise<Embedded> {
  ensureDataFolder(dataDir);
  const socketDir = socketFolderOf(dataDir);
  const servers = await findServers({ onProgress });
  const [redis, mariadb] = await Promise.allSettled([
    openRedis({ dataDir: join(dataDir, "redis"), socketDir, server: servers.redis }),
    openMariaDb({ dataDir: join(dataDir, "mariadb"), socketDir, server: servers.mariadb, database }),
  ]);
  if (redis.status === "fulfilled" && mariadb.status === "fulfilled") return bothOf(redis.value, mariadb.value);
  for (const opened of [redis, mariadb]) if (opened.status === "fulfilled") await opened.value.stop();
  throw redis.status === "rejected" ? redis.reason : (mariadb as PromiseRejectedResult).reason;
}

function bothOf(redis: EmbeddedRedis, mariadb: EmbeddedMariaDb): Embedded {
  return {
    redis,
    mariadb,
    [Symbol.asyncDispose]: async () => {
      await Promise.all([redis.stop(), mariadb.stop()]);
    },
  };
}
