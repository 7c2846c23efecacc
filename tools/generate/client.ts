/**
 * Generates packages/client/src/gen/api.ts from the OpenAPI document, which is made of the gateway's schemas.
 *
 *   npm run generate                              writes it
 *   tsx … tools/generate/client.ts --check      fails when what is committed is not what the document says
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openApiDocument } from "../../services/gateway/src/openapi/document.js";
import { STORIES } from "../../services/gateway/src/routes.js";
import { commandLine } from "../lib/command-line.js";
import { root } from "../lib/root.js";
import { clientTypes } from "./client-types.js";

const { values } = commandLine({
  usage: "npm run generate [-- --check]",
  options: { check: { type: "boolean", default: false } },
});
const FILE = "packages/client/src/gen/api.ts";
const path = join(root, FILE);
const fresh = clientTypes(openApiDocument(STORIES));

if (!values.check) {
  writeFileSync(path, fresh);
  process.stdout.write(`generated ${FILE}\n`);
} else if (readFileSync(path, "utf8") !== fresh) {
  process.stderr.write(`${FILE} is not what the gateway's schemas say. Run: npm run generate\n`);
  process.exitCode = 1;
}
process.exit(); // the gateway's modules were loaded for their schemas, and some of them wait for work
