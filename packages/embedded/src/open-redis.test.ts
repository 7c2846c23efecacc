import { chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { Redis } from "ioredis";
import { temporaryFolder } from "../test/temporary-folder.js";
import { openRedis } from "./open-redis.js";
import { isAlive } from "./process-identity.js";
import { answersRedis } from "./redis-session.js";
import { socketFolderOf } from "./socket-folder.js";

/** Behaviour common to all embedded servers, tested with the quickest. */
describe("openRedis", () => {
  test("keeps what was written over a kill -9", async () => {
    using folder = temporaryFolder();
    await using first = await openRedis({ dataDir: folder.path });
    await ask(first.url, (redis) => redis.set("article", "7"));
    process.kill(first.pid ?? 0, "SIGKILL");
    await first.exited;

    await using second = await openRedis({ dataDir: folder.path });
    expect(second.url).toBe(first.url);
    expect(second.reused).toBe(false);
    expect(await ask(second.url, (redis) => redis.get("article"))).toBe("7");
  });

  test("refuses to forget: noeviction, and an append-only file", async () => {
    using folder = temporaryFolder();
    await using server = await openRedis({ dataDir: folder.path });
    const settings = await ask(server.url, (redis) => redis.call("CONFIG", "GET", "maxmemory-policy", "appendonly"));
    expect(Object.fromEntries(pairs(settings as string[]))).toEqual({
      "maxmemory-policy": "noeviction",
      appendonly: "yes",
    });
  });

  test("keeps nothing when ephemeral", async () => {
    using folder = temporaryFolder();
    const first = await openRedis({ dataDir: folder.path, ephemeral: true });
    await ask(first.url, (redis) => redis.set("article", "7"));
    await first.stop();
    await using second = await openRedis({ dataDir: folder.path, ephemeral: true });
    expect(await ask(second.url, (redis) => redis.get("article"))).toBeNull();
  });

  test("listens on 127.0.0.1 when asked for a port", async () => {
    using folder = temporaryFolder();
    await using server = await openRedis({ dataDir: folder.path, ephemeral: true, port: 46379 });
    expect(server.url).toBe("redis://127.0.0.1:46379");
    expect(await ask(server.url, (redis) => redis.ping())).toBe("PONG");
  });

  test("a server that already answers is reused, and left to the one who started it", async () => {
    using folder = temporaryFolder();
    await using first = await openRedis({ dataDir: folder.path });
    const second = await openRedis({ dataDir: folder.path });
    expect(second).toMatchObject({ pid: first.pid, reused: true });
    await second.stop();
    expect(await answersRedis(first.socketPath)).toBe(true);
  });

  test("launchers at the same time end up with one server", async () => {
    using folder = temporaryFolder();
    const opened = await Promise.all([1, 2, 3, 4].map(() => openRedis({ dataDir: folder.path })));
    expect(new Set(opened.map((server) => server.pid)).size).toBe(1);
    expect(opened.filter((server) => !server.reused)).toHaveLength(1);
    await Promise.all(opened.map((server) => server.stop()));
  });

  test("a start right after a stop waits for the old server to go", async () => {
    using folder = temporaryFolder();
    const first = await openRedis({ dataDir: folder.path });
    const stopping = first.stop();
    await using second = await openRedis({ dataDir: folder.path });
    await stopping;
    expect(second.pid).not.toBe(first.pid);
    expect(await answersRedis(second.socketPath)).toBe(true);
  });

  test("an orphan is adopted: who finds it answers for its end", async () => {
    using folder = temporaryFolder();
    const orphan = await openRedis({ dataDir: folder.path });
    const state = `${orphan.socketPath}.json`;
    const written = JSON.parse(readFileSync(state, "utf8"));
    writeFileSync(state, JSON.stringify({ ...written, owner: DEAD, endsWithOwner: false }));

    const adopter = await openRedis({ dataDir: folder.path });
    expect(adopter).toMatchObject({ pid: orphan.pid, reused: true });
    await adopter.stop();
    await orphan.exited;
  });

  test("a server that answers but that nobody wrote down is reused", async () => {
    using folder = temporaryFolder();
    await using first = await openRedis({ dataDir: folder.path });
    rmSync(`${first.socketPath}.json`);
    const second = await openRedis({ dataDir: folder.path });
    expect(second).toMatchObject({ pid: undefined, reused: true });
  });

  test("what a dead launcher left behind is in nobody's way", async () => {
    using folder = temporaryFolder();
    const first = await openRedis({ dataDir: folder.path });
    await first.stop();
    writeFileSync(first.socketPath, "");
    writeFileSync(`${first.socketPath}.lock`, JSON.stringify({ process: DEAD, nonce: "a" }));
    writeFileSync(
      `${first.socketPath}.json`,
      JSON.stringify({ server: DEAD, owner: DEAD, endsWithOwner: true, stopping: false }),
    );
    await using second = await openRedis({ dataDir: folder.path });
    expect(second.reused).toBe(false);
  });

  test("a server that dies at once says why", async () => {
    using folder = temporaryFolder();
    const opening = openRedis({ dataDir: folder.path, args: ["--no-such-setting", "yes"] });
    await expect(opening).rejects.toThrow(/^redis died at once \(exit code 1\); its log .*redis\.log ends:\n/);
    await expect(opening).rejects.toThrow(/Bad directive or wrong number of arguments/);
  });

  test("a server that hangs is named, with its pid", async () => {
    using folder = temporaryFolder();
    await using hanging = await openRedis({ dataDir: folder.path, ephemeral: true });
    process.kill(hanging.pid ?? 0, "SIGSTOP");
    const opening = openRedis({ dataDir: folder.path, ephemeral: true, startWithinMs: 100 });
    await expect(opening).rejects.toThrow(`redis (pid ${hanging.pid}) neither answers nor ends`);
  });

  test("a running server is not taken for one on another port", async () => {
    using folder = temporaryFolder();
    await using first = await openRedis({ dataDir: folder.path });
    const opening = openRedis({ dataDir: folder.path, port: 46380 });
    await expect(opening).rejects.toThrow(`redis already runs without a TCP port (pid ${first.pid})`);
  });

  test("a data folder that cannot be written is named, and the way out with it", async () => {
    using folder = temporaryFolder();
    const dataDir = join(folder.path, "file/redis");
    writeFileSync(join(folder.path, "file"), "");
    const message = `cannot write to the data folder ${dataDir} (ENOTDIR); set HEADLINE_DATA_DIR to a folder of yours`;
    await expect(openRedis({ dataDir })).rejects.toThrow(message);
  });

  test("a socket folder that others may enter is refused", async () => {
    using folder = temporaryFolder();
    using open = temporaryFolder();
    chmodSync(open.path, 0o755);
    const opening = openRedis({ dataDir: folder.path, socketDir: open.path });
    await expect(opening).rejects.toThrow(`${open.path} must be a folder of yours with mode 0700`);
  });

  test("the socket's path stays short however long the data folder's is", () => {
    expect(socketFolderOf(`/home/${"long/".repeat(50)}`).length).toBeLessThan(40);
  });

  const onLinux = process.platform === "linux" ? test : test.skip;
  onLinux("Ctrl-C in the terminal does not reach it: it leads a process group of its own", async () => {
    using folder = temporaryFolder();
    await using server = await openRedis({ dataDir: folder.path, ephemeral: true });
    const stat = readFileSync(`/proc/${server.pid}/stat`, "latin1");
    const processGroup = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[2];
    expect(processGroup).toBe(`${server.pid}`);
  });

  onLinux("a pid that was given to another process is not taken for the server", () => {
    expect(isAlive({ pid: process.pid, startTicks: "1" })).toBe(false);
  });
});

const DEAD = { pid: 2 ** 22 + 1, startTicks: "1" }; // above Linux's largest pid

async function ask<T>(url: string, question: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url);
  try {
    return await question(redis);
  } finally {
    redis.disconnect();
  }
}

function pairs(flat: readonly string[]): [string, string][] {
  return flat.flatMap((name, at) => (at % 2 === 0 ? [[name, flat[at + 1] ?? ""] as [string, string]] : []));
}
