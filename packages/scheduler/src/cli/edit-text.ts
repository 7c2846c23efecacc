import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UsageError } from "./arguments.js";

export interface EditedText {
  readonly text: string;
  /** Path of the file until `discard`. */
  readonly path: string;
  discard(): void;
}

/** Edits a text in a file that only this user can read; resolves when the editor ends. */
export async function editText(text: string, editor: string): Promise<EditedText> {
  const folder = mkdtempSync(join(tmpdir(), "sched-crontab-"));
  const path = join(folder, "crontab");
  const discard = () => rmSync(folder, { recursive: true, force: true });
  writeFileSync(path, text, { mode: 0o600 });
  const code = await run(editor, path);
  if (code !== 0) {
    discard();
    throw new UsageError(`the editor "${editor}" ended with ${code ?? "a signal"}, no changes made`);
  }
  return { text: readFileSync(path, "utf8"), path, discard };
}

/** Runs the editor by the shell, since it may have arguments: EDITOR="code --wait". */
function run(editor: string, path: string): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const child = spawn("/bin/sh", ["-c", `${editor} "$1"`, "sh", path], { stdio: "inherit" });
    child.once("error", reject);
    child.once("exit", resolve);
  });
}
