import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { runOracle } from "./run-oracle.js";

/** `npm run oracle -w packages/scheduler -- FILE.jsonl …`: prints failing ids with expected and actual, then the count. */
const files = process.argv.slice(2);
if (files.length === 0) {
  console.error("usage: npm run oracle -w packages/scheduler -- FILE.jsonl [FILE.jsonl …]");
  process.exit(2);
}
let passed = 0;
let failed = 0;
for (const file of files) {
  const result = await runOracle(readFileSync(pathOf(file), "utf8"));
  for (const { id, difference } of result.failures) console.log(`${id}: ${difference}`);
  passed += result.passed;
  failed += result.failures.length;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

/** Resolves a path from the caller's folder: npm changes into that of the package. */
function pathOf(file: string): string {
  const from = [process.env["INIT_CWD"] ?? ".", "."].map((folder) => resolve(folder, file));
  const path = from.find((candidate) => existsSync(candidate));
  if (path === undefined) {
    console.error(`there is no file ${file}`);
    process.exit(2);
  }
  return path;
}
