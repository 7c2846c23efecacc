import { rmSync } from "node:fs";

/** Ends the MariaDB that jest-global-setup.mjs offered, if anybody wanted it, and removes its data. */
export default async function stopSharedMysql() {
  const { folder, opening, watch } = globalThis.headlineSharedMysql;
  clearInterval(watch);
  const server = await opening;
  await server?.stop();
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}
