import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { ExpectedFailure } from "../lib/expected-failure.mjs";
import { tell } from "../lib/terminal.mjs";
import { showLines } from "./log-lines.mjs";

const BACKOFF_MIN_MS = 50;
const BACKOFF_MAX_MS = 1_000;
/** After this long a death is the first of its kind again. */
const STABLE_MS = 10_000;
const DRAIN_WITHIN_MS = 20_000;

/** A service in a process of its own: loaded at once, run when told, and started again whenever it dies after that. */
export class Service {
  #child;
  #tail = [];
  #environment;
  #stopping = false;
  #healthy = false;
  #backoffMs = BACKOFF_MIN_MS;
  #startedAt = 0;

  /** Rejects when the service ends before it was declared healthy. */
  failed;
  #fail;

  /** `command` takes the environment over its IPC channel when `hosted`, else it is spawned with it. */
  constructor({ name, command, hosted }) {
    this.name = name;
    this.command = command;
    this.hosted = hosted;
    this.failed = new Promise((_, reject) => {
      this.#fail = reject;
    });
    this.failed.catch(() => {}); // whoever waits for the service hears of it
    if (hosted) this.#spawn();
  }

  get pid() {
    return this.#child?.pid;
  }

  run(environment) {
    this.#environment = environment;
    if (this.hosted)
      this.#child.send(environment, () => {}); // one that is gone already has failed
    else this.#spawn();
  }

  /** From now on a death is an accident to recover from, no longer a failed start. */
  declareHealthy() {
    this.#healthy = true;
  }

  /** Asks it to drain; resolves when it has ended. */
  async stop() {
    this.#stopping = true;
    const child = this.#child;
    if (child === undefined || hasEnded(child)) return;
    child.kill("SIGTERM");
    const overdue = setTimeout(() => {
      tell(`${this.name} did not end within ${DRAIN_WITHIN_MS / 1_000} s: killed`);
      this.kill();
    }, DRAIN_WITHIN_MS);
    await new Promise((resolve) => child.once("close", resolve));
    clearTimeout(overdue);
  }

  kill() {
    this.#stopping = true;
    if (this.#child !== undefined && !hasEnded(this.#child)) this.#child.kill("SIGKILL");
  }

  #spawn() {
    const [program, ...args] = this.command;
    const child = spawn(program, args, {
      env: this.hosted ? process.env : { ...process.env, ...this.#environment },
      stdio: ["ignore", "pipe", "pipe", ...(this.hosted ? ["ipc"] : [])],
      // Ctrl-C reaches the whole foreground group; the launcher alone decides who ends when.
      detached: true,
    });
    this.#child = child;
    this.#startedAt = performance.now();
    this.#tail = showLines(this.name, [child.stdout, child.stderr]);
    child.once("error", (error) => this.#fail(error));
    child.once("close", (code, signal) => this.#ended(signal ?? `exit code ${code}`));
  }

  #ended(reason) {
    if (this.#stopping) return;
    if (this.#healthy) void this.#startAgain(reason);
    else this.#fail(new ExpectedFailure(diedAtOnce(this.name, reason, this.#tail)));
  }

  async #startAgain(reason) {
    if (performance.now() - this.#startedAt > STABLE_MS) this.#backoffMs = BACKOFF_MIN_MS;
    tell(`${this.name} ended (${reason}); it starts again in ${this.#backoffMs} ms`);
    await sleep(this.#backoffMs);
    this.#backoffMs = Math.min(2 * this.#backoffMs, BACKOFF_MAX_MS);
    if (this.#stopping) return;
    this.#spawn();
    if (this.hosted) this.#child.send(this.#environment, () => {});
  }
}

function hasEnded(child) {
  return child.exitCode !== null || child.signalCode !== null;
}

function diedAtOnce(name, reason, tail) {
  const lines =
    tail.length === 0 ? "It wrote nothing." : `Its last lines:\n${tail.map((line) => `  ${line}`).join("\n")}`;
  return `The ${name} service died at once (${reason}). ${lines}`;
}
