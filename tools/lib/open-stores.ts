import { join, resolve } from "node:path";
import { findServers, openMariaDb, openRedis, socketFolderOf } from "@headline/embedded";
import { migrate, mysqlInWords } from "@headline/mysql";
import { mysqlUrl, readConfig, redisUrl } from "@headline/service/config";
import { CloseStack } from "@headline/service/lifecycle";
import { z } from "zod";
import { root } from "./root.js";

export interface Stores extends AsyncDisposable {
  readonly mysqlUrl: string;
  readonly redisUrl: string;
}

const Environment = z.object({
  MYSQL_URL: mysqlUrl.optional(),
  REDIS_URL: redisUrl.optional(),
  HEADLINE_DATA_DIR: z.string().optional(),
});

/** MySQL and Redis as `npm start` uses them, running or not, with the schema current. */
export async function openStores(env: NodeJS.ProcessEnv, onProgress: (line: string) => void): Promise<Stores> {
  const stack = new CloseStack();
  try {
    const config = readConfig(Environment, env);
    const dataDir = config.HEADLINE_DATA_DIR === undefined ? join(root, ".data") : resolve(config.HEADLINE_DATA_DIR);
    const socketDir = socketFolderOf(dataDir);
    const mysqlUrl = config.MYSQL_URL ?? stack.use(await mariaDb(dataDir, socketDir, onProgress)).url;
    const redisUrl = config.REDIS_URL ?? stack.use(await redis(dataDir, socketDir, onProgress)).url;
    await migrate(mysqlUrl, join(root, "packages/newsroom/migrations"));
    return { mysqlUrl, redisUrl, [Symbol.asyncDispose]: () => stack.close() };
  } catch (error) {
    await stack.close();
    throw error;
  }
}

/** Ends a script with the reason of a failure: in words where MySQL fails, which name the variable and not its value. */
export function endInWords(error: unknown): never {
  const unforeseen = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${mysqlInWords("MYSQL_URL", error) ?? unforeseen}\n`);
  process.exit(1);
}

async function mariaDb(dataDir: string, socketDir: string, onProgress: (line: string) => void) {
  const { mariadb: server } = await findServers({ needs: ["mariadb"], onProgress });
  return openMariaDb({ dataDir: join(dataDir, "mariadb"), socketDir, server });
}

async function redis(dataDir: string, socketDir: string, onProgress: (line: string) => void) {
  const { redis: server } = await findServers({ needs: ["redis"], onProgress });
  return openRedis({ dataDir: join(dataDir, "redis"), socketDir, server });
}
