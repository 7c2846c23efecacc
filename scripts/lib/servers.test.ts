import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { socketFolderOf } from "@headline/embedded";
import { eventually } from "@headline/testkit";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const NAMES = ["redis", "mariadb"] as const;
const PROGRAM = `
  const { openServers } = await import(${JSON.stringify(join(ROOT, "scripts/lib/servers.mjs"))});
  try {
    const servers = await openServers({ env: {}, dataDir: process.argv[1], onProgress: (line) => console.log(line) });
    process.once("SIGTERM", async () => { await servers.close(); process.exit(0); });
    console.log("open");
    setInterval(() => {}, 1_000);
  } catch (error) {
    console.log(error.message);
    process.exit(1);
  }`;

describe("the servers of npm start", () => {
  const folder = mkdtempSync(join(tmpdir(), "headline-servers-"));
  let launcher: Launcher;
  beforeAll(async () => {
    launcher = launch(folder);
    await launcher.says(/^open$/);
  });
  afterAll(() => {
    launcher.child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
    rmSync(socketFolderOf(folder), { recursive: true, force: true });
  });

  test.each(NAMES)("start again after kill -9, at the same address (%s)", async (name) => {
    const before = pidOf(folder, name);
    process.kill(before, "SIGKILL");
    await launcher.says(new RegExp(`^${name} is back$`));
    expect(pidOf(folder, name)).not.toBe(before);
    await answers(join(socketFolderOf(folder), `${name}.sock`));
  });

  test("are one launcher's: a second one on the folder says whose it is, and the first goes on", async () => {
    const second = launch(folder);
    await second.says(
      new RegExp(`^Another npm start \\(pid ${launcher.child.pid}\\) uses the data folder ${folder}\\.`),
    );
    for (const name of NAMES) expect(isAlive(pidOf(folder, name))).toBe(true);
  });

  test("end with a launcher that is killed, whose lock the next one takes over", async () => {
    const pids = NAMES.map((name) => pidOf(folder, name));
    launcher.child.kill("SIGKILL");
    await eventually(() => expect(pids.filter(isAlive)).toEqual([]));
    launcher = launch(folder);
    await launcher.says(/^open$/);
    launcher.child.kill("SIGTERM");
    await once(launcher.child, "exit");
    expect(existsSync(join(folder, "launcher.lock"))).toBe(false);
  });
});

interface Launcher {
  readonly child: ChildProcess;
  /** Resolves when it has printed such a line; a line counts for one call. */
  says(line: RegExp): Promise<void>;
}

function launch(folder: string): Launcher {
  const args = ["--import", "tsx", "--conditions=source", "--input-type=module", "-e", PROGRAM, folder];
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
  return {
    child,
    says: (wanted) =>
      eventually(() => expect(lines).toContainEqual(expect.stringMatching(wanted)), { withinMs: 120_000 }),
  };
}

function pidOf(folder: string, name: string): number {
  return JSON.parse(readFileSync(join(socketFolderOf(folder), `${name}.sock.json`), "utf8")).server.pid;
}

function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3) !== "Z";
  } catch {
    return false; // gone
  }
}

async function answers(path: string): Promise<void> {
  const socket = connect(path);
  await once(socket, "connect");
  socket.destroy();
}
