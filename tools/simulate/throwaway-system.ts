import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { migrate } from "@headline/mysql";
import { CloseStack } from "@headline/service/lifecycle";
import { privateMysql, throwawayRedis } from "@headline/testkit";
import { BulkWriter } from "../content/bulk-writer.js";
import { addMissingChannels, sampleChannels } from "../content/channels.js";

export interface System extends AsyncDisposable {
  readonly url: string;
}

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SERVICE_HOST = join(ROOT, "tools/launcher/hosted-service.ts");
const READY_WITHIN_MS = 60_000;
const END_WITHIN_MS = 10_000;
const SECRETS = {
  JWT_SECRET: "the signing secret of a simulation, long enough",
  TRACK_SECRET: "the tracking secret of a simulation, long enough",
};

/** Private servers, a recommendation service and a gateway, each in a process of its own, with the sample's channels and nothing else. */
export async function openThrowawaySystem(): Promise<System> {
  const resources = new CloseStack();
  try {
    const folder = mkdtempSync(join(tmpdir(), "headline-sim-"));
    resources.defer(() => rmSync(folder, { recursive: true, force: true }));
    const mysql = resources.use(await privateMysql());
    const redis = resources.use(await throwawayRedis({ durable: true }));
    await migrate(mysql.url, join(ROOT, "packages/newsroom/migrations"));
    await addChannels(mysql.url);

    const stores = { MYSQL_URL: mysql.url, REDIS_URL: redis.url, LOG_LEVEL: "info", ...SECRETS };
    const address = `unix:${join(folder, "recommendation.sock")}`;
    resources.use(await startService("recommendation", { ...stores, GRPC_ADDRESS: address }));
    const gateway = await startService("gateway", {
      ...stores,
      HOST: "127.0.0.1",
      PORT: "0",
      GRACE_MS: "0",
      SIGN_UPS_PER_HOUR: "1000000",
      WRITES_PER_MINUTE: "off",
      TRUST_PROXY: "1", // each guest says a network of its own
      RECOMMENDER_ADDRESS: address,
    });
    resources.use(gateway);
    return { url: `http://127.0.0.1:${gateway.port}`, [Symbol.asyncDispose]: () => resources.close() };
  } catch (error) {
    await resources.close();
    throw error;
  }
}

async function addChannels(mysqlUrl: string): Promise<void> {
  await using writer = await BulkWriter.open(mysqlUrl);
  await addMissingChannels(writer, sampleChannels());
}

interface Service extends AsyncDisposable {
  /** As its log names it. */
  readonly port: number;
}

/** Runs a service from its source; it ends by itself when this process is gone. */
async function startService(name: string, environment: Record<string, string>): Promise<Service> {
  const child = fork(SERVICE_HOST, [join(ROOT, `services/${name}/src/main.ts`)], {
    cwd: ROOT,
    execArgv: ["--conditions=headline-source", "--import", "tsx"],
    stdio: ["ignore", "pipe", "inherit", "ipc"],
    detached: true, // Ctrl-C is for the simulator, which then ends what it started
  });
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGTERM");
    const overdue = setTimeout(() => child.kill("SIGKILL"), END_WITHIN_MS);
    await exited;
    clearTimeout(overdue);
  };
  try {
    const listening = portInLog(name, child);
    child.send(environment);
    return { port: await listening, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The port of the line `{"msg":"… listens","port":…}`; problems in the log are printed, each once. */
function portInLog(name: string, child: ReturnType<typeof fork>): Promise<number> {
  return new Promise((resolve, reject) => {
    const tail: string[] = [];
    const printed = new Set<string>();
    const fail = (why: string) => reject(new Error(`the ${name} service ${why}\n${tail.slice(-10).join("\n")}`));
    const timer = setTimeout(() => fail(`was not ready within ${READY_WITHIN_MS / 1_000} s`), READY_WITHIN_MS);
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      clearTimeout(timer);
      fail(`ended (${signal ?? code})`);
    });
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
      tail.push(line);
      if (tail.length > 50) tail.shift();
      const wrong = complaintIn(line);
      if (wrong !== undefined && !printed.has(wrong)) process.stderr.write(`${name}: ${wrong}\n`);
      if (wrong !== undefined) printed.add(wrong);
      if (!/"msg":"\w+ listens"/.test(line)) return;
      clearTimeout(timer);
      resolve(Number(/"port":(\d+)/.exec(line)?.[1] ?? 0));
    });
  });
}

/** Error of a log line, or undefined. */
function complaintIn(line: string): string | undefined {
  if (!/"level":[56]0/.test(line)) return undefined;
  const { msg, err } = JSON.parse(line) as { msg: string; err?: { message?: string; stack?: string } };
  const where = err?.stack?.split("\n")[1]?.trim() ?? "";
  return [msg, err?.message, where].filter(Boolean).join(": ");
}
