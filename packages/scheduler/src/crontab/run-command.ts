import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import type { Readable } from "node:stream";
import { type Clock, systemClock } from "../core/clock.js";
import { checkKnown } from "../core/known-options.js";
import type { RunContext } from "../core/task.js";
import { accountOf } from "./account.js";

/** Command of a crontab line, the argument of its job. */
export interface CommandSpec {
  readonly command: string;
  readonly stdin?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** User of the command, from a system table; else that of the scheduler. */
  readonly user?: string;
}

export interface CommandTaskOptions {
  readonly clock?: Clock;
}

/** Result of a command of a crontab line. */
export interface CommandResult {
  readonly exitCode: number;
  /** Output on stdout and stderr, the first 64 kB. */
  readonly output: string;
  readonly truncated: boolean;
}

/** Outcome of a command that ended with an exit code other than 0, or by a signal. */
export class CommandFailedError extends Error {
  override readonly name = "CommandFailedError";
  constructor(
    readonly exitCode: number | null,
    readonly endedBy: NodeJS.Signals | null,
    readonly output: string,
  ) {
    const end = exitCode === null ? `ended by ${endedBy}` : `exit code ${exitCode}`;
    super(output === "" ? end : `${end}: ${output.slice(-MESSAGE_MAX).trimEnd()}`);
  }
}

/** Name of the task that runs the commands of crontab lines. */
export const COMMAND_TASK = "crontab.run";

const OUTPUT_MAX = 65_536;
const MESSAGE_MAX = 1_500;
/** Time between SIGTERM and SIGKILL, ms; less than the abort grace of an executor. */
const KILL_AFTER_MS = 3_000;
/** Time for which the output of background processes of the command is read, ms. */
const LISTEN_AFTER_MS = 500;

/**
 * Makes the task `crontab.run`: passes the command to SHELL (/bin/sh) with `-c`, in HOME, with cron's environment: PATH, SHELL,
 * HOME, LOGNAME and USER, then the table's variables. MAILTO is not used: the output is the execution's result. An
 * aborted run ends its whole process group.
 */
export function commandTask(options: CommandTaskOptions = {}) {
  checkKnown<CommandTaskOptions>(options, { clock: true }, "commandTask");
  const { clock = systemClock() } = options;
  return async (context: RunContext, spec: CommandSpec): Promise<CommandResult> => {
    context.signal.throwIfAborted();
    const { signal } = context;
    const child = start(spec, context);
    const output = new Output(child);
    // A command need not read its input.
    child.stdin?.on("error", () => {});
    child.stdin?.end(spec.stdin ?? "");
    const stop = () => stopGroup(child, clock);
    signal.addEventListener("abort", stop);
    try {
      const { exitCode, endedBy } = await ended(child, clock);
      signal.throwIfAborted();
      if (exitCode !== 0) throw new CommandFailedError(exitCode, endedBy, output.text);
      return { exitCode, output: output.text, truncated: output.truncated };
    } finally {
      signal.removeEventListener("abort", stop);
      output.release();
    }
  };
}

function start({ command, environment = {}, user }: CommandSpec, context: RunContext): ChildProcess {
  const account = accountOf(user);
  const env = {
    PATH: "/usr/bin:/bin",
    SHELL: "/bin/sh",
    HOME: account.home,
    ...environment,
    LOGNAME: account.name,
    USER: account.name,
    SCHED_JOB_ID: context.jobId,
    SCHED_EXECUTION_ID: context.executionId,
    SCHED_SCHEDULED_AT: new Date(context.scheduledAt).toISOString(),
  };
  if (!existsSync(env.HOME)) throw new Error(`HOME: there is no folder "${env.HOME}"`);
  return spawn(env.SHELL, ["-c", command], { cwd: env.HOME, env, detached: true, stdio: "pipe", ...account.ids });
}

interface End {
  readonly exitCode: number | null;
  readonly endedBy: NodeJS.Signals | null;
}

/** Resolves when the shell has ended and its output is closed, or soon after when a background process keeps it open. */
function ended(child: ChildProcess, clock: Clock): Promise<End> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (exitCode, endedBy) => {
      const end = { exitCode, endedBy };
      const timer = clock.setTimer(LISTEN_AFTER_MS, () => resolve(end));
      child.once("close", () => {
        timer[Symbol.dispose]();
        resolve(end);
      });
    });
  });
}

/** Ends the process group of the command by SIGTERM, then by SIGKILL. */
function stopGroup(child: ChildProcess, clock: Clock): void {
  signalGroup(child, "SIGTERM");
  const timer = clock.setTimer(KILL_AFTER_MS, () => signalGroup(child, "SIGKILL"));
  child.once("close", () => timer[Symbol.dispose]());
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group has ended.
  }
}

/** Collects the first 64 kB of both streams, in order of arrival; the rest is discarded. */
class Output {
  truncated = false;
  readonly #chunks: Buffer[] = [];
  #length = 0;
  readonly #streams: readonly Readable[];

  constructor({ stdout, stderr }: ChildProcess) {
    this.#streams = [stdout!, stderr!];
    for (const stream of this.#streams) stream.on("data", (chunk: Buffer) => this.#add(chunk));
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString("utf8");
  }

  /** Stops reading; background processes may write on, and do not keep this process alive. */
  release(): void {
    for (const stream of this.#streams) {
      stream.removeAllListeners("data");
      stream.resume();
      (stream as Readable & { unref?: () => void }).unref?.();
    }
  }

  #add(chunk: Buffer): void {
    const room = OUTPUT_MAX - this.#length;
    if (chunk.length > room) this.truncated = true;
    if (room <= 0) return;
    const kept = chunk.subarray(0, room);
    this.#chunks.push(kept);
    this.#length += kept.length;
  }
}
