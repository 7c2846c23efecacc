import { openRedis } from "@headline/embedded";
import type { ProxyTarget } from "./open-proxy.js";
import { freePort, type PrivateServer, privateServer } from "./private-server.js";
import { setUp } from "./set-up.js";
import { throwawayFolder } from "./throwaway-folder.js";

export interface ThrowawayRedisOptions {
  /** Listen on a free port of 127.0.0.1 as well; `url` and `target` then name it. */
  readonly tcp?: boolean;
  /** Keep the data over kill and restart, in an append-only file written, though not forced to the disk, at each command: what kill -9 leaves. */
  readonly durable?: boolean;
  /** More arguments for redis-server, such as `--maxmemory 2mb`. */
  readonly args?: readonly string[];
}

export interface ThrowawayRedis extends PrivateServer {
  /** As `new Redis(url)` takes it: the socket's plain path, or `redis://127.0.0.1:port`. */
  readonly url: string;
  /** The unix socket, which is open in either case. */
  readonly path: string;
  readonly port: number | undefined;
  /** As `openProxy({ target })` takes it. */
  readonly target: ProxyTarget;
}

/** An empty Redis of the test's own, up in about 30 ms. */
export async function throwawayRedis({ tcp = false, durable = false, args = [] }: ThrowawayRedisOptions = {}) {
  const folder = throwawayFolder();
  const port = tcp ? await freePort() : undefined;
  const lasting = durable ? ["--appendonly", "yes", "--appendfsync", "everysec"] : [];
  let url = "";
  let path = "";
  const start = async () => {
    const redis = await openRedis({
      dataDir: folder,
      socketDir: folder,
      ephemeral: true,
      args: [...lasting, ...args],
      ...(port !== undefined && { port }),
    });
    ({ url, socketPath: path } = redis);
    return redis;
  };
  // Arguments of a test's own are the test's to get wrong.
  const controls = await (args.length > 0
    ? privateServer(start, folder)
    : setUp("Redis", () => privateServer(start, folder)));
  const target: ProxyTarget = port === undefined ? { path } : { host: "127.0.0.1", port };
  return addressed<ThrowawayRedis>(controls, { url, path, port, target });
}

/** The controls keep their `pid`, which changes. */
export function addressed<T extends PrivateServer>(controls: PrivateServer, address: Omit<T, keyof PrivateServer>): T {
  return Object.assign(controls, address) as T;
}
