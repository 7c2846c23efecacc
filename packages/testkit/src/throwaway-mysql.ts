import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { answersMariaDb, runInMariaDb } from "@headline/embedded";
import { eventually } from "./eventually.js";
import { setUp } from "./set-up.js";
import { openSharedMysql } from "./shared-mysql.js";
import { throwawayFolder } from "./throwaway-folder.js";

export interface ThrowawayMysql extends AsyncDisposable {
  /** As mysql2 takes it; the database is empty. */
  readonly url: string;
  readonly database: string;
}

/** An empty database of the test's own on the MariaDB that the whole run shares; gone when disposed of. */
export async function throwawayMysql(): Promise<ThrowawayMysql> {
  const socketPath = await sharedSocket();
  const database = `test_${randomBytes(6).toString("hex")}`;
  await runInMariaDb(socketPath, [`CREATE DATABASE ${database}`]);
  return {
    url: `mysql://root@localhost/${database}?socketPath=${encodeURIComponent(socketPath)}`,
    database,
    [Symbol.asyncDispose]: () => drop(socketPath, database),
  };
}

async function drop(socketPath: string, database: string): Promise<void> {
  // A transaction left open would lock the tables; the server ends soon, so it is not waited for.
  await runInMariaDb(socketPath, ["SET lock_wait_timeout = 1", `DROP DATABASE IF EXISTS ${database}`]).catch(() => {});
}

let ready: Promise<string> | undefined;

/** The server of Jest's global setup, or without one a server of this process's. */
function sharedSocket(): Promise<string> {
  const url = process.env["HEADLINE_TEST_MYSQL_URL"];
  ready ??= setUp("MariaDB", () =>
    url === undefined ? ownSocket() : answering(new URL(url).searchParams.get("socketPath") ?? ""),
  );
  return ready;
}

/** The setup starts the server when it finds the file `wanted`. */
async function answering(socketPath: string): Promise<string> {
  const folder = dirname(socketPath);
  const failure = join(folder, "failure.txt");
  writeFileSync(join(folder, "wanted"), "");
  await eventually(
    async () => {
      if (existsSync(failure)) return;
      if (!(await answersMariaDb(socketPath))) throw new Error(`no MariaDB answers at ${socketPath}`);
    },
    { withinMs: 60_000, everyMs: 5 },
  );
  if (existsSync(failure)) throw new Error(readFileSync(failure, "utf8"));
  return socketPath;
}

/** Jest loads this module anew for each test file; the folder's name is what they have in common. */
async function ownSocket(): Promise<string> {
  const folder = throwawayFolder("shared");
  const server = await openSharedMysql(folder);
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return server.socketPath;
}
