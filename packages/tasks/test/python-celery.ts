import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

const FIXTURES = new URL("fixtures/celery/", import.meta.url).pathname;

/** The Python of Debian, which has python3-celery; another one stands in front of it on some machines. */
const python = ["/usr/bin/python3", "python3"].find((candidate) => {
  const { status } = spawnSync(candidate, ["-c", "import celery, redis"], { stdio: "ignore" });
  return status === 0;
});

/** Why the tests with Python are skipped; undefined where they are not. */
export const withoutCelery = python === undefined ? "skipped: python3-celery is not installed" : undefined;

export interface Reply {
  readonly value?: unknown;
  readonly error?: string;
  readonly module?: string;
  readonly message?: string;
}

/** A Python process that runs code: what it puts into `value` comes back. */
export async function pythonClient(env: Readonly<Record<string, string>>) {
  const child = pythonProcess(["client.py"], env);
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const next = async () => (await lines.next()).value as string;
  if ((await next()) !== "ready") throw new Error(`the Python client did not start: ${child.spawnargs.join(" ")}`);
  let last: Promise<unknown> = Promise.resolve();
  const run = (code: string): Promise<Reply> => {
    const reply = last.then(async () => {
      child.stdin!.write(`${JSON.stringify({ code })}\n`);
      return JSON.parse(await next()) as Reply;
    });
    last = reply.catch(() => {});
    return reply;
  };
  const value = async (code: string) => {
    const reply = await run(code);
    if (reply.error !== undefined) throw new Error(`${reply.error}: ${reply.message}`);
    return reply.value;
  };
  return { run, value, stop: () => stopped(child) };
}

/** A Celery worker of Python for the tasks of a module, by default those in pyapp.py. */
export function pythonWorker(env: Readonly<Record<string, string>>, { module = "pyapp", cwd = FIXTURES } = {}) {
  const threads = ["--pool=threads", "-c", "4", "-n", `${module}@%h`];
  const child = pythonProcess(["-m", "celery", "-A", module, "worker", ...threads], env, cwd);
  child.stdout!.resume();
  return { stop: () => stopped(child) };
}

/** Output of a Python program that has ended. */
export async function pythonOutput(program: string, cwd: string): Promise<string> {
  const child = pythonProcess([program], {}, cwd);
  let text = "";
  child.stdout!.on("data", (part) => {
    text += String(part);
  });
  await once(child, "close");
  return text;
}

function pythonProcess(args: readonly string[], env: Readonly<Record<string, string>>, cwd = FIXTURES): ChildProcess {
  const child = spawn(python!, args, {
    cwd,
    env: { ...process.env, ...env, PYTHONDONTWRITEBYTECODE: "1" },
    stdio: ["pipe", "pipe", process.env["HEADLINE_CELERY_LOG"] === undefined ? "ignore" : "inherit"],
  });
  return child;
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;
}
