import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export interface Launched {
  readonly redisPid: number;
  readonly mariadbPid: number;
  readonly redisReused: boolean;
  readonly upAfterMs: number;
}

const ENTRY = fileURLToPath(new URL("../src/index.ts", import.meta.url));

/** A real launcher in a process of its own, so that it can be killed. */
export async function launch(
  dataDir: string,
  afterwards: "stay" | "leave",
  env: NodeJS.ProcessEnv = process.env,
): Promise<[Launched, ChildProcess]> {
  const story = `
    import { openEmbedded } from ${JSON.stringify(ENTRY)};
    const startedAt = performance.now();
    const { redis, mariadb } = await openEmbedded({ dataDir: ${JSON.stringify(dataDir)} });
    const upAfterMs = performance.now() - startedAt;
    console.log(JSON.stringify({ redisPid: redis.pid, mariadbPid: mariadb.pid, redisReused: redis.reused, upAfterMs }));
    ${afterwards === "stay" ? "setInterval(() => {}, 1000);" : ""}
  `;
  const args = ["--import", "tsx", "--input-type=module", "--eval", story];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"], env });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  return [JSON.parse(line.toString()) as Launched, child];
}
