import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { cpuUs } from "./server-process.js";

/** Process whose CPU time belongs to a target, and where its metrics are read. */
export interface MeasuredProcess {
  readonly name: string;
  readonly pid: number;
  readonly metricsUrl?: string | undefined;
}

/** Server under load, with all processes that work for it. */
export interface Target {
  readonly name: string;
  readonly port: number;
  readonly processes: readonly MeasuredProcess[];
}

/** Callers in turn: guests by number, or Authorization headers of a file, a line each. */
export interface Callers {
  readonly file?: string;
  readonly from: number;
  readonly count: number;
}

export interface LoadOptions {
  readonly connections: number;
  /** Requests before anything is measured. */
  readonly warmup: number;
  /** Requests that are measured. */
  readonly requests: number;
  readonly callers: Callers;
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
  /** Pages that were made without a fact about the reader, which was not read in time. */
  readonly incomplete: number;
  readonly bytesPerResponse: number;
  /** CPU time per request of all of the target's processes, and of each, µs. */
  readonly cpuUs: number;
  readonly cpuUsOf: Readonly<Record<string, number>>;
  /** Longest turn of the event loop in each process with metrics, ms; the histogram behind it counts in steps of 10. */
  readonly turnMsOf: Readonly<Record<string, number>>;
}

const LOAD = fileURLToPath(new URL("load.mjs", import.meta.url));
const WITHOUT = /^headline_feed_pages_without_total{[^}]*} (\S+)$/gm;
const LONGEST_TURN = /^nodejs_eventloop_lag_max_seconds(?:{[^}]*})? (\S+)$/m;

/** Loads a target and measures what it costs. @throws Error when a page was degraded or an answer not 200 */
export async function measure(target: Target, options: LoadOptions): Promise<Measured> {
  const measured = await load(target, options);
  const { failed, degraded } = measured;
  if (failed + degraded === 0) return measured;
  throw new Error(`${target.name}: ${failed} answers were not 200 and ${degraded} degraded; the run does not count`);
}

/** Loads a target, whatever it answers. */
export async function load(target: Target, options: LoadOptions): Promise<Measured> {
  const child = spawn(process.execPath, [LOAD, JSON.stringify({ port: target.port, ...options })], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const before = new Map<string, number>();
  let was: Scrape | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === "measuring") {
      for (const { name, pid } of target.processes) before.set(name, cpuUs(pid));
      was = await scrape(target); // after which the histogram of turns begins anew
      continue;
    }
    const result = JSON.parse(line) as Omit<Measured, "cpuUs" | "cpuUsOf" | "turnMsOf" | "incomplete">;
    const cpuUsOf = Object.fromEntries(
      target.processes.map(({ name, pid }) => [name, (cpuUs(pid) - (before.get(name) ?? 0)) / result.requests]),
    );
    const { turnMsOf, without } = await scrape(target);
    const incomplete = without - (was?.without ?? 0);
    return { ...result, incomplete, cpuUsOf, turnMsOf, cpuUs: Object.values(cpuUsOf).reduce((sum, us) => sum + us, 0) };
  }
  throw new Error(`the load of ${target.name} ended without a result`);
}

/** The run in the middle by CPU time: what other work on the machine does least to. */
export function median(runs: readonly Measured[]): Measured {
  return [...runs].sort((a, b) => a.cpuUs - b.cpuUs)[Math.floor(runs.length / 2)] as Measured;
}

interface Scrape {
  readonly turnMsOf: Record<string, number>;
  /** Facts about readers that were missing so far. */
  readonly without: number;
}

async function scrape({ processes }: Target): Promise<Scrape> {
  const turnMsOf: Record<string, number> = {};
  let without = 0;
  for (const { name, metricsUrl } of processes) {
    if (metricsUrl === undefined) continue;
    const text = await (await fetch(metricsUrl, { signal: AbortSignal.timeout(5_000) })).text();
    turnMsOf[name] = 1_000 * Number(LONGEST_TURN.exec(text)?.[1] ?? Number.NaN);
    for (const [, count] of text.matchAll(WITHOUT)) without += Number(count);
  }
  return { turnMsOf, without };
}
