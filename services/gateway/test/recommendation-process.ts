import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { TRACK_SECRET, type World } from "./open-world.js";

const MAIN = fileURLToPath(new URL("../../recommendation/src/main.ts", import.meta.url));

export interface RecommendationProcess extends AsyncDisposable {
  readonly address: string;
  /** SIGKILL: no drain, no goodbye. */
  kill(): Promise<void>;
  /** Starts again at the same address; resolves when it listens. */
  restart(): Promise<void>;
}

/** The recommendation service as a process of its own. */
export async function startRecommendationProcess(world: World): Promise<RecommendationProcess> {
  let address = "127.0.0.1:0";
  let child: ChildProcess;
  const start = async () => {
    child = spawn(process.execPath, ["--import", "tsx", "--conditions=source", MAIN], {
      env: {
        ...process.env,
        NODE_OPTIONS: "",
        GRPC_ADDRESS: address,
        MYSQL_URL: world.mysqlUrl,
        REDIS_URL: world.redis.url,
        TRACK_SECRET,
        LOG_LEVEL: "info",
      },
      stdio: ["ignore", "pipe", "inherit"],
    });
    address = await listening(child);
  };
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  };
  await start();
  return {
    get address() {
      return address;
    },
    kill,
    restart: start,
    [Symbol.asyncDispose]: kill,
  };
}

async function listening(child: ChildProcess): Promise<string> {
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  return new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the recommendation service ended with ${code}`)));
    lines.on("line", (line) => {
      if (line.includes("recommendation listens")) resolve(JSON.parse(line).address);
    });
  });
}
