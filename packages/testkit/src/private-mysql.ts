import type { ProxyTarget } from "./open-proxy.js";
import { freePort, type PrivateServer, privateServer } from "./private-server.js";
import { setUp } from "./set-up.js";
import { openTestMariaDb } from "./shared-mysql.js";
import { throwawayFolder } from "./throwaway-folder.js";
import { addressed } from "./throwaway-redis.js";

export interface PrivateMysql extends PrivateServer {
  /** Of the database `headline`, as mysql2 takes it. */
  readonly url: string;
  /** The unix socket, which is open in either case. */
  readonly path: string;
  readonly port: number | undefined;
  /** As `openProxy({ target })` takes it. */
  readonly target: ProxyTarget;
}

/** A MariaDB of the test's own, which keeps what it acknowledged over kill and restart. */
export async function privateMysql(options: { tcp?: boolean; args?: readonly string[] } = {}): Promise<PrivateMysql> {
  const { tcp = false, args = [] } = options;
  const folder = throwawayFolder();
  const port = tcp ? await freePort() : undefined;
  const durable = ["--innodb-flush-log-at-trx-commit=1", "--innodb-buffer-pool-load-at-startup=OFF"];
  let url = "";
  let path = "";
  const start = async () => {
    const mariadb = await openTestMariaDb({ folder, port, args: [...durable, ...args] });
    ({ url, socketPath: path } = mariadb);
    return mariadb;
  };
  const controls = await (args.length > 0
    ? privateServer(start, folder)
    : setUp("MariaDB", () => privateServer(start, folder)));
  const target: ProxyTarget = port === undefined ? { path } : { host: "127.0.0.1", port };
  return addressed<PrivateMysql>(controls, { url, path, port, target });
}
