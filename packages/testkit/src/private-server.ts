import { readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";

/** Part of an embedded server that the controls use. */
export interface Startable {
  readonly pid: number | undefined;
  readonly exited: Promise<void>;
  stop(): Promise<void>;
}

/** A server of the test's own, to be treated badly. */
export interface PrivateServer extends AsyncDisposable {
  /** Of the process that runs now; restart() changes it. */
  readonly pid: number;
  /** SIGKILL: as when the machine loses power, but for what the kernel still writes. */
  kill(): Promise<void>;
  /** SIGSTOP: the port accepts and nothing answers. */
  pause(): void;
  resume(): void;
  /** Starts again at the same address, after a kill unless it is dead already. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** The controls over a server that `open` starts, at the same address each time; `folder` goes with it. */
export async function privateServer(open: () => Promise<Startable>, folder: string): Promise<PrivateServer> {
  let server = await open();
  const signal = (name: NodeJS.Signals) => process.kill(server.pid ?? Number.NaN, name);
  const kill = async () => {
    await server.stop(); // of an ephemeral server: SIGKILL, and wait
  };
  const stop = async () => {
    await kill();
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  return {
    get pid() {
      return server.pid ?? Number.NaN;
    },
    kill,
    pause: () => {
      signal("SIGSTOP");
      waitUntilStopped(server.pid ?? Number.NaN);
    },
    resume: () => signal("SIGCONT"),
    restart: async () => {
      await kill();
      server = await open();
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** A thread that runs on another CPU may still answer a question after the signal was sent. */
function waitUntilStopped(pid: number): void {
  if (process.platform !== "linux") return;
  const threads = `/proc/${pid}/task`;
  const isStopped = (thread: string) => /\) [Tt] /.test(readFileSync(`${threads}/${thread}/stat`, "latin1"));
  const endsAt = performance.now() + 200;
  while (performance.now() < endsAt && !readdirSync(threads).every(isStopped));
}

/** A port of 127.0.0.1 that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
