import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { kitProgram } from "./kit.js";
import type { Tarball } from "./pack.js";

const LINT_MS = 120_000;
const run = promisify(execFile);

/**
 * Lints the tarballs as consumers see them: publint the manifest and its files, attw the types of each entry. The packages are ES modules only, so what
 * CommonJS and TypeScript's "node10" resolution find does not count. Returns a text for each finding.
 */
export async function lint(tarballs: readonly Tarball[]): Promise<readonly string[]> {
  const programs = [
    { program: kitProgram("publint"), options: ["--strict"] },
    { program: kitProgram("attw"), options: ["--profile", "esm-only", "--format", "ascii"] },
  ];
  const findings: string[] = [];
  for (const { path, name } of tarballs)
    for (const { program, options } of programs) {
      const failure = await failureOf(program, [path, ...options]);
      if (failure !== undefined) findings.push(`${name}\n${failure}`);
    }
  return findings;
}

async function failureOf(program: string, args: readonly string[]): Promise<string | undefined> {
  try {
    await run(process.execPath, [program, ...args], { timeout: LINT_MS });
    return undefined;
  } catch (error) {
    const { stdout, stderr, message } = error as { stdout?: string; stderr?: string; message: string };
    return `${stdout ?? ""}${stderr ?? ""}`.trim() || message;
  }
}
