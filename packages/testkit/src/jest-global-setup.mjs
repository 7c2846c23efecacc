import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
// biome-ignore lint/correctness/noUndeclaredDependencies: the workspace's own runner, which every package is developed with
import { tsImport } from "tsx/esm/api";

/**
 * Starts the MariaDB that all tests of this run share, beside the first tests and not before them: its URL is known
 * at once, and throwawayMysql waits until it answers. Plain JavaScript, because Jest resolves a global setup without
 * its own conditions and mappings.
 */
export default async function startSharedMysql() {
  const tsconfig = fileURLToPath(new URL("../tsconfig.jest.json", import.meta.url));
  const { openSharedMysql, sharedMysqlUrl, throwawayFolder } = await tsImport("./shared-mysql.ts", {
    parentURL: import.meta.url,
    tsconfig,
  });
  const folder = throwawayFolder();
  process.env.HEADLINE_TEST_MYSQL_URL = sharedMysqlUrl(folder);
  const opening = openSharedMysql(folder).catch((error) => {
    writeFileSync(`${folder}/failure.txt`, `the tests' MariaDB did not start: ${error.message}`);
  });
  globalThis.headlineSharedMysql = { folder, opening };
}
