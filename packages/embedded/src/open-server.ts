import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { endWithOwner } from "./end-with-owner.js";
import { endWithThisProcess } from "./end-with-this-process.js";
import { pollFor } from "./poll-for.js";
import { identifyProcess, isAlive, type ProcessIdentity } from "./process-identity.js";
import type { ServerCommand } from "./servers.js";
import { ensureSocketFolder, socketPathIn } from "./socket-folder.js";
import { withLock } from "./with-lock.js";

export interface ServerSpec {
  readonly name: "redis" | "mariadb";
  readonly socketFolder: string;
  readonly logPath: string;
  readonly port: number | undefined;
  /** Whether its data is temporary, so that it ends by SIGKILL. */
  readonly ephemeral: boolean;
  readonly startWithinMs: number;
  /** Runs before a start, under the lock; a running server that is reused needs none. */
  readonly prepare: (folder: { socketPath: string }) => Promise<{ server: ServerCommand; args: readonly string[] }>;
  /** Whether a server, and not merely a socket, answers. */
  readonly answers: (socketPath: string) => Promise<boolean>;
}

export interface Server {
  readonly socketPath: string;
  /** Undefined only for a server found answering that no launcher wrote down. */
  readonly pid: number | undefined;
  /** Whether it ran already, so that another launcher stops it. */
  readonly reused: boolean;
  /** Resolves when the process has ended. */
  readonly exited: Promise<void>;
  stop(): Promise<void>;
}

/** Record of a running server that launchers share. */
interface Running {
  readonly server: ProcessIdentity;
  readonly owner: ProcessIdentity;
  readonly endsWithOwner: boolean;
  readonly stopping: boolean;
  readonly port: number | undefined;
}

const STOP_WITHIN_MS = 15_000;

/** The server that answers already, or a new child; two launchers at once end up with the same one. */
export async function openServer(spec: ServerSpec): Promise<Server> {
  ensureSocketFolder(spec.socketFolder);
  const socketPath = socketPathIn(spec.socketFolder, `${spec.name}.sock`);
  // A launcher before us may use its whole time to start, and ours then begins.
  return withLock(`${socketPath}.lock`, 2 * spec.startWithinMs, async () => {
    const found = await findRunning(spec, socketPath);
    return found ?? (await start(spec, socketPath));
  });
}

async function findRunning(spec: ServerSpec, socketPath: string): Promise<Server | undefined> {
  const running = await settle(spec, socketPath);
  if (running === undefined) return undefined;
  if (running === "unknown") return reuse(spec, socketPath, undefined);
  if (running.port !== spec.port) {
    const now = running.port === undefined ? "without a TCP port" : `on port ${running.port}`;
    throw new Error(`${spec.name} already runs ${now} (pid ${running.server.pid}); stop it to start it another way`);
  }
  if (isAlive(running.owner)) return reuse(spec, socketPath, running.server);
  return adopt(spec, socketPath, running);
}

/** Waits until the server that is written down either answers and means to stay, or is gone. */
async function settle(spec: ServerSpec, socketPath: string): Promise<Running | "unknown" | undefined> {
  const settled = await pollFor(
    async () => {
      const running = readRunning(socketPath);
      if (running !== undefined && !isAlive(running.server)) return "gone";
      const leaving = running !== undefined && (running.stopping || (running.endsWithOwner && !isAlive(running.owner)));
      if (leaving || !(await spec.answers(socketPath))) return running === undefined ? "gone" : undefined;
      return running ?? "unknown";
    },
    { withinMs: spec.startWithinMs, everyMs: 3 },
  );
  if (settled === undefined) {
    const pid = readRunning(socketPath)?.server.pid;
    throw new Error(`${spec.name} (pid ${pid}) neither answers nor ends; stop it (kill -9 ${pid}) and start again`);
  }
  return settled === "gone" ? undefined : settled;
}

function reuse(spec: ServerSpec, socketPath: string, server: ProcessIdentity | undefined): Server {
  const gone = once(() => goneOf(spec, socketPath, server));
  return {
    socketPath,
    pid: server?.pid,
    reused: true,
    get exited() {
      return gone();
    },
    stop: async () => {},
  };
}

/** A server whose launcher is dead is ended by the next launcher that finds it. */
function adopt(spec: ServerSpec, socketPath: string, running: Running): Server {
  writeRunning(socketPath, { ...running, owner: thisProcess() });
  const { server } = running;
  const forget = endWithThisProcess(() => signal(server, signals(spec)));
  const gone = once(() => goneOf(spec, socketPath, server).then(forget));
  return {
    socketPath,
    pid: server.pid,
    reused: true,
    get exited() {
      return gone();
    },
    stop: once(() => end(spec, socketPath, server, gone())),
  };
}

async function start(spec: ServerSpec, socketPath: string): Promise<Server> {
  rmSync(socketPath, { force: true });
  rmSync(statePath(socketPath), { force: true });
  const { server, args } = await spec.prepare({ socketPath });
  const child = spawnServer(spec, server, args);
  const ended = endOf(child);
  const identity = child.pid === undefined ? undefined : identifyProcess(child.pid);
  if (identity === undefined) throw diedAtOnce(spec, await ended);

  const forget = endWithThisProcess(() => signal(identity, signals(spec)));
  const unwatch = dieWithParent(spec).length > 0 ? () => undefined : endWithOwner(identity, deathSignal(spec));
  const exited = ended.then(forget).then(unwatch);
  const owner = thisProcess();
  writeRunning(socketPath, { server: identity, owner, endsWithOwner: true, stopping: false, port: spec.port });
  await untilItAnswers(spec, socketPath, child, ended);
  return {
    socketPath,
    pid: identity.pid,
    reused: false,
    exited,
    stop: once(() => end(spec, socketPath, identity, exited)),
  };
}

