import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { ensureDataFolder } from "./data-folder.mjs";
import { ExpectedFailure } from "./expected-failure.mjs";

const CONNECT_WITHIN_MS = 3_000;

/** Redis and MySQL: those of REDIS_URL and MYSQL_URL, and private ones in the data folder for what is not given. */
export async function openServers({ env, dataDir, onProgress }) {
  const { mysqlAddress, redisAddress } = await import("@headline/config");
  const needs = [...(env.REDIS_URL ? [] : ["redis"]), ...(env.MYSQL_URL ? [] : ["mariadb"])];
  if (needs.length > 0) ensureDataFolder(dataDir);
  const embedded = needs.length > 0 ? await import("@headline/embedded") : undefined;
  const found = needs.length > 0 ? await findServers(embedded, needs, onProgress) : {};
  const socketDir = embedded?.socketFolderOf(dataDir);
  const opening = [
    env.REDIS_URL
      ? given("REDIS_URL", env.REDIS_URL, redisAddress)
      : embedded.openRedis({ dataDir: join(dataDir, "redis"), socketDir, server: found.redis }),
    env.MYSQL_URL
      ? given("MYSQL_URL", env.MYSQL_URL, mysqlAddress)
      : embedded.openMariaDb({ dataDir: join(dataDir, "mariadb"), socketDir, server: found.mariadb }),
  ];
  const opened = await Promise.allSettled(opening);
  const failure = opened.find(({ status }) => status === "rejected");
  const servers = opened.filter(({ status }) => status === "fulfilled").map(({ value }) => value);
  const close = () => Promise.all(servers.map((server) => server.stop()));
  if (failure !== undefined) {
    await close();
    throw asExpected(failure.reason);
  }
  const [redis, mysql] = servers;
  return {
    redisUrl: redis.url,
    mysqlUrl: mysql.url,
    embedded: needs,
    reused: servers.some(({ reused }) => reused),
    close,
  };
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
  return { url, reused: false, stop: async () => {} };
}

/** What packages/embedded throws says what to do; its stack would not help anybody. */
function asExpected(error) {
  return error instanceof TypeError || error instanceof ReferenceError ? error : new ExpectedFailure(error.message);
}
