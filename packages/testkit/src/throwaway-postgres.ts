import { randomBytes } from "node:crypto";
import { existsSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { askPostgres, openPostgres, postgresPrograms, postgresSocket } from "./open-postgres.js";
import { setUp } from "./set-up.js";
import { throwawayFolder } from "./throwaway-folder.js";

export interface ThrowawayPostgres extends AsyncDisposable {
  /** URL of an empty database. */
  readonly url: string;
  readonly database: string;
  /** Unix socket of the server. */
  readonly path: string;
}

/** Reason for which tests on PostgreSQL are skipped here; undefined where they run. */
export const noPostgres: string | undefined =
  postgresPrograms() === undefined ? "PostgreSQL is not installed: apt-get install postgresql" : undefined;

/** Creates an empty database on the PostgreSQL of this process; it is dropped when disposed of. */
export async function throwawayPostgres(): Promise<ThrowawayPostgres> {
  shared ??= setUp("PostgreSQL", sharedSocket);
  const socket = await shared;
  const database = `test_${randomBytes(6).toString("hex")}`;
  await askPostgres({ socket }, `CREATE DATABASE ${database}`);
  return {
    url: postgresUrl(socket, database),
    database,
    path: socket,
    async [Symbol.asyncDispose]() {
      await askPostgres({ socket }, `DROP DATABASE IF EXISTS ${database} WITH (FORCE)`).catch(() => {}); // the server ends soon
    },
  };
}

/** URL of a database behind a unix socket. */
export function postgresUrl(socket: string, database: string): string {
  const port = socket.split(".").at(-1);
  return `postgres://postgres@localhost:${port}/${database}?host=${encodeURIComponent(dirname(socket))}`;
}

let shared: Promise<string> | undefined;

/** Jest loads this module anew for each test file; the folder's name is what they have in common. */
async function sharedSocket(): Promise<string> {
  const folder = throwawayFolder("postgres");
  const socket = postgresSocket(folder);
  if (existsSync(socket)) return socket;
  await openPostgres({ folder, args: ["-c", "synchronous_commit=off", "-c", "autovacuum=off"] });
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return socket;
}
