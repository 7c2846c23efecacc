import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, chownSync, closeSync, existsSync, openSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { Client } from "pg";
import type { Startable } from "./private-server.js";

const VERSIONS = "/usr/lib/postgresql";
/** User and group without rights, as Debian numbers them: PostgreSQL and PgBouncer refuse to run as root. */
const UNPRIVILEGED = 65_534;
const START_MS = 60_000;
const LOOK_EVERY_MS = 10;
/** Port in the name of the unix socket of a server without TCP. */
const SOCKET_PORT = 5_432;

export interface OpenPostgresOptions {
  /** Holds the data and the socket; its user may be another than that of the tests. */
  readonly folder: string;
  /** Also listens on this port of 127.0.0.1, where every user is trusted. */
  readonly port?: number | undefined;
  readonly args?: readonly string[];
}

/** Folder of PostgreSQL's programs, the newest version of Debian's packages; undefined where there is none. */
export function postgresPrograms(): string | undefined {
  if (process.platform !== "linux" || !existsSync(VERSIONS)) return undefined;
  const versions = readdirSync(VERSIONS).sort((a, b) => Number(b) - Number(a));
  return versions.map((version) => join(VERSIONS, version, "bin")).find((bin) => existsSync(join(bin, "initdb")));
}

/** Starts a PostgreSQL on the data in `folder`, which is made first; the server ends with this process. */
export async function openPostgres({ folder, port, args = [] }: OpenPostgresOptions): Promise<Startable> {
  const programs = postgresPrograms();
  if (programs === undefined) throw new Error(`no PostgreSQL below ${VERSIONS}`);
  giveAway(folder);
  const data = join(folder, "data");
  if (!existsSync(join(data, "PG_VERSION"))) {
    const options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--wal-segsize=1"];
    const made = startProgram(join(programs, "initdb"), ["-D", data, "--no-sync", ...options], folder);
    if ((await endOf(made)) !== 0) throw new Error(`initdb failed:\n${logIn(folder)}`);
  }
  const settings = ["fsync=off", "full_page_writes=off", "max_connections=200", "shared_buffers=32MB", "jit=off"];
  const listening = port === undefined ? "listen_addresses=" : "listen_addresses=127.0.0.1";
  const endsAt = performance.now() + START_MS;
  for (;;) {
    const server = startProgram(
      join(programs, "postgres"),
      [
        ...["-D", data, "-k", folder, "-p", String(port ?? SOCKET_PORT)],
        ...[...settings, listening].flatMap((setting) => ["-c", setting]),
        ...args,
      ],
      folder,
    );
    const exited = endOf(server).then(() => {});
    if (await answersBefore(endsAt, postgresSocket(folder, port), exited)) return startable(server, exited);
    server.kill("SIGKILL");
    // After a kill -9 the data belong to processes of the killed server until the last of them has left.
    if (!logIn(folder).includes("still in use") || performance.now() >= endsAt)
      throw new Error(`PostgreSQL did not start; its log ends:\n${logIn(folder)}`);
    await setTimeout(LOOK_EVERY_MS);
  }
}

/** Path of the unix socket of a server in that folder. */
export function postgresSocket(folder: string, port: number = SOCKET_PORT): string {
  return join(folder, `.s.PGSQL.${port}`);
}

/** Runs statements on a connection of its own; returns the rows of the last one. */
export async function askPostgres(
  at: { readonly socket: string; readonly database?: string },
  ...statements: readonly string[]
): Promise<readonly Record<string, unknown>[]> {
  const port = Number(at.socket.split(".").at(-1));
  const database = at.database ?? "postgres";
  const client = new Client({
    host: dirname(at.socket),
    port,
    user: "postgres",
    database,
    connectionTimeoutMillis: 5_000,
  });
  client.on("error", () => {}); // the server may be killed while the connection ends
  await client.connect();
  try {
    let rows: readonly Record<string, unknown>[] = [];
    for (const statement of statements) ({ rows } = await client.query(statement));
    return rows;
  } finally {
    await client.end();
  }
}

/** Starts a program as a user who is not root, with its output in the folder's log; it ends with this process. */
export function startProgram(command: string, args: readonly string[], folder: string): ChildProcess {
  const log = openSync(join(folder, "log.txt"), "w", 0o644);
  try {
    const child = spawn("setpriv", ["--pdeathsig", "KILL", "--", command, ...args], {
      detached: true,
      stdio: ["ignore", log, log],
      cwd: folder,
      env: { ...process.env, LC_ALL: "C", HOME: folder },
      ...(isRoot() && { uid: UNPRIVILEGED, gid: UNPRIVILEGED }),
    });
    return child;
  } finally {
    closeSync(log);
  }
}

/** Makes the folder that of the servers' user, and lets that user pass through the folders above it. */
export function giveAway(folder: string): void {
  chmodSync(folder, 0o700);
  if (!isRoot()) return;
  chownSync(folder, UNPRIVILEGED, UNPRIVILEGED);
  for (let above = dirname(folder); above !== dirname(above); above = dirname(above)) {
    const { mode } = statSync(above);
    if ((mode & 0o001) === 0) chmodSync(above, mode | 0o011);
  }
}

export function logIn(folder: string): string {
  return readFileSync(join(folder, "log.txt"), "utf8").trimEnd().split("\n").slice(-12).join("\n");
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function endOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code));
  });
}

async function answersBefore(endsAt: number, socket: string, exited: Promise<void>): Promise<boolean> {
  let hasExited = false;
  void exited.then(() => {
    hasExited = true;
  });
  while (!hasExited && performance.now() < endsAt) {
    const isThere = await askPostgres({ socket }, "SELECT 1").catch(() => undefined);
    if (isThere !== undefined) return true;
    await setTimeout(LOOK_EVERY_MS);
  }
  return false;
}

function startable(server: ChildProcess, exited: Promise<void>): Startable {
  server.unref(); // a process that has nothing left to do may end, and the server with it
  return {
    pid: server.pid,
    exited,
    async stop() {
      server.ref();
      server.kill("SIGKILL");
      await exited;
    },
  };
}
