/**
 * Writes the tables of docs/ that the code declares: kinds of notifications, jobs of the timetable.
 *
 *   npm run generate                            writes them
 *   tsx … tools/generate/tables.ts --check      fails when a committed page differs
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { commandLine } from "../lib/command-line.js";
import { root } from "../lib/root.js";
import { DOCUMENTED_TABLES } from "./documented-tables.js";

const { values } = commandLine({
  usage: "npm run generate [-- --check]",
  options: { check: { type: "boolean", default: false } },
});

for (const [file, withTables] of Object.entries(DOCUMENTED_TABLES)) {
  const page = readFileSync(join(root, file), "utf8");
  const fresh = withTables(page);
  if (!values.check) {
    writeFileSync(join(root, file), fresh);
    process.stdout.write(`generated ${file}\n`);
  } else if (page !== fresh) {
    process.stderr.write(`${file} differs from the code. Run: npm run generate\n`);
    process.exitCode = 1;
  }
}
