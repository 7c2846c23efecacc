import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { socketFolderOf } from "@headline/embedded";
import { openMysql } from "@headline/mysql";
import { eventually, smallDisk } from "@headline/testkit";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const BUDGETS = { acquireTimeoutMs: 5_000, statementTimeoutMs: 20_000 };
const NAMES = ["redis", "mariadb"] as const;
const PROGRAM = `
  const { openServers } = await import(${JSON.stringify(join(ROOT, "tools/launcher/servers.ts"))});
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

const disk = smallDisk(192);
if (disk === undefined) process.stderr.write("skipped: a full disk needs a user who may mount one\n");

(disk ? test : test.skip)(
  "a MariaDB that ends for want of room starts again when there is some, with what it acknowledged",
  async () => {
    const { path, fill, free } = disk as NonNullable<typeof disk>;
    const folder = join(path, "data");
    const launcher = launch(folder);
    await launcher.says(/^open$/);
    const socketPath = encodeURIComponent(join(socketFolderOf(folder), "mariadb.sock"));
    const mysql = openMysql(`mysql://root@localhost/headline?socketPath=${socketPath}`, BUDGETS);
    try {
      await mysql.write("CREATE TABLE kept (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, body LONGTEXT NOT NULL)");
      const insert = async () =>
        (await mysql.write("INSERT INTO kept (body) VALUES (?)", ["x".repeat(60_000)])).insertId;
      const acknowledged = [await insert()];
      fill();
      await expect(
        (async () => {
          for (let count = 0; count < 1_000; count += 1) acknowledged.push(await insert());
        })(),
      ).rejects.toMatchObject({ code: "UNAVAILABLE" }); // InnoDB ends where it cannot roll back a large row
      free();
      await eventually(async () => acknowledged.push(await insert()));
      const rows = await mysql.query<{ id: bigint }>("SELECT id FROM kept ORDER BY id");
      expect(rows.map(({ id }) => BigInt(id))).toEqual(acknowledged);
    } finally {
      await mysql[Symbol.asyncDispose]();
      launcher.child.kill("SIGTERM");
      await once(launcher.child, "exit");
      disk?.[Symbol.dispose]();
      rmSync(socketFolderOf(folder), { recursive: true, force: true });
    }
  },
);

interface Launcher {
  readonly child: ChildProcess;
  /** Resolves when it has printed such a line; a line counts for one call. */
  says(line: RegExp): Promise<void>;
}

function launch(folder: string): Launcher {
  const args = ["--import", "tsx", "--conditions=headline-source", "--input-type=module", "-e", PROGRAM, folder];
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
