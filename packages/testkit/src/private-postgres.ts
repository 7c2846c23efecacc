import { readFileSync } from "node:fs";
import { openPostgres, postgresSocket } from "./open-postgres.js";
import type { ProxyTarget } from "./open-proxy.js";
import { freePort, type PrivateServer, privateServer } from "./private-server.js";
import { setUp } from "./set-up.js";
import { throwawayFolder } from "./throwaway-folder.js";
import { postgresUrl } from "./throwaway-postgres.js";
import { addressed } from "./throwaway-redis.js";

export interface PrivatePostgres extends PrivateServer {
  /** URL of the database `postgres`. */
  readonly url: string;
  /** The unix socket, which is open in either case. */
  readonly path: string;
  readonly port: number | undefined;
  /** As `openProxy({ target })` takes it. */
  readonly target: ProxyTarget;
}

/** A PostgreSQL of the test's own, which keeps what it acknowledged over kill and restart. */
export async function privatePostgres(
  options: { tcp?: boolean; args?: readonly string[] } = {},
): Promise<PrivatePostgres> {
  const { tcp = false, args = [] } = options;
  const folder = throwawayFolder();
  const port = tcp ? await freePort() : undefined;
  const path = postgresSocket(folder, port);
  const start = () => openPostgres({ folder, port, args });
  const controls = await setUp("PostgreSQL", () => privateServer(start, folder));
  const target: ProxyTarget = port === undefined ? { path } : { host: "127.0.0.1", port };
  const url = port === undefined ? postgresUrl(path, "postgres") : `postgres://postgres@127.0.0.1:${port}/postgres`;
  return addressed<PrivatePostgres>(withChildren(controls), { url, path, port, target });
}

/** Stops a server with its sessions, which are processes of their own. */
function withChildren(controls: PrivateServer): PrivateServer {
  const { pause } = controls;
  const children = () => readFileSync(`/proc/${controls.pid}/task/${controls.pid}/children`, "latin1").split(" ");
  const signalChildren = (signal: NodeJS.Signals) => {
    for (const pid of children().filter(Boolean)) process.kill(Number(pid), signal);
  };
  return Object.assign(controls, {
    pause() {
      pause();
      signalChildren("SIGSTOP");
    },
    resume() {
      signalChildren("SIGCONT");
      process.kill(controls.pid, "SIGCONT");
    },
  });
}
