import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { MariaDbCommand } from "./servers.js";

export interface BootstrapOptions {
  readonly server: MariaDbCommand;
  /** The folder that shall hold the data; it appears complete or not at all. */
  readonly into: string;
  readonly withinMs?: number;
}

const SYSTEM_SQL = ["system_tables", "performance_tables", "system_tables_data"];

/** Small logs: InnoDB's default of 96 MB would be most of the folder, and most of the time to make it. */
export const SMALL_LOGS = ["--innodb-log-file-size=16M", "--aria-log-file-size=8M"];

/** Creates MariaDB's system tables with a root that needs no password; mariadb-install-db needs packages we do without. */
export async function bootstrapMariaDb({ server, into, withinMs = 60_000 }: BootstrapOptions): Promise<void> {
  const part = `${into}.part-${process.pid}`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true, mode: 0o700 });
  try {
    await feed(server, part, bootstrapSql(server), withinMs);
    writeFileSync(join(part, ".ready"), "the system tables are complete\n");
    renameSync(part, into);
  } catch (error) {
    if (!isBootstrapped(into)) throw error; // else another process was first, which is as good
  } finally {
    for (const folder of [part, `${part}.tmp`]) rmSync(folder, { recursive: true, force: true });
  }
}

export function isBootstrapped(dataDir: string): boolean {
  return existsSync(join(dataDir, ".ready"));
}

/**
 * Arguments of every start. An unpacked tree is not where MariaDB was built to be; and a server that starts
 * removes the temporary tables it finds in its tmpdir, so no two may share one.
 */
export function commonArgs({ shareDir }: MariaDbCommand, dataDir: string): string[] {
  const tmpDir = `${dataDir}.tmp`;
  mkdirSync(tmpDir, { recursive: true, mode: 0o700 });
  return [
    "--no-defaults", // must come first
    `--datadir=${dataDir}`,
    `--tmpdir=${tmpDir}`,
    `--lc-messages-dir=${shareDir}`,
    `--character-sets-dir=${join(shareDir, "charsets")}`,
    ...SMALL_LOGS,
    ...(process.getuid?.() === 0 ? ["--user=root"] : []),
  ];
}

function bootstrapSql({ shareDir }: MariaDbCommand): string {
  const files = SYSTEM_SQL.map((name) =>
    [`mysql_${name}.sql`, `mariadb_${name}.sql`].map((file) => join(shareDir, file)).find((path) => existsSync(path)),
  );
  const system = files
    .filter((path) => path !== undefined)
    .map((path) => readFileSync(path, "utf8"))
    .join("\n")
    // Rights for root at this host's name: looked up in DNS, and of no use to a private server.
    .replace(/^.*@current_hostname.*$/gm, "");
  // The bootstrap reader takes one statement a line.
  return `CREATE DATABASE IF NOT EXISTS mysql;\nUSE mysql;\nSET @auth_root_socket=NULL;\n${system}\n`;
}

function feed(server: MariaDbCommand, dataDir: string, sql: string, withinMs: number): Promise<void> {
  const args = [
    ...commonArgs(server, dataDir),
    "--bootstrap",
    "--innodb-flush-log-at-trx-commit=0",
    "--skip-innodb-doublewrite",
  ];
  return new Promise((resolve, reject) => {
    const child = spawn(server.command, args, {
      stdio: ["pipe", "ignore", "pipe"],
      env: { ...process.env, ...server.env },
      timeout: withinMs,
    });
    let log = "";
    child.stderr.setEncoding("utf8").on("data", (text) => {
      log = `${log}${text}`.slice(-4_000);
    });
    child.stdin.on("error", () => {}); // a server that ends early says why in its log
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (code === 0) return resolve();
      const tail = log.trimEnd().split("\n").slice(-5).join("\n  ");
      reject(new Error(`mariadb could not create its system tables (${signal ?? `exit code ${code}`}):\n  ${tail}`));
    });
    child.stdin.end(sql);
  });
}
