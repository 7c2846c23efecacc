import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { cpuUs } from "../lib/server-process.js";

/** Request to load.ts. */
export interface LoadRequest {
  readonly address: string;
  readonly readers: number;
  readonly connections: number;
  readonly seconds: number;
  readonly warmupSeconds: number;
  /** Calls per second that begin when they are due; without it, one in flight on each connection. */
  readonly ratePerSecond?: number;
  /** Calls for user 0: no reader, no history. */
  readonly anonymous: boolean;
  /** Every reader refreshes once, over the stream, and nothing is measured; for whom which algorithm chose goes into this file. */
  readonly eachInto?: string;
  /** Only for the readers whose ids are in this file. */
  readonly onlyOf?: string;
  /** Where in the row of readers to begin. */
  readonly skip: number;
}

export interface Calls {
  readonly calls: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failed: number;
  /** Pages of fewer than ten articles. */
  readonly short: number;
  /** CPU time of the recommendation service, for each call and what it did besides, µs. */
  readonly cpuUs: number;
}

const LOAD = fileURLToPath(new URL("load.ts", import.meta.url));

/** Loads the service at `address`, whose process is `pid`. */
export async function measureCalls(pid: number, request: LoadRequest): Promise<Calls> {
  const args = ["--import", "tsx", "--conditions=headline-source", LOAD, JSON.stringify(request)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  let before = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === "measuring") {
      before = cpuUs(pid);
      continue;
    }
    const result = JSON.parse(line) as Omit<Calls, "cpuUs">;
    return { ...result, cpuUs: (cpuUs(pid) - before) / result.calls };
  }
  throw new Error(`the load ended without a result: ${(await exited).join(" ")}`);
}
