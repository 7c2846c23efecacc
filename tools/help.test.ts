import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const { scripts } = JSON.parse(readFileSync(`${ROOT}/package.json`, "utf8")) as { scripts: Record<string, string> };
/** Those that are a program of our own; the others are the tools' whose options they take. */
const OWN = [
  "start",
  "dev",
  "check",
  "generate",
  "import",
  "rebuild",
  "staff",
  "correct-statistics",
  "rpc",
  "feed",
].concat(["bench", "simulate", "evaluate", "docs", "release"]);

test("each npm script of our own is known here", () => {
  const ours = Object.entries(scripts).filter(
    ([name, command]) => /\.(mjs|ts)\b/.test(command) && !name.startsWith("test"),
  );
  expect(ours.map(([name]) => name).sort()).toEqual([...OWN].sort());
});

test("--help prints help and does nothing", async () => {
  for (const name of OWN)
    expect({ name, ...(await run(name, "--help")) }).toMatchObject({
      name,
      code: 0,
      out: expect.stringContaining(`npm ${npmName(name)}`),
      err: "",
    });
});

test("a program of the images that is run with --help, or without what it needs, does nothing", () => {
  const folder = mkdtempSync(join(tmpdir(), "headline-help-"));
  try {
    const inFolder = (script: string, ...args: string[]) =>
      spawnSync(
        process.execPath,
        [
          "--import",
          import.meta.resolve("tsx"),
          "--conditions=headline-source",
          `${ROOT}/tools/container/${script}.ts`,
          ...args,
        ],
        {
          cwd: folder,
          encoding: "utf8",
        },
      );
    expect(inFolder("make-secrets", "--help")).toMatchObject({ status: 0, stdout: expect.stringMatching(/^Usage: /) });
    expect(inFolder("make-secrets")).toMatchObject({ status: 2, stderr: expect.stringContaining("Usage: ") });
    for (const address of ["--help", "127.0.0.1:3000"])
      expect(inFolder("healthcheck", address)).toMatchObject({
        status: 2,
        stderr: expect.stringMatching(/^Usage: .*\n$/),
      });
    expect(readdirSync(folder)).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("an unknown option is refused with 2, by each of the parsers", async () => {
  for (const name of ["rebuild", "feed", "simulate", "evaluate"])
    expect({ name, ...(await run(name, "--no-such-option")) }).toMatchObject({
      name,
      code: 2,
      out: "",
      err: expect.stringContaining("--no-such-option"),
    });
});

function npmName(name: string): string {
  return name === "start" ? "start" : `run ${name}`;
}

/** As npm runs it; stores that nothing answers at, so that a script that works in spite of its options fails. */
async function run(name: string, option: string) {
  const child = spawn("sh", ["-c", `${scripts[name]} ${option}`], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: `${ROOT}/node_modules/.bin:${process.env["PATH"]}`,
      MYSQL_URL: "mysql://127.0.0.1:1/none",
      REDIS_URL: "redis://127.0.0.1:1",
    },
  });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code, out, err };
}
