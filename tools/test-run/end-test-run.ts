/**
 * `tsx end-test-run.ts FOLDER PID`: waits until its standard input ends, then kills what is left of a test run (the process
 * group PID, and every process whose HEADLINE_TEST_RUN is FOLDER or in it) and removes the folder.
 */
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { setTimeout } from "node:timers/promises";

const ROUNDS_MAX = 200;
const ROUND_MS = 25;

const [folder, group] = process.argv.slice(2) as [string, string];
process.stdin.resume();
process.stdin.once("close", () => void cleanUp());
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {}); // its work begins after them

async function cleanUp(): Promise<void> {
  kill(-Number(group));
  // A process may start another while it is being killed.
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const left = processesOf(folder);
    if (left.length === 0) break;
    for (const pid of left) kill(pid);
    await setTimeout(ROUND_MS);
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  process.exit();
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ESRCH" && code !== "EPERM") throw error;
  }
}

/** Processes by their environment, where the kernel shows it: servers leave the process group. */
function processesOf(run: string): readonly number[] {
  if (process.platform !== "linux") return [];
  const belongs = new RegExp(`(^|\0)HEADLINE_TEST_RUN=${run.replace(/[^\w/]/g, "\\$&")}[/\0]`);
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => belongs.test(environmentOf(pid)))
    .map(Number);
}

function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1");
  } catch {
    return ""; // gone, or another user's
  }
}
