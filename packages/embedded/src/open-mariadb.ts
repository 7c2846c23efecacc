import { join, resolve } from "node:path";
import { bootstrapMariaDb, commonArgs, isBootstrapped } from "./bootstrap-mariadb.js";
import { ensureDataFolder } from "./data-folder.js";
import { findServers } from "./find-servers.js";
import { answersMariaDb, runInMariaDb } from "./mariadb-session.js";
import { openServer, type Server } from "./open-server.js";
import type { MariaDbCommand } from "./servers.js";
import { socketFolderOf } from "./socket-folder.js";

export interface OpenMariaDbOptions {
  /** A folder of this server's own; the tables are in its `data`. */
  readonly dataDir: string;
  /** A folder in /tmp made from the data folder's path, unless given. */
  readonly socketDir?: string;
  /** Also listen on 127.0.0.1, for a root without a password; by default only the socket is open, to this user. */
  readonly port?: number;
  /** Created if it is not there; the URL names it. */
  readonly database?: string;
  /** Ends by SIGKILL, its data being worth nothing: for tests. */
  readonly ephemeral?: boolean;
  /** More arguments for mariadbd, such as `--max-connections=500`. */
  readonly args?: readonly string[];
  readonly server?: MariaDbCommand;
  readonly onProgress?: (line: string) => void;
  readonly startWithinMs?: number;
}

export interface EmbeddedMariaDb extends Server, AsyncDisposable {
  /** `mysql://root@localhost/headline?socketPath=…`, or `mysql://root@127.0.0.1:port/headline`, as mysql2 takes them. */
  readonly url: string;
  readonly port: number | undefined;
  /** Creates the database if it is not there, and answers with its URL. */
  createDatabase(name: string): Promise<string>;
  dropDatabase(name: string): Promise<void>;
}

/** A private MariaDB on the data in `dataDir`: the one that runs already, or a new child. */
export async function openMariaDb(options: OpenMariaDbOptions): Promise<EmbeddedMariaDb> {
  const { port, database = "headline", ephemeral = false, startWithinMs = 30_000 } = options;
  const dataDir = resolve(options.dataDir);
  ensureDataFolder(dataDir);
  const server = await openServer({
    name: "mariadb",
    socketFolder: options.socketDir ?? socketFolderOf(dataDir),
    logPath: join(dataDir, "mariadb.log"),
    port,
    ephemeral,
    startWithinMs,
    answers: answersMariaDb,
    prepare: async ({ socketPath }) => {
      const command = options.server ?? (await foundMariaDb(options));
      const tables = join(dataDir, "data");
      if (!isBootstrapped(tables)) await bootstrapMariaDb({ server: command, into: tables });
      const args = [...commonArgs(command, tables), ...listening(socketPath, port), ...UTF8, ...(options.args ?? [])];
      return { server: command, args };
    },
  });
  const createDatabase = async (name: string) => {
    await runInMariaDb(server.socketPath, [`CREATE DATABASE IF NOT EXISTS ${quoted(name)}`]);
    return urlOf(server.socketPath, port, name);
  };
  const url = await createDatabase(database).catch(async (error) => {
    await server.stop();
    throw error;
  });
  return Object.assign(server, {
    url,
    port,
    createDatabase,
    dropDatabase: (name: string) => runInMariaDb(server.socketPath, [`DROP DATABASE IF EXISTS ${quoted(name)}`]),
    [Symbol.asyncDispose]: () => server.stop(),
  });
}

// A collation that MySQL has too, and one time zone whatever the machine's.
const UTF8 = ["--character-set-server=utf8mb4", "--collation-server=utf8mb4_unicode_ci", "--default-time-zone=+00:00"];

async function foundMariaDb({ onProgress = () => {} }: OpenMariaDbOptions): Promise<MariaDbCommand> {
  return (await findServers({ needs: ["mariadb"], onProgress })).mariadb;
}

function listening(socketPath: string, port: number | undefined): string[] {
  // Without name resolution, or each TCP connection waits for the reverse DNS of 127.0.0.1.
  const tcp = port === undefined ? ["--skip-networking"] : [`--port=${port}`, "--bind-address=127.0.0.1"];
  return [`--socket=${socketPath}`, `--pid-file=${socketPath}.pid`, "--skip-name-resolve", ...tcp, "--log-warnings=1"];
}

function quoted(name: string): string {
  if (!/^[A-Za-z0-9_$-]{1,64}$/.test(name)) throw new Error(`${name} is no name for a database`);
  return `\`${name}\``;
}

function urlOf(socketPath: string, port: number | undefined, database: string): string {
  return port === undefined
    ? `mysql://root@localhost/${database}?socketPath=${encodeURIComponent(socketPath)}`
    : `mysql://root@127.0.0.1:${port}/${database}`;
}
