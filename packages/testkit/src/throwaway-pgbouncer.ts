import { existsSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Client } from "pg";
import { eventually } from "./eventually.js";
import { giveAway, startProgram } from "./open-postgres.js";
import { freePort } from "./private-server.js";
import { throwawayFolder } from "./throwaway-folder.js";

const PROGRAM = "/usr/sbin/pgbouncer";

export interface ThrowawayPgBouncer extends AsyncDisposable {
  /** URL of the database behind the pooler. */
  readonly url: string;
}

/** Reason for which tests on PgBouncer are skipped here; undefined where they run. */
export const noPgBouncer: string | undefined = existsSync(PROGRAM)
  ? undefined
  : "PgBouncer is not installed: apt-get install pgbouncer";

/** Starts a PgBouncer in front of a database behind a unix socket. */
export async function throwawayPgBouncer(
  server: { readonly path: string; readonly database: string },
  { pooling }: { readonly pooling: "transaction" | "session" },
): Promise<ThrowawayPgBouncer> {
  const folder = throwawayFolder();
  giveAway(folder);
  const [port, serverPort] = [await freePort(), server.path.split(".").at(-1)];
  const settings = join(folder, "pgbouncer.ini");
  writeFileSync(
    settings,
    `[databases]
${server.database} = host=${dirname(server.path)} port=${serverPort} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = ${pooling}
`,
    { mode: 0o644 },
  );
  const bouncer = startProgram(PROGRAM, [settings], folder);
  bouncer.unref();
  const url = `postgres://postgres@127.0.0.1:${port}/${server.database}`;
  await eventually(() => answer(url));
  return {
    url,
    async [Symbol.asyncDispose]() {
      bouncer.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function answer(url: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on("error", () => {}); // said by connect() as well
  await client.connect();
  await client.query("SELECT 1");
  await client.end();
}
