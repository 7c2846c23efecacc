import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { connectEcho, openEcho, until } from "./echo.js";

test.each([["unix:"], ["unix://"]])(
  "a socket file left by kill -9 is replaced, one that answers is not (%s)",
  async (scheme) => {
    const folder = mkdtempSync(join(tmpdir(), "headline-socket-"));
    const path = join(folder, "recommender.sock");
    try {
      const listen = `require("node:net").createServer().listen(${JSON.stringify(path)}, () => console.log("listens"))`;
      const killed = spawn(process.execPath, ["-e", listen], { stdio: ["ignore", "pipe", "inherit"] });
      await once(killed.stdout, "data");
      await expect(openEcho(async () => ({ text: "" }), { address: `${scheme}${path}` })).rejects.toThrow(
        `${path}: another process answers on this socket`,
      );
      killed.kill("SIGKILL");
      await once(killed, "exit");
      expect(existsSync(path)).toBe(true);

      await using _server = await openEcho(async () => ({ text: "" }), { address: `${scheme}${path}` });
      await using channel = connectEcho(`${scheme}${path}`);
      await until(() => channel.check());
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);

test("a file that is no socket is left as it is", async () => {
  const folder = mkdtempSync(join(tmpdir(), "headline-socket-"));
  const path = join(folder, "notes.txt");
  writeFileSync(path, "notes");
  await expect(openEcho(async () => ({ text: "" }), { address: `unix:${path}` })).rejects.toThrow(/is no socket/);
  expect(existsSync(path)).toBe(true);
  rmSync(folder, { recursive: true });
});
