import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { bundled, throwawayMysql, throwawayRedis } from "@headline/testkit";
import { describe, expect, test } from "@jest/globals";
import { ConflictingIdError } from "../src/index.js";
import { throwawayStore } from "../tools/chaos/open-store.js";

const PACKAGE = resolve(import.meta.dirname, "..");

describe("the first persistent example", () => {
  test.each([
    ["SQLite", () => throwawayStore("sqlite")],
    ["MySQL", () => throwawayMysql()],
    ["Redis", () => throwawayRedis({ tcp: true })],
  ])("survives its second start on %s", async (_, open) => {
    await using store = await open();
    const program = await bundled(resolve(PACKAGE, "examples/persistent.mjs"));
    for (const _start of ["first", "second"])
      expect(await jobsPrintedBy(program, store.url)).toMatch(/^ {4}report \(/m);
  });

  test("without onConflict ends with an error that names it", () => {
    expect(new ConflictingIdError("report").message).toContain('onConflict: "keep"');
  });
});

/** Starts the program, ends it once it has listed its jobs, and returns what it printed. */
async function jobsPrintedBy(program: string, url: string): Promise<string> {
  const child = spawn(process.execPath, [program, url], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  const lines: string[] = [];
  try {
    for await (const line of createInterface(child.stdout)) {
      lines.push(line);
      if (line.includes("next run at")) child.kill("SIGTERM");
    }
    expect(await exited).toEqual([0, null]);
  } finally {
    child.kill("SIGKILL");
  }
  return lines.join("\n");
}
