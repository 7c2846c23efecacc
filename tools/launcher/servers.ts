import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type FolderLock,
  findServers,
  holdLock,
  openMariaDb,
  openRedis,
  type ServerName,
  type Servers,
  socketFolderOf,
} from "@headline/embedded";
import { type MysqlAddress, mysqlAddress, type RedisAddress, redisAddress } from "@headline/service/config";
import { codeOf, ExpectedFailure } from "../lib/expected-failure.js";
import { ensureDataFolder } from "./data-folder.js";

const CONNECT_WITHIN_MS = 3_000;
const BACKOFF_MIN_MS = 100;
const BACKOFF_MAX_MS = 5_000;

interface Opening {
  readonly env: { readonly REDIS_URL?: string | undefined; readonly MYSQL_URL?: string | undefined };
  readonly dataDir: string;
  readonly onProgress: (line: string) => void;
}

export interface OpenServers {
  readonly redisUrl: string;
  readonly mysqlUrl: string;
  /** Names of the private ones. */
  readonly embedded: readonly ServerName[];
  close(): Promise<void>;
}

/** A server that the services connect to. */
interface Connected {
  readonly url: string;
  stop(): Promise<void>;
}

/** A private server. */
interface Private extends Connected {
  readonly exited: Promise<void>;
}

/** Redis and MySQL: those of REDIS_URL and MYSQL_URL, and private ones in the data folder for each that is not given. */
export async function openServers({ env, dataDir, onProgress }: Opening): Promise<OpenServers> {
  const { REDIS_URL, MYSQL_URL } = env;
  const embedded: ServerName[] = [];
  if (!REDIS_URL) embedded.push("redis");
  if (!MYSQL_URL) embedded.push("mariadb");
  const lock = embedded.length > 0 ? await lockFolder(dataDir) : undefined;
  const opened = await Promise.allSettled(await openings());
  const servers = opened.filter((result) => result.status === "fulfilled").map(({ value }) => value);
  const close = async () => {
    await Promise.all(servers.map((server) => server.stop()));
    lock?.release();
  };
  const failure = opened.find((result) => result.status === "rejected");
  if (failure !== undefined) {
    await close();
    throw asExpected(failure.reason);
  }
  const [redis, mysql] = servers as [Connected, Connected];
  return { redisUrl: redis.url, mysqlUrl: mysql.url, embedded, close };

  async function openings(): Promise<readonly [Promise<Connected>, Promise<Connected>]> {
    try {
      const socketDir = socketFolderOf(dataDir);
      const found: Partial<Servers> = embedded.length > 0 ? await findServers({ needs: embedded, onProgress }) : {};
      const redis = () => openRedis({ dataDir: join(dataDir, "redis"), socketDir, server: found.redis! });
      const mariadb = () => openMariaDb({ dataDir: join(dataDir, "mariadb"), socketDir, server: found.mariadb! });
      return [
        REDIS_URL ? reached("REDIS_URL", REDIS_URL, redisAddress(REDIS_URL)) : supervised("redis", redis, onProgress),
        MYSQL_URL
          ? reached("MYSQL_URL", MYSQL_URL, mysqlAddress(MYSQL_URL))
          : supervised("mariadb", mariadb, onProgress),
      ];
    } catch (error) {
      lock?.release();
      throw asExpected(error as Error);
    }
  }
}

/** One launcher a data folder: a second would lose its servers when the first ends. */
async function lockFolder(dataDir: string): Promise<FolderLock> {
  ensureDataFolder(dataDir);
  const lock = await holdLock(join(dataDir, "launcher.lock"));
  if (!("heldBy" in lock)) return lock;
  throw new ExpectedFailure(
    `Another npm start (pid ${lock.heldBy}) uses the data folder ${dataDir}. Stop that, or take another folder and other ports:\n` +
      "  HEADLINE_DATA_DIR=~/headline-2 PORT=4000 GRPC_PORT=4051 JOBS_PORT=4001 npm start",
  );
}

/** A private server that starts again, on its data and at its address, whenever it ends before it is stopped. */
async function supervised(
  name: ServerName,
  open: () => Promise<Private>,
  onProgress: (line: string) => void,
): Promise<Connected> {
  const stopping = new AbortController();
  let server = await open();
  const { url } = server;
  const supervision = supervise();
  return {
    url,
    async stop() {
      stopping.abort();
      await server.stop();
      await supervision;
    },
  };

  async function supervise(): Promise<void> {
    for (;;) {
      await server.exited;
      if (stopping.signal.aborted) return;
      onProgress(`${name} ended; it starts again`);
      await reopen();
      if (stopping.signal.aborted) return server.stop();
      onProgress(`${name} is back`);
    }
  }

  /** Retries until stopped: a disk that is full may be free again. */
  async function reopen(): Promise<void> {
    for (let waitMs = BACKOFF_MIN_MS; !stopping.signal.aborted; waitMs = Math.min(2 * waitMs, BACKOFF_MAX_MS)) {
      try {
        server = await open();
        return;
      } catch (error) {
        onProgress(`${name} does not start; tried again in ${waitMs} ms: ${(error as Error).message}`);
        await sleep(waitMs, undefined, { signal: stopping.signal }).catch(() => {}); // stopped meanwhile
      }
    }
  }
}

type Address = Pick<RedisAddress, "path" | "host" | "port"> & Pick<MysqlAddress, "socketPath" | "stream">;

/** A server of another owner, once it accepts a connection: a wrong address fails here and not in every service. */
async function reached(name: string, url: string, address: Address): Promise<Connected> {
  const { path, socketPath = path, host = "localhost", port = 0, stream } = address;
  const socket = stream?.() ?? connect(socketPath === undefined ? { host, port } : { path: socketPath });
  try {
    await once(socket, "connect", { signal: AbortSignal.timeout(CONNECT_WITHIN_MS) });
  } catch (error) {
    const where = socketPath ?? `${host}:${port}`;
    throw new ExpectedFailure(`${name}: nothing answers at ${where} (${codeOf(error)}).`);
  } finally {
    socket.destroy();
  }
  return { url, stop: async () => {} };
}

/** The messages of packages/embedded say what to do; their stacks help no reader. */
function asExpected(error: Error): Error {
  return error instanceof TypeError || error instanceof ReferenceError ? error : new ExpectedFailure(error.message);
}
