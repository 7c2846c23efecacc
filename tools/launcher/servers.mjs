import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ExpectedFailure } from "../lib/expected-failure.mjs";
import { ensureDataFolder } from "./data-folder.mjs";

const CONNECT_WITHIN_MS = 3_000;
const BACKOFF_MIN_MS = 100;
const BACKOFF_MAX_MS = 5_000;

/** Redis and MySQL: those of REDIS_URL and MYSQL_URL, and private ones in the data folder for what is not given. */
export async function openServers({ env, dataDir, onProgress }) {
  const { mysqlAddress, redisAddress } = await import("@headline/service/config");
  const needs = [...(env.REDIS_URL ? [] : ["redis"]), ...(env.MYSQL_URL ? [] : ["mariadb"])];
  if (needs.length > 0) ensureDataFolder(dataDir);
  const embedded = needs.length > 0 ? await import("@headline/embedded") : undefined;
  const found = needs.length > 0 ? await findServers(embedded, needs, onProgress) : {};
  const lock = embedded === undefined ? undefined : await lockFolder(embedded, dataDir);
  const socketDir = embedded?.socketFolderOf(dataDir);
  const open = {
    redis: () => embedded.openRedis({ dataDir: join(dataDir, "redis"), socketDir, server: found.redis }),
    mariadb: () => embedded.openMariaDb({ dataDir: join(dataDir, "mariadb"), socketDir, server: found.mariadb }),
  };
  const opened = await Promise.allSettled([
    env.REDIS_URL ? given("REDIS_URL", env.REDIS_URL, redisAddress) : keptRunning("redis", open.redis, onProgress),
    env.MYSQL_URL ? given("MYSQL_URL", env.MYSQL_URL, mysqlAddress) : keptRunning("mariadb", open.mariadb, onProgress),
  ]);
  const failure = opened.find(({ status }) => status === "rejected");
  const servers = opened.filter(({ status }) => status === "fulfilled").map(({ value }) => value);
  const close = async () => {
    await Promise.all(servers.map((server) => server.stop()));
    lock?.release();
  };
  if (failure !== undefined) {
    await close();
    throw asExpected(failure.reason);
  }
  const [redis, mysql] = servers;
  return { redisUrl: redis.url, mysqlUrl: mysql.url, embedded: needs, close };
}

/** One launcher a data folder: a second would lose its servers when the first ends. */
async function lockFolder(embedded, dataDir) {
  const lock = await embedded.holdLock(join(dataDir, "launcher.lock"));
  if (lock.heldBy === undefined) return lock;
  throw new ExpectedFailure(
    `Another npm start (pid ${lock.heldBy}) uses the data folder ${dataDir}. Stop that, or take another folder and other ports:\n` +
      "  HEADLINE_DATA_DIR=~/headline-2 PORT=4000 GRPC_PORT=4051 JOBS_PORT=4001 npm start",
  );
}

/** A private server that starts again, on its data and at its address, whenever it ends before it is stopped. */
async function keptRunning(name, open, onProgress) {
  const stopping = new AbortController();
  let server = await open();
  const url = server.url;
  const watching = watch();
  return {
    url,
    async stop() {
      stopping.abort();
      await server.stop();
      await watching;
    },
  };

  async function watch() {
    for (;;) {
      await server.exited;
      if (stopping.signal.aborted) return;
      onProgress(`${name} ended; it starts again`);
      await openAgain();
      if (stopping.signal.aborted) return server.stop();
      onProgress(`${name} is back`);
    }
  }

  /** For as long as it takes: a disk that is full may be free again. */
  async function openAgain() {
    for (let waitMs = BACKOFF_MIN_MS; !stopping.signal.aborted; waitMs = Math.min(2 * waitMs, BACKOFF_MAX_MS)) {
      try {
        server = await open();
        return;
      } catch (error) {
        onProgress(`${name} does not start; tried again in ${waitMs} ms: ${error.message}`);
        await sleep(waitMs, undefined, { signal: stopping.signal }).catch(() => {}); // stopped meanwhile
      }
    }
  }
}

async function findServers(embedded, needs, onProgress) {
  try {
    return await embedded.findServers({ needs, onProgress });
  } catch (error) {
    throw asExpected(error);
  }
}

/** A server of somebody else's: seen to listen, so that a wrong address is told here and not by every service. */
async function given(name, url, addressOf) {
  const { path, socketPath = path, host, port, stream } = addressOf(url);
  const socket = stream?.() ?? connect(socketPath === undefined ? { host, port } : { path: socketPath });
  try {
    await once(socket, "connect", { signal: AbortSignal.timeout(CONNECT_WITHIN_MS) });
  } catch (error) {
    const where = socketPath ?? `${host}:${port}`;
    throw new ExpectedFailure(`${name}: nothing answers at ${where} (${error.code ?? error.message}).`);
  } finally {
    socket.destroy();
  }
  return { url, stop: async () => {} };
}

/** What packages/embedded throws says what to do; its stack would not help anybody. */
function asExpected(error) {
  return error instanceof TypeError || error instanceof ReferenceError ? error : new ExpectedFailure(error.message);
}
