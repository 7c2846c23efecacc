import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { eventually } from "@headline/testkit";
import { JWT_SECRET, PATIENT_PAGE_MS, TRACK_SECRET } from "../../gateway/test/open-world.js";
import { bundledService } from "../../gateway/test/service-bundle.js";
import type { Site } from "./open-site.js";

/** A gateway as a process of its own, at an address that it keeps. */
export interface GatewayProcess extends AsyncDisposable {
  readonly url: string;
  start(): Promise<void>;
  end(signal: "SIGTERM" | "SIGKILL"): Promise<void>;
}

export async function startGateway({ world, assets }: Site, recommenderAddress: string): Promise<GatewayProcess> {
  const [main, port] = await Promise.all([bundledService("gateway"), freePort()]);
  const url = `http://127.0.0.1:${port}`;
  const env = {
    ...process.env,
    NODE_OPTIONS: "",
    LOG_LEVEL: "silent",
    HOST: "127.0.0.1",
    PORT: String(port),
    MYSQL_URL: world.mysqlUrl,
    REDIS_URL: world.redis.url,
    RECOMMENDER_ADDRESS: recommenderAddress,
    ASSETS: assets.join(":"),
    GRACE_MS: "0",
    PAGE_BUDGET_MS: String(PATIENT_PAGE_MS),
    JWT_SECRET,
    TRACK_SECRET,
  };
  let child: ChildProcess | undefined;
  const start = async () => {
    child = spawn(process.execPath, [main], { env, stdio: "ignore" });
    await eventually(async () => void (await fetch(`${url}/healthz`)), { withinMs: 30_000, everyMs: 50 });
  };
  const end = async (signal: NodeJS.Signals) => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
  };
  await start();
  return { url, start, end, [Symbol.asyncDispose]: () => end("SIGKILL") };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}
