import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { setUp } from "@headline/testkit";
import { runFolder } from "../../gateway/test/service-bundle.js";

const WEB = fileURLToPath(new URL("..", import.meta.url));
const VITE = fileURLToPath(new URL("../../../node_modules/vite/bin/vite.js", import.meta.url));

/** The folder of the application as it is built, once in a run of the tests: one worker builds it, others wait for it. */
export async function builtApp(): Promise<string> {
  const run = runFolder();
  const finished = join(run, "web");
  const lock = join(run, "web-is-being-built");
  while (!existsSync(finished)) {
    if (!made(lock)) await setTimeout(50);
    else
      try {
        if (!existsSync(finished))
          await setUp("building the web app", () => build(mkdtempSync(join(run, "building-web-")), finished));
      } finally {
        rmSync(lock, { recursive: true });
      }
  }
  return finished;
}

/** Whole or not at all: it is built elsewhere and moved to its place. */
async function build(folder: string, finished: string): Promise<void> {
  await promisify(execFile)(process.execPath, [VITE, "build", "--outDir", folder, "--logLevel", "error"], { cwd: WEB });
  renameSync(folder, finished);
}

function made(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch {
    return false;
  }
}
