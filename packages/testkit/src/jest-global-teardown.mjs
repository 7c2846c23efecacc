import { rmSync } from "node:fs";

/** Ends the MariaDB that jest-global-setup.mjs started, and removes its data. */
export default async function stopSharedMysql() {
  const { folder, opening } = globalThis.headlineSharedMysql;
  const server = await opening;
  await server?.stop();
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}
