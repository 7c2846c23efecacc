import { readFileSync } from "node:fs";

/** Identity of a process, distinct from that of a later process with the same pid. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Start time, where the kernel has it; a pid alone is soon reused in containers. */
  readonly startTicks?: string;
}

/** Identity of the process with this pid, or undefined when there is none. */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  if (process.platform !== "linux") return isSignalable(pid) ? { pid } : undefined;
  const stat = readStat(pid);
  return stat === undefined || stat.state === "Z" ? undefined : { pid, startTicks: stat.startTicks };
}

export function isAlive(process: ProcessIdentity): boolean {
  return identifyProcess(process.pid)?.startTicks === process.startTicks && isSignalable(process.pid);
}

function isSignalable(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function readStat(pid: number): { state: string; startTicks: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The command name may itself hold spaces and brackets; the fields that can be counted come after its last ")".
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0] ?? "", startTicks: fields[19] ?? "" };
  } catch {
    return undefined; // gone: that is the answer
  }
}
