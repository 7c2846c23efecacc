import { join, resolve } from "node:path";
import { ensureDataFolder } from "./data-folder.js";
import { findServers } from "./find-servers.js";
import { openServer, type Server } from "./open-server.js";
import { answersRedis } from "./redis-session.js";
import type { ServerCommand } from "./servers.js";
import { socketFolderOf } from "./socket-folder.js";

export interface OpenRedisOptions {
  /** A folder of this server's own. */
  readonly dataDir: string;
  /** A folder in /tmp made from the data folder's path, unless given. */
  readonly socketDir?: string;
  /** Also listen on 127.0.0.1, without a password; by default only the socket is open, to this user. */
  readonly port?: number;
  /** Keeps nothing on disk and ends by SIGKILL: for tests. */
  readonly ephemeral?: boolean;
  /** More arguments for redis-server, such as `--maxmemory 64mb`. */
  readonly args?: readonly string[];
  readonly server?: ServerCommand;
  readonly onProgress?: (line: string) => void;
  readonly startWithinMs?: number;
}

export interface EmbeddedRedis extends Server, AsyncDisposable {
  /** The socket's plain path, or `redis://127.0.0.1:port` when a port was asked for: both as ioredis takes them. */
  readonly url: string;
  readonly port: number | undefined;
}

/** A private Redis on the data in `dataDir`: the one that runs already, or a new child. */
export async function openRedis(options: OpenRedisOptions): Promise<EmbeddedRedis> {
  const { port, ephemeral = false, startWithinMs = 30_000 } = options;
  const dataDir = resolve(options.dataDir);
  ensureDataFolder(dataDir);
  const server = await openServer({
    name: "redis",
    socketFolder: options.socketDir ?? socketFolderOf(dataDir),
    logPath: join(dataDir, "redis.log"),
    port,
    ephemeral,
    startWithinMs,
    answers: answersRedis,
    prepare: async ({ socketPath }) => ({
      server: options.server ?? (await foundRedis(options)),
      args: [...listening(socketPath, port), ...keeping(dataDir, ephemeral), ...(options.args ?? [])],
    }),
  });
  return Object.assign(server, {
    url: port === undefined ? server.socketPath : `redis://127.0.0.1:${port}`,
    port,
    [Symbol.asyncDispose]: () => server.stop(),
  });
}

async function foundRedis({ onProgress = () => {} }: OpenRedisOptions): Promise<ServerCommand> {
  return (await findServers({ needs: ["redis"], onProgress })).redis;
}

function listening(socketPath: string, port = 0): string[] {
  const tcp = ["--port", `${port}`, "--bind", "127.0.0.1"];
  return [...tcp, "--unixsocket", socketPath, "--unixsocketperm", "700", "--daemonize", "no"];
}

function keeping(dataDir: string, ephemeral: boolean): string[] {
  // Under noeviction a full Redis refuses writes; under LRU it would forget a counter and count on from one.
  const always = ["--dir", dataDir, "--save", "", "--maxmemory-policy", "noeviction"];
  return [...always, "--appendonly", ephemeral ? "no" : "yes"];
}
