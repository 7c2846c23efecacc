import { constants, cpSync, existsSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import {
  bootstrapMariaDb,
  cacheFolder,
  type EmbeddedMariaDb,
  findServers,
  type MariaDbCommand,
  openMariaDb,
} from "@headline/embedded";

/** Nothing reaches the disk in time, and nothing needs to: the data dies with the tests. */
const CARELESS = [
  "--innodb-flush-log-at-trx-commit=0",
  "--skip-innodb-doublewrite",
  "--innodb-flush-method=nosync",
  "--innodb-buffer-pool-load-at-startup=OFF",
  "--innodb-buffer-pool-size=64M",
  "--max-connections=1000",
  "--table-open-cache=1000",
];

/** The one MariaDB of a test run, in a folder of its own. */
export async function openSharedMysql(folder: string): Promise<EmbeddedMariaDb> {
  return openTestMariaDb({ folder, args: CARELESS });
}

/** A MariaDB for tests: its system tables are copied from a template instead of made each time. */
export async function openTestMariaDb(options: {
  folder: string;
  args: readonly string[];
  port?: number | undefined;
}): Promise<EmbeddedMariaDb> {
  const { folder, args, port } = options;
  const { mariadb: server } = await findServers({ needs: ["mariadb"] });
  if (!existsSync(join(folder, "data"))) copyOf(await templateFor(server), join(folder, "data"));
  return openMariaDb({
    dataDir: folder,
    socketDir: folder,
    ephemeral: true,
    server,
    args,
    ...(port !== undefined && { port }),
  });
}

/** Made once for each build of the server; two runs at once both make it, and one of the two is kept. */
async function templateFor(server: MariaDbCommand): Promise<string> {
  const { size, mtimeMs } = statSync(server.command);
  const template = join(cacheFolder(), "test-templates", `mariadb-${size}-${Math.round(mtimeMs)}`);
  if (!existsSync(join(template, ".ready"))) await bootstrapMariaDb({ server, into: template });
  return template;
}

function copyOf(template: string, into: string): void {
  const part = `${into}.part`;
  rmSync(part, { recursive: true, force: true });
  cpSync(template, part, { recursive: true, mode: constants.COPYFILE_FICLONE });
  rmSync(into, { recursive: true, force: true });
  renameSync(part, into);
}
