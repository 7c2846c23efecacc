import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { bundled } from "@headline/testkit";
import { Scheduler } from "../../src/scheduler/scheduler.js";
import { date } from "../../src/triggers/date.js";
import { interval } from "../../src/triggers/interval.js";
import { openStore } from "./open-store.js";

export interface ChaosOptions {
  readonly url: string;
  readonly rounds: number;
  readonly leaseMs?: number;
  readonly onRound?: (line: string) => void;
}

export interface ChaosReport {
  readonly rounds: number;
  readonly starts: number;
  /** Late jobs that never ended. */
  readonly lost: readonly string[];
  /** Early jobs that started twice. */
  readonly doubled: readonly string[];
  /** Runs of a job with one instance that overlapped, other than in a process that had been stopped. */
  readonly overlaps: readonly string[];
  /** From the kill to the end of the last late job of each round, less the time that the job itself takes, ms. */
  readonly recoveriesMs: readonly number[];
}

interface RunReport {
  readonly what: "ready" | "start" | "end";
  readonly jobId: string;
  readonly executionId: string;
  readonly attempt: number;
  readonly at: number;
  readonly worker: Worker;
}

interface Worker {
  readonly process: ChildProcessByStdio<null, Readable, null>;
  /** Times at which it was killed or stopped, epoch ms. */
  readonly faultsAt: number[];
}

const WORKERS = 3;
const JOBS = 12;
const WORK_MS = 150;
const SOLO_MS = 400;

/** Kills (odd rounds) or stops (even rounds) one of three real processes in the middle of its work, again and again. */
export async function playChaos({
  url,
  rounds,
  leaseMs = 2_000,
  onRound = () => {},
}: ChaosOptions): Promise<ChaosReport> {
  const namespace = `chaos${process.pid}`;
  const reports: RunReport[] = [];
  const workers: Worker[] = [];
  const client = new Scheduler({ timezone: "UTC", stores: { default: await openStore(url, namespace) } });
  await client.start({ paused: true });
  try {
    for (let at = 0; at < WORKERS; at++) workers[at] = await startWorker(url, namespace, leaseMs, reports);
    await client.addJob({ id: "solo", func: "work", args: [SOLO_MS], trigger: interval({ milliseconds: 250 }) });
    const late: string[] = [];
    const early: string[] = [];
    const recoveriesMs: number[] = [];
    for (let round = 1; round <= rounds; round++) {
      const ids = await addRound(client, round);
      late.push(...ids.late);
      early.push(...ids.early);
      await pause(300 + Math.random() * 500);
      const victim = Math.floor(Math.random() * WORKERS);
      const faultAt = Date.now();
      const kind = await injectFault(workers, victim, round, { url, namespace, leaseMs, reports });
      const endedAt = await untilEnded(ids.late, reports, leaseMs * 3 + 40_000);
      const recoveryMs = Math.max(0, endedAt - faultAt - WORK_MS);
      recoveriesMs.push(recoveryMs);
      onRound(`round ${round}: ${kind}, all late jobs done ${recoveryMs} ms later`);
    }
    await client.removeJob("solo");
    await pause(leaseMs + 1_500);
    return {
      rounds,
      starts: reports.filter(({ what }) => what === "start").length,
      ...violationsOf(reports, late, early),
      recoveriesMs,
    };
  } finally {
    for (const { process: child } of workers) {
      child.kill("SIGCONT");
      child.kill("SIGKILL");
    }
    await client.removeAllJobs();
    await client.shutdown();
  }
}

async function addRound(client: Scheduler, round: number): Promise<{ late: string[]; early: string[] }> {
  const late: string[] = [];
  const early: string[] = [];
  for (let at = 0; at < JOBS; at++) {
    const ack = at % 2 === 0 ? "late" : "early";
    const id = `r${round}:${ack}:${at}`;
    (ack === "late" ? late : early).push(id);
    const trigger = date({ in: { milliseconds: 200 + at * 60 } });
    await client.addJob({ id, func: "work", args: [WORK_MS], trigger, ack, misfireGraceTime: null, maxDeliveries: 20 });
  }
  return { late, early };
}

async function injectFault(
  workers: Worker[],
  victim: number,
  round: number,
  options: { url: string; namespace: string; leaseMs: number; reports: RunReport[] },
) {
  const worker = workers[victim]!;
  worker.faultsAt.push(Date.now());
  if (round % 2 === 1) {
    worker.process.kill("SIGKILL");
    await once(worker.process, "exit");
    workers[victim] = await startWorker(options.url, options.namespace, options.leaseMs, options.reports);
    return "kill -9";
  }
  worker.process.kill("SIGSTOP");
  setTimeout(() => worker.process.kill("SIGCONT"), options.leaseMs + 1_500);
  return "SIGSTOP";
}

async function startWorker(url: string, namespace: string, leaseMs: number, reports: RunReport[]): Promise<Worker> {
  const script = await bundled(fileURLToPath(new URL("worker.ts", import.meta.url)));
  const child = spawn(process.execPath, [script, url, namespace, String(leaseMs)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const worker: Worker = { process: child, faultsAt: [] };
  const lines = createInterface({ input: child.stdout });
  const ready = new Promise<void>((resolve, reject) => {
    lines.on("line", (line) => {
      const event = { ...(JSON.parse(line) as RunReport), worker };
      if (event.what === "ready") resolve();
      else reports.push(event);
    });
    child.once("exit", (code) => reject(new Error(`the worker ended with ${code} before it was ready`)));
  });
  await ready;
  return worker;
}

async function untilEnded(ids: readonly string[], reports: readonly RunReport[], withinMs: number): Promise<number> {
  const until = Date.now() + withinMs;
  for (;;) {
    const ends = ids.map((id) => reports.find(({ what, jobId }) => what === "end" && jobId === id)?.at);
    if (ends.every((at) => at !== undefined)) return Math.max(...ends);
    if (Date.now() > until) return Date.now();
    await pause(20);
  }
}

function violationsOf(reports: readonly RunReport[], late: readonly string[], early: readonly string[]) {
  const starts = reports.filter(({ what }) => what === "start");
  return {
    lost: late.filter((id) => !reports.some(({ what, jobId }) => what === "end" && jobId === id)),
    doubled: early.filter((id) => starts.filter(({ jobId }) => jobId === id).length > 1),
    overlaps: overlapsOf(reports.filter(({ jobId }) => jobId === "solo")),
  };
}

/** Finds runs that overlap; a run lasts from its start to its end, or to the fault of its process. */
function overlapsOf(reports: readonly RunReport[]): string[] {
  const runs = reports
    .filter(({ what }) => what === "start")
    .map((start) => {
      const end = reports.find(
        ({ what, executionId, worker }) =>
          what === "end" && executionId === start.executionId && worker === start.worker,
      );
      const cut = start.worker.faultsAt.find((at) => at >= start.at && at <= (end?.at ?? Number.POSITIVE_INFINITY));
      return { from: start.at, to: cut ?? end?.at ?? start.at };
    })
    .sort((a, b) => a.from - b.from);
  return runs.flatMap((run, at) =>
    at > 0 && run.from < runs[at - 1]!.to ? [`${run.from} began before ${runs[at - 1]!.to}`] : [],
  );
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
