import { rmSync } from "node:fs";

/** Ends the MariaDB that the global setup offered, if a test wanted it, and removes its data. */
export default async function stopSharedMysql(): Promise<void> {
  if (globalThis.headlineSharedMysql === undefined) return;
  const { folder, opening, watch } = globalThis.headlineSharedMysql;
  clearInterval(watch);
  const server = await opening;
  await server?.stop();
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}
