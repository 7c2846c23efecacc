import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { JWT_SECRET, PATIENT_PAGE_MS, PATIENT_RECOMMENDER, TRACK_SECRET, type World } from "./open-world.js";
import { bundledService } from "./service-bundle.js";

/** A service as a process of its own. */
export interface ServiceProcess extends AsyncDisposable {
  /** SIGTERM: it drains. Answers with how the process ended: 0 when all was well. */
  stop(): Promise<number | null>;
  /** SIGKILL: no drain, no goodbye. */
  kill(): Promise<void>;
  /** Starts again; resolves when it listens. */
  restart(): Promise<void>;
}

export interface RecommendationProcess extends ServiceProcess {
  /** The same after a restart. */
  readonly address: string;
}

export interface GatewayProcess extends ServiceProcess {
  /** Another one after a restart, as a new pod has. */
  readonly url: string;
}

export async function startRecommendationProcess(world: World, env: Environment = {}): Promise<RecommendationProcess> {
  let address = "127.0.0.1:0";
  const service = await startService("recommendation", async (start) => {
    const said = await start({
      GRPC_ADDRESS: address,
      MYSQL_URL: world.mysqlUrl,
      REDIS_URL: world.redis.url,
      TRACK_SECRET,
      REDIS_TIMEOUT_MS: String(PATIENT_RECOMMENDER.redisTimeoutMs),
      READER_TIMEOUT_MS: String(PATIENT_RECOMMENDER.readerTimeoutMs),
      ...env,
    });
    address = String(said["address"]);
  });
  return Object.defineProperty(service as RecommendationProcess, "address", { get: () => address });
}

export async function startGatewayProcess(
  world: World,
  {
    recommenderAddress,
    stateRedisUrl,
    env = {},
  }: { recommenderAddress: string; stateRedisUrl?: string; env?: Environment },
): Promise<GatewayProcess> {
  let url = "";
  const service = await startService("gateway", async (start) => {
    const said = await start({
      HOST: "127.0.0.1",
      PORT: "0",
      MYSQL_URL: world.mysqlUrl,
      REDIS_URL: world.redis.url,
      RECOMMENDER_ADDRESS: recommenderAddress,
      ...(stateRedisUrl !== undefined && { REDIS_STATE_URL: stateRedisUrl }),
      JWT_SECRET,
      TRACK_SECRET,
      WRITES_PER_MINUTE: "off",
      PAGE_BUDGET_MS: String(PATIENT_PAGE_MS),
      ...env,
    });
    url = `http://127.0.0.1:${said["port"]}`;
  });
  return Object.defineProperty(service as GatewayProcess, "url", { get: () => url });
}

export interface JobsProcess extends ServiceProcess {
  /** Another one after a restart. */
  readonly url: string;
}

export async function startJobsProcess(world: World, env: Environment = {}): Promise<JobsProcess> {
  let url = "";
  const service = await startService("jobs", async (start) => {
    const said = await start({
      HOST: "127.0.0.1",
      JOBS_PORT: "0",
      MYSQL_URL: world.mysqlUrl,
      REDIS_URL: world.redis.url,
      RECOMMENDER_ADDRESS: "127.0.0.1:1",
      JWT_SECRET,
      ...env,
    });
    url = `http://127.0.0.1:${said["port"]}`;
  });
  return Object.defineProperty(service as JobsProcess, "url", { get: () => url });
}

type Name = "gateway" | "recommendation" | "jobs";
type Environment = Record<string, string>;
type Said = Record<string, unknown>;

/** A service's process, which need not listen yet; `says` resolves with the line of its log that contains `text`. */
export async function spawnService(name: Name, env: Environment) {
  const main = await bundledService(name);
  const child = spawn(process.execPath, [main], {
    env: { ...process.env, NODE_OPTIONS: "", LOG_LEVEL: "info", ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  return { child, says: (text: string) => saying(child, name, text) };
}

async function startService(
  name: Name,
  open: (start: (env: Environment) => Promise<Said>) => Promise<void>,
): Promise<ServiceProcess> {
  let child: ChildProcess;
  const start = () =>
    open(async (env) => {
      const spawned = await spawnService(name, env);
      child = spawned.child;
      return spawned.says(`${name} listens`);
    });
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, "exit");
      child.kill(signal);
      await exited;
    }
    return child.exitCode;
  };
  const kill = async () => void (await end("SIGKILL"));
  await start();
  return { stop: () => end("SIGTERM"), kill, restart: start, [Symbol.asyncDispose]: kill };
}

function saying(child: ChildProcess, name: Name, text: string): Promise<Said> {
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  return new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the ${name} service ended with ${code}`)));
    lines.on("line", (line) => {
      if (process.env["TEST_LOG"] !== undefined) console.log(line);
      if (line.includes(text)) resolve(JSON.parse(line));
    });
  });
}
