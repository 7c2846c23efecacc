import { existsSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Offers the MariaDB that all tests of this run share. Its URL is known at once, and it starts when the first test
 * wants it, as a child of Jest's main process: a run that needs no database pays nothing. HEADLINE_TEST_MYSQL_SOCKET names
 * the socket of another server, MySQL perhaps, whose root has no password; the tests then share that one.
 */
export default function offerSharedMysql() {
  const folder = mkdtempSync(join(tmpdir().length > 50 ? "/tmp" : tmpdir(), `headline-test-${process.pid}-`));
  const socketPath = encodeURIComponent(join(folder, "mariadb.sock"));
  process.env.HEADLINE_TEST_MYSQL_URL = `mysql://root@localhost/?socketPath=${socketPath}`;

  const given = process.env.HEADLINE_TEST_MYSQL_SOCKET;
  if (given) symlinkSync(given, join(folder, "mariadb.sock"));

  const shared = { folder, opening: undefined, watch: undefined };
  shared.watch = setInterval(() => {
    if (given || !existsSync(join(folder, "wanted"))) return;
    clearInterval(shared.watch);
    shared.opening = open(folder).catch((error) => {
      writeFileSync(join(folder, "failure.txt"), `the tests' server did not start: ${error.message}`);
    });
  }, 5).unref();
  globalThis.headlineSharedMysql = shared;
}

/** Jest resolves what a global setup imports without its own conditions and mappings; tsx knows the sources. */
async function open(folder) {
  // biome-ignore lint/correctness/noUndeclaredDependencies: the workspace's own runner, which every package is developed with
  const { tsImport } = await import("tsx/esm/api");
  const tsconfig = fileURLToPath(new URL("../tsconfig.jest.json", import.meta.url));
  const { openSharedMysql } = await tsImport("./shared-mysql.ts", { parentURL: import.meta.url, tsconfig });
  return await openSharedMysql(folder);
}
