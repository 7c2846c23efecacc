import { existsSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { EmbeddedMariaDb } from "@headline/embedded";

/** The server of a run, as the global setup of Jest leaves it to the teardown. */
export interface OfferedMysql {
  readonly folder: string;
  opening: Promise<EmbeddedMariaDb | undefined> | undefined;
  watch: NodeJS.Timeout | undefined;
}

declare global {
  var headlineSharedMysql: OfferedMysql | undefined;
}

/**
 * Offers the MariaDB that all tests of this run share. Its URL is known at once, and it starts when the first test
 * wants it, as a child of Jest's main process: a run that needs no database pays nothing. HEADLINE_TEST_MYSQL_SOCKET names
 * the socket of another server, MySQL perhaps, whose root has no password; the tests then share that one.
 */
export default function offerSharedMysql(): void {
  const folder = mkdtempSync(join(tmpdir().length > 50 ? "/tmp" : tmpdir(), `headline-test-${process.pid}-`));
  const socketPath = encodeURIComponent(join(folder, "mariadb.sock"));
  process.env["HEADLINE_TEST_MYSQL_URL"] = `mysql://root@localhost/?socketPath=${socketPath}`;

  const given = process.env["HEADLINE_TEST_MYSQL_SOCKET"];
  if (given) symlinkSync(given, join(folder, "mariadb.sock"));

  const offered: OfferedMysql = { folder, opening: undefined, watch: undefined };
  offered.watch = setInterval(() => {
    if (given || !existsSync(join(folder, "wanted"))) return;
    clearInterval(offered.watch);
    offered.opening = open(folder).catch((error: Error) => {
      writeFileSync(join(folder, "failure.txt"), `the tests' server did not start: ${error.message}`);
      return undefined;
    });
  }, 5).unref();
  globalThis.headlineSharedMysql = offered;
}

/** Jest loads a global setup without its own conditions and mappings; tsx knows the sources. */
async function open(folder: string): Promise<EmbeddedMariaDb> {
  // biome-ignore lint/correctness/noUndeclaredDependencies: the workspace's own runner, which every package is developed with
  const { tsImport } = await import("tsx/esm/api");
  const tsconfig = fileURLToPath(new URL("../tsconfig.jest.json", import.meta.url));
  const shared = await tsImport("./shared-mysql.ts", { parentURL: import.meta.url, tsconfig });
  return await shared.openSharedMysql(folder);
}
