import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { socketFolderOf } from "@headline/embedded";
import { eventually } from "@headline/testkit";
import { expect, test } from "@jest/globals";
import { root } from "../lib/root.js";

test("npm start bundles, loads the sample, and once it is ready serves feed, page and cover; a signal ends all of it", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "headline-start-"));
  const [http, grpc, jobs] = await freePorts(3);
  const output: string[] = [];
  const launcher = start(dataDir, { PORT: String(http), GRPC_PORT: String(grpc), JOBS_PORT: String(jobs) }, output);
  try {
    await eventually(() => expect([output.join(""), launcher.exitCode]).toEqual([READY, null]), { withinMs: 170_000 });
    const url = `http://127.0.0.1:${http}`;
    const feed = await fetch(`${url}/articles?channel_id=0&per_page=5`);
    expect([feed.status, await feed.json()]).toEqual([200, { message: "OK", data: LIVE_PAGE }]);
    for (const path of ["/", "/covers/classroom-1.svg"]) expect((await fetch(url + path)).status).toBe(200);
    expect((await fetch(`http://127.0.0.1:${jobs}/readyz`)).status).toBe(200);
  } finally {
    launcher.kill("SIGTERM");
    const [code] = await once(launcher, "exit");
    rmSync(dataDir, { recursive: true, force: true });
    rmSync(socketFolderOf(dataDir), { recursive: true, force: true });
    expect({ code, output: code === 0 ? "" : output.join("") }).toEqual({ code: 0, output: "" });
  }
});

const [PORT_MIN, PORT_MAX] = [20_000, 30_000];
const READY = expect.stringMatching(/schema: \d+ migrations applied[\s\S]+sample: [1-9]\d* articles[\s\S]+is ready/);
const LIVE_PAGE = expect.objectContaining({ degraded: false, results: expect.arrayContaining([expect.anything()]) });

function start(dataDir: string, ports: Record<string, string>, output: string[]): ChildProcess {
  const { NODE_ENV: _, ...env } = process.env;
  const child = spawn(process.execPath, ["--import", "tsx", "tools/launcher/start.ts"], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...env, ...ports, HEADLINE_DATA_DIR: dataDir, HOST: "127.0.0.1" },
  });
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => output.push(text));
  return child;
}

/** Free ports outside the range from which the kernel hands them out, so that no other test gets one meanwhile. */
async function freePorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = randomInt(PORT_MIN, PORT_MAX);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port);
  try {
    await once(server, "listening");
    return true;
  } catch {
    return false; // another process listens there
  } finally {
    server.close();
  }
}
