import { spawn } from "node:child_process";
import { join } from "node:path";
import { ExpectedFailure } from "../lib/expected-failure.mjs";
import { root } from "../lib/root.mjs";

/** Loads sample/ in a process of its own: it is TypeScript, and needed once in the life of a database. */
export async function loadSample({ mysqlUrl, onProgress }) {
  const args = ["--conditions=source", "--import", "tsx", join(root, "tools/content/load-sample.ts")];
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, MYSQL_URL: mysqlUrl },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
  }
  const code = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0) throw new ExpectedFailure(`The sample could not be loaded:\n${output.trimEnd()}`);
  for (const line of output.trimEnd().split("\n")) onProgress(line);
}
