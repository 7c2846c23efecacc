import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

/** A server of the bench in a process of its own, so that its CPU time is its own. */
export interface ServerProcess extends AsyncDisposable {
  readonly name: string;
  readonly pid: number;
  /** CPU time of the whole process so far, µs. */
  cpuUs(): number;
}

/** As `npm start` runs the gateway, and for every peer alike: a larger young generation, so that fewer objects outlive it. */
const LARGE_YOUNG_GENERATION = ["--max-semi-space-size=64"];
const READY_WITHIN_MS = 120_000;
/** Linux counts CPU time in hundredths of a second. */
const US_PER_TICK = 10_000;

/** Starts `node file` and waits for a line of its output that matches `ready`. */
export async function startServer(
  name: string,
  file: string,
  {
    env,
    ready,
    flags = LARGE_YOUNG_GENERATION,
  }: { env: Record<string, string>; ready: RegExp; flags?: readonly string[] },
): Promise<ServerProcess> {
  const child = spawn(process.execPath, [...flags, file], {
    env: { PATH: process.env["PATH"] ?? "", ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  await isReady(name, child, ready);
  const pid = child.pid as number;
  return {
    name,
    pid,
    cpuUs: () => cpuUs(pid),
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null) return;
      const exited = once(child, "exit");
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), 5_000);
      await exited;
      clearTimeout(timer);
    },
  };
}

/** CPU time of a process, its threads included: utime + stime of /proc/pid/stat. */
export function cpuUs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * US_PER_TICK;
}

async function isReady(name: string, child: ChildProcess, ready: RegExp): Promise<void> {
  const lines: string[] = [];
  const failed = (why: string) => new Error(`${name} ${why}:\n${lines.slice(-10).join("\n")}`);
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(failed("did not get ready")), READY_WITHIN_MS);
    child.once("exit", (code) => reject(failed(`ended with ${code}`)));
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
      lines.push(line);
      if (!ready.test(line)) return;
      clearTimeout(timer);
      resolve();
    });
  });
}
