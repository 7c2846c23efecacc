import type { ServerName } from "./servers.js";

const DISPLAY: Record<ServerName, string> = { redis: "Redis", mariadb: "MariaDB" };

/** No server to be had: the message names the three ways out. */
export class ServersNotFound extends Error {
  override readonly name = "ServersNotFound";

  constructor(missing: readonly ServerName[], unpackFailure?: Error) {
    const what = missing.map((name) => DISPLAY[name]).join(" and ");
    const tried = unpackFailure === undefined ? "" : ` (tried to unpack Debian packages: ${unpackFailure.message})`;
    super(
      `${what} not found.${tried} Do one of these:
  docker compose up --wait        (instead of npm start)
  sudo apt-get install -y redis-tools mariadb-server-core        (macOS: brew install redis mariadb), then npm start
  REDIS_URL=redis://host:6379 MYSQL_URL=mysql://user:pw@host:3306/headline npm start`,
      unpackFailure === undefined ? undefined : { cause: unpackFailure },
    );
  }
}
