/** A step of `npm run check`: what a release would publish is packed and linted, and its exports are documented. */
import { lint } from "./lint.js";
import { packed } from "./packed.js";

const tarballs = await packed();
const findings = await lint(tarballs);
for (const finding of findings) process.stderr.write(`${finding}\n`);
process.stdout.write(`packages: ${tarballs.length} tarballs, ${findings.length} findings\n`);
process.exitCode = findings.length === 0 ? 0 : 1;