function spawnServer(spec: ServerSpec, server: ServerCommand, args: readonly string[]): ChildProcess {
  const [command = "", ...rest] = [...dieWithParent(spec), named(spec, server), ...args];
  const log = openSync(spec.logPath, "w", 0o600);
  try {
    const child = spawn(command, rest, {
      // Ctrl-C signals the whole foreground group; the databases must outlive the services that drain into them.
      detached: true,
      stdio: ["ignore", log, log],
      env: { ...process.env, ...server.env },
      cwd: spec.socketFolder,
    });
    child.unref(); // A launcher that has nothing left to do may end; its exit hook takes the server along.
    return child;
  } finally {
    closeSync(log);
  }
}

/** redis-check-rdb is the Redis server when called by that name, and setpriv keeps no argv0: a link carries the name. */
function named(spec: ServerSpec, { command, argv0 }: ServerCommand): string {
  if (argv0 === undefined) return command;
  const link = join(spec.socketFolder, argv0);
  rmSync(link, { force: true });
  symlinkSync(command, link);
  return link;
}

let setprivWorks: boolean | undefined;

/** The kernel signals the server when its launcher dies, even by kill -9. BusyBox has a setpriv that cannot. */
function dieWithParent(spec: ServerSpec): string[] {
  setprivWorks ??=
    process.platform === "linux" &&
    spawnSync("setpriv", ["--pdeathsig", "TERM", "true"], { stdio: "ignore" }).status === 0;
  return setprivWorks ? ["setpriv", "--pdeathsig", deathSignal(spec), "--"] : [];
}

function deathSignal({ ephemeral }: ServerSpec): "KILL" | "TERM" {
  return ephemeral ? "KILL" : "TERM";
}

interface End {
  readonly reason: string;
}

function endOf(child: ChildProcess): Promise<End> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve({ reason: error.message }));
    child.once("exit", (code, signal) => resolve({ reason: signal === null ? `exit code ${code}` : signal }));
  });
}

async function untilItAnswers(spec: ServerSpec, socketPath: string, child: ChildProcess, ended: Promise<End>) {
  let end: End | undefined;
  void ended.then((how) => {
    end = how;
  });
  const answer = await pollFor(
    async () => {
      if (end !== undefined) throw diedAtOnce(spec, end);
      return (await spec.answers(socketPath)) ? true : undefined;
    },
    { withinMs: spec.startWithinMs, everyMs: 3 },
  );
  if (answer === undefined) {
    child.kill("SIGKILL");
    throw new Error(`${spec.name} did not answer within ${spec.startWithinMs} ms; its log ends:\n${logTail(spec)}`);
  }
}

function diedAtOnce(spec: ServerSpec, { reason }: End): Error {
  return new Error(`${spec.name} died at once (${reason}); its log ${spec.logPath} ends:\n${logTail(spec)}`);
}

function logTail({ logPath }: ServerSpec): string {
  const lines = existsSync(logPath) ? readFileSync(logPath, "utf8").trimEnd().split("\n") : [];
  return lines
    .slice(-5)
    .map((line) => `  ${line}`)
    .join("\n");
}

async function end(spec: ServerSpec, socketPath: string, server: ProcessIdentity, gone: Promise<unknown>) {
  const running = readRunning(socketPath);
  const isStillThis = running?.server.pid === server.pid;
  if (isStillThis) writeRunning(socketPath, { ...running, stopping: true });
  signal(server, signals(spec));
  const overdue = new AbortController();
  const late = setTimeout(STOP_WITHIN_MS, "late", { signal: overdue.signal }).catch(() => "in time");
  if ((await Promise.race([gone, late])) === "late") {
    signal(server, "SIGKILL"); // Both servers recover from that by their logs.
    await gone;
  }
  overdue.abort();
  if (isStillThis && readRunning(socketPath)?.server.pid === server.pid) rmSync(statePath(socketPath), { force: true });
}

function signals({ ephemeral }: ServerSpec): NodeJS.Signals {
  return ephemeral ? "SIGKILL" : "SIGTERM";
}

function signal(server: ProcessIdentity, name: NodeJS.Signals): void {
  if (!isAlive(server)) return;
  try {
    process.kill(server.pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error; // ended in between: as wished
  }
}

/** The end of a process that is not our child can only be watched for. */
async function goneOf(spec: ServerSpec, socketPath: string, server: ProcessIdentity | undefined): Promise<void> {
  const isGone = async () => (server === undefined ? !(await spec.answers(socketPath)) : !isAlive(server));
  while (!(await isGone())) await setTimeout(50, undefined, { ref: false });
}

function once(act: () => Promise<void>): () => Promise<void> {
  let acting: Promise<void> | undefined;
  return () => {
    acting ??= act();
    return acting;
  };
}

function thisProcess(): ProcessIdentity {
  return identifyProcess(process.pid) ?? { pid: process.pid };
}

function statePath(socketPath: string): string {
  return `${socketPath}.json`;
}

function readRunning(socketPath: string): Running | undefined {
  try {
    return JSON.parse(readFileSync(statePath(socketPath), "utf8")) as Running;
  } catch {
    return undefined; // none was started
  }
}

function writeRunning(socketPath: string, running: Running): void {
  const draft = `${statePath(socketPath)}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(running), { mode: 0o600 });
  renameSync(draft, statePath(socketPath));
}
