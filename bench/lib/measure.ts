import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { cpuUs } from "./server-process.js";

/** Something that answers requests, and the processes whose CPU time that takes. */
export interface Target {
  readonly name: string;
  readonly port: number;
  readonly processes: readonly { readonly name: string; readonly pid: number }[];
}

export interface LoadOptions {
  readonly connections: number;
  readonly seconds: number;
  readonly warmupSeconds: number;
  /** Number of readers that take turns. */
  readonly readers: number;
  /** `{now}` becomes the moment of the request. */
  readonly path: string;
  /** Requests per second; without it, as many as the connections take. */
  readonly ratePerSecond?: number;
}

export interface Measured {
  readonly requests: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failed: number;
  readonly degraded: number;
  readonly bytesPerResponse: number;
  /** CPU time per request of all of the target's processes, and of each, µs. */
  readonly cpuUs: number;
  readonly cpuUsOf: Readonly<Record<string, number>>;
}

const LOAD = fileURLToPath(new URL("load.mjs", import.meta.url));

/** Loads a target and measures what it costs. */
export async function measure(target: Target, options: LoadOptions): Promise<Measured> {
  const child = spawn(process.execPath, [LOAD, JSON.stringify({ port: target.port, ...options })], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const before = new Map<string, number>();
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === "measuring") {
      for (const { name, pid } of target.processes) before.set(name, cpuUs(pid));
      continue;
    }
    const load = JSON.parse(line) as Omit<Measured, "cpuUs" | "cpuUsOf">;
    const cpuUsOf = Object.fromEntries(
      target.processes.map(({ name, pid }) => [name, (cpuUs(pid) - (before.get(name) ?? 0)) / load.requests]),
    );
    return { ...load, cpuUsOf, cpuUs: Object.values(cpuUsOf).reduce((sum, us) => sum + us, 0) };
  }
  throw new Error(`the load of ${target.name} ended without a result`);
}

/** The run in the middle by CPU time: what other work on the machine does least to. */
export function median(runs: readonly Measured[]): Measured {
  return [...runs].sort((a, b) => a.cpuUs - b.cpuUs)[Math.floor(runs.length / 2)] as Measured;
}
