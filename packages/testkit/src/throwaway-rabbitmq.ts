import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { freePort } from "./private-server.js";
import { setUp } from "./set-up.js";
import { throwawayFolder } from "./throwaway-folder.js";

const SERVER = "/usr/lib/rabbitmq/bin/rabbitmq-server";
const START_MS = 180_000;
const LOOK_EVERY_MS = 50;

export interface ThrowawayRabbitmq extends AsyncDisposable {
  /** `amqp://guest:guest@127.0.0.1:port//`: the virtual host is "/". */
  readonly url: string;
  readonly port: number;
  /** SIGKILL, and waits until nothing listens. */
  kill(): Promise<void>;
  /** Starts again on the same data, at the same address. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Reason for which tests on RabbitMQ are skipped here; undefined where they run. */
export const noRabbitmq: string | undefined = existsSync(SERVER)
  ? undefined
  : "RabbitMQ is not installed: apt-get install rabbitmq-server";

/** A RabbitMQ of the test's own on 127.0.0.1, with a name server of Erlang of its own; up in some ten seconds. */
export function throwawayRabbitmq(): Promise<ThrowawayRabbitmq> {
  return setUp("RabbitMQ", openRabbitmq);
}

async function openRabbitmq(): Promise<ThrowawayRabbitmq> {
  const folder = throwawayFolder();
  const [port, epmdPort, distPort] = [await freePort(), await freePort(), await freePort()];
  const env = environmentOf(folder, { port, epmdPort, distPort });
  writeFileSync(join(folder, "plugins"), "[].\n");
  writeFileSync(join(folder, "rabbitmq.conf"), "");
  writeFileSync(join(folder, "run.sh"), RUN);
  let server = await started(folder, env, port);
  const kill = async () => {
    await ended(server);
    while (await listens(port)) await setTimeout(LOOK_EVERY_MS);
  };
  const stop = async () => {
    await kill();
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  const restart = async () => {
    await kill();
    server = await started(folder, env, port);
  };
  const url = `amqp://guest:guest@127.0.0.1:${port}//`;
  return { url, port, kill, restart, stop, [Symbol.asyncDispose]: stop };
}

/** The server, its virtual machine and its name server are one process group, which ends with the shell that has started it. */
const RUN = `trap 'kill -KILL 0' TERM
epmd -address 127.0.0.1 -port "$ERL_EPMD_PORT" &
${SERVER} &
wait $!
kill -KILL 0
`;

interface Ports {
  readonly port: number;
  readonly epmdPort: number;
  readonly distPort: number;
}

function environmentOf(folder: string, { port, epmdPort, distPort }: Ports): Readonly<Record<string, string>> {
  return {
    HOME: folder,
    LC_ALL: "C",
    ERL_EPMD_ADDRESS: "127.0.0.1",
    ERL_EPMD_PORT: String(epmdPort),
    RABBITMQ_NODENAME: `headline${port}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: "127.0.0.1",
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(distPort),
    RABBITMQ_MNESIA_BASE: join(folder, "mnesia"),
    RABBITMQ_LOG_BASE: join(folder, "log"),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, "plugins"),
    RABBITMQ_CONFIG_FILE: join(folder, "rabbitmq.conf"),
    RABBITMQ_CONF_ENV_FILE: "/dev/null",
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "-kernel inet_dist_use_interface {127,0,0,1} +S 1:1 +sbwt none",
  };
}

async function started(folder: string, env: Readonly<Record<string, string>>, port: number): Promise<ChildProcess> {
  const log = openSync(join(folder, "log.txt"), "w");
  const child = spawn("setpriv", ["--pdeathsig", "TERM", "--", "sh", join(folder, "run.sh")], {
    detached: true,
    stdio: ["ignore", log, log],
    cwd: folder,
    env: { ...process.env, ...env },
  });
  child.unref();
  closeSync(log);
  const endsAt = performance.now() + START_MS;
  while (!(await listens(port))) {
    if (child.exitCode !== null || performance.now() > endsAt) {
      await ended(child);
      throw new Error(
        `RabbitMQ did not start; its log ends:\n${readFileSync(join(folder, "log.txt"), "utf8").slice(-1_000)}`,
      );
    }
    await setTimeout(LOOK_EVERY_MS);
  }
  return child;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exit = new Promise((resolve) => child.once("exit", resolve));
  process.kill(-child.pid, "SIGKILL");
  await exit;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
