/**
 * `npm run correct-statistics`: compares every counter of MYSQL_URL and REDIS_URL with the truth and repairs it; without them,
 * those of the private servers of `npm start`, whether that runs or not.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { commandLine } from "../lib/command-line.js";
import { endInWords, openStores } from "../lib/open-stores.js";

commandLine({
  usage: `npm run correct-statistics

Compares every counter with the truth and repairs it: of MYSQL_URL and REDIS_URL, or of the private servers of npm start.`,
});
const COMMAND = fileURLToPath(
  new URL("../../packages/newsroom/src/statistics/correct-statistics.main.ts", import.meta.url),
);

await correct().catch(endInWords);

async function correct(): Promise<void> {
  await using stores = await openStores(process.env, (line) => void process.stderr.write(`${line}\n`));
  const child = spawn(process.execPath, ["--import", "tsx", "--conditions=headline-source", COMMAND], {
    stdio: "inherit",
    env: { ...process.env, MYSQL_URL: stores.mysqlUrl, REDIS_URL: stores.redisUrl },
  });
  const [code] = await once(child, "exit");
  process.exitCode = code ?? 1;
}
