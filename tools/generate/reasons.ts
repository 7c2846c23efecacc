/**
 * Generates packages/recommender/src/reasons.ts and the list of reasons in docs/http-api.md from recommend.proto.
 *
 *   npm run generate                             writes them
 *   tsx … tools/generate/reasons.ts --check      fails when a committed file differs
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { commandLine } from "../lib/command-line.js";
import { root } from "../lib/root.js";
import { reasonTable, withReasons } from "./reason-table.js";

const { values } = commandLine({
  usage: "npm run generate [-- --check]",
  options: { check: { type: "boolean", default: false } },
});
const read = (file: string) => readFileSync(join(root, file), "utf8");
const proto = read("proto/headline/recommend/v1/recommend.proto");

update("packages/recommender/src/reasons.ts", reasonTable(proto));
update("docs/http-api.md", withReasons(read("docs/http-api.md"), proto));

function update(file: string, fresh: string): void {
  if (!values.check) {
    writeFileSync(join(root, file), fresh);
    process.stdout.write(`generated ${file}\n`);
  } else if (read(file) !== fresh) {
    process.stderr.write(`${file} differs from recommend.proto. Run: npm run generate\n`);
    process.exitCode = 1;
  }
}
