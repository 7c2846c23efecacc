import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { ExpectedFailure } from "../lib/expected-failure.js";
import { say } from "../lib/terminal.js";
import { showLines } from "./log-lines.js";

const BACKOFF_MIN_MS = 50;
const BACKOFF_MAX_MS = 1_000;
/** After this long a death is the first of its kind again. */
const STABLE_MS = 10_000;
const DRAIN_WITHIN_MS = 20_000;

export type ServiceName = "recommendation" | "gateway" | "jobs";
export type Environment = Readonly<Record<string, string>>;

interface ServiceOptions {
  readonly name: ServiceName;
  /** Program and arguments. */
  readonly command: readonly string[];
  /** Whether `command` is started at once and takes the environment over its IPC channel, else it is spawned with it. */
  readonly hosted: boolean;
}

/** A service in a process of its own, which starts again whenever it ends after it was healthy. */
export class Service {
  readonly name: ServiceName;
  readonly #command: readonly string[];
  readonly #hosted: boolean;
  #child: ChildProcess | undefined;
  #tail: readonly string[] = [];
  #environment: Environment = {};
  #stopping = false;
  #healthy = false;
  #backoffMs = BACKOFF_MIN_MS;
  #startedAt = 0;

  /** Rejects when the service ends before it was declared healthy. */
  readonly failed: Promise<never>;
  #fail!: (error: Error) => void;

  constructor({ name, command, hosted }: ServiceOptions) {
    this.name = name;
    this.#command = command;
    this.#hosted = hosted;
    this.failed = new Promise((_, reject) => {
      this.#fail = reject;
    });
    this.failed.catch(() => {}); // the caller of `failed` gets it
    if (hosted) this.#spawn();
  }

  run(environment: Environment): void {
    this.#environment = environment;
    if (this.#hosted) this.#send();
    else this.#spawn();
  }

  /** From now on a death is an accident to recover from, no longer a failed start. */
  declareHealthy(): void {
    this.#healthy = true;
  }

  /** Asks it to drain; resolves when it has ended. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const child = this.#child;
    if (child === undefined || hasEnded(child)) return;
    child.kill("SIGTERM");
    const overdue = setTimeout(() => {
      say(`${this.name} did not end within ${DRAIN_WITHIN_MS / 1_000} s: killed`);
      this.kill();
    }, DRAIN_WITHIN_MS);
    await once(child, "close");
    clearTimeout(overdue);
  }

  kill(): void {
    this.#stopping = true;
    if (this.#child !== undefined && !hasEnded(this.#child)) this.#child.kill("SIGKILL");
  }

  #spawn(): void {
    const [program, ...args] = this.#command as [string, ...string[]];
    const child = spawn(program, args, {
      env: this.#hosted ? process.env : { ...process.env, ...this.#environment },
      stdio: ["ignore", "pipe", "pipe", ...(this.#hosted ? (["ipc"] as const) : [])],
      // Ctrl-C reaches the whole foreground group; the launcher alone decides who ends when.
      detached: true,
    });
    this.#child = child;
    this.#startedAt = performance.now();
    this.#tail = showLines(this.name, [child.stdout as Readable, child.stderr as Readable]);
    child.once("error", (error) => this.#fail(error));
    child.once("close", (code, signal) => this.#ended(signal ?? `exit code ${code}`));
  }

  #send(): void {
    this.#child?.send(this.#environment, () => {}); // a process that is gone already has failed
  }

  #ended(reason: string): void {
    if (this.#stopping) return;
    if (this.#healthy) void this.#startAgain(reason);
    else this.#fail(new ExpectedFailure(diedAtOnce(this.name, reason, this.#tail)));
  }

  async #startAgain(reason: string): Promise<void> {
    if (performance.now() - this.#startedAt > STABLE_MS) this.#backoffMs = BACKOFF_MIN_MS;
    say(`${this.name} ended (${reason}); it starts again in ${this.#backoffMs} ms`);
    await sleep(this.#backoffMs);
    this.#backoffMs = Math.min(2 * this.#backoffMs, BACKOFF_MAX_MS);
    if (this.#stopping) return;
    this.#spawn();
    if (this.#hosted) this.#send();
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function diedAtOnce(name: string, reason: string, tail: readonly string[]): string {
  const lines =
    tail.length === 0 ? "It wrote nothing." : `Its last lines:\n${tail.map((line) => `  ${line}`).join("\n")}`;
  return `The ${name} service died at once (${reason}). ${lines}`;
}
