import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { describe, expect, test } from "@jest/globals";
import { temporaryFolder } from "../test/temporary-folder.js";
import { identifyProcess } from "./process-identity.js";
import { withLock } from "./with-lock.js";

describe("withLock", () => {
  test("lets one in at a time, and each in the end", async () => {
    using folder = temporaryFolder();
    let inside = 0;
    let most = 0;
    const enter = async () => {
      inside += 1;
      most = Math.max(most, inside);
      await setTimeout(2);
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 20 }, () => withLock(join(folder.path, "lock"), 10_000, enter)));
    expect(most).toBe(1);
  });

  test("is free again when the one inside fails", async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, "lock");
    await expect(withLock(path, 100, async () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await withLock(path, 100, async () => "in")).toBe("in");
  });

  test("does not wait for the dead, and lets one of many break in", async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, "lock");
    writeFileSync(path, JSON.stringify({ process: { pid: 2 ** 22 + 1, startTicks: "1" }, nonce: "n" }));
    let inside = 0;
    const enter = async () => {
      inside += 1;
      expect(inside).toBe(1);
      await setTimeout(2);
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 10 }, () => withLock(path, 10_000, enter)));
  });

  test.each(["", "{", "null", "{}", '{"process":7}'])(
    "a file that a lost machine left as %j is no lock",
    async (left) => {
      using folder = temporaryFolder();
      const path = join(folder.path, "lock");
      writeFileSync(path, left);
      expect(await withLock(path, 10_000, async () => "in")).toBe("in");
    },
  );

  test("a wait has an end, and names who holds it", async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, "lock");
    writeFileSync(path, JSON.stringify({ process: identifyProcess(process.pid), nonce: "n" }));
    await expect(withLock(path, 50, async () => {})).rejects.toThrow(`${path} is still held after 50 ms: {"process"`);
  });
});
