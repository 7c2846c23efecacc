import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { migrate } from "@headline/mysql";
import { eventually, migratedMysql, type ThrowawayRedis, throwawayRedis } from "@headline/testkit";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "refused-"));
const USER = "somebody";
const PASSWORD = "not-the-password";
const SECRET = "a secret of this test, long enough for every service";
const SERVICES = ["gateway", "recommendation", "jobs"].map((name) => `services/${name}/src/main.ts`);

let database: { url: string } & AsyncDisposable;
let redis: ThrowawayRedis;

beforeAll(async () => {
  writeFileSync(
    join(folder, "headlines.tsv"),
    "title\tsource\tcategory_code\tcategory\tkeywords\none\t\t103\tBalls\t\n",
  );
  database = await migratedMysql((url) => migrate(url, join(root, "packages/newsroom/migrations")));
  redis = await throwawayRedis();
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await database?.[Symbol.asyncDispose]();
  await redis?.[Symbol.asyncDispose]();
});

/** A program with the environment of a service, and all that it has written. */
function start(path: string, urls: { MYSQL_URL: string; REDIS_URL: string }, args: readonly string[] = []) {
  const ports = { PORT: "0", JOBS_PORT: "0", GRPC_ADDRESS: `unix:${join(folder, "recommender.sock")}` };
  const secrets = { JWT_SECRET: SECRET, TRACK_SECRET: SECRET, STAFF_SECRET: SECRET };
  const child = spawn(
    process.execPath,
    ["--conditions=headline-source", "--import", "tsx", join(root, path), ...args],
    {
      env: { PATH: process.env["PATH"], NODE_ENV: "production", HOST: "127.0.0.1", ...ports, ...secrets, ...urls },
    },
  );
  const written = { text: "" };
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      written.text += text;
    });
  return { child, written };
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.once("close", resolve));
}

const wrongMysql = () => database.url.replace("root@", `${USER}:${PASSWORD}@`);
const wrongRedis = () => `unix://${redis.path}?username=${USER}&password=${PASSWORD}`;

describe("a wrong password of MySQL", () => {
  const programs = [
    ...SERVICES.map((path) => [path, []] as const),
    ["tools/container/setup.ts", []] as const,
    ["tools/upkeep/staff.ts", []] as const,
    ["tools/upkeep/rebuild.ts", []] as const,
    ["tools/upkeep/correct-statistics.ts", []] as const,
    ["tools/content/import.ts", [join(folder, "headlines.tsv")]] as const,
  ];

  test.each(programs)("ends %s with a line that names the variable and repeats nothing of it", async (path, args) => {
    const { child, written } = start(path, { MYSQL_URL: wrongMysql(), REDIS_URL: wrongRedis() }, args);
    expect(await ended(child)).toBe(1);
    expect(written.text.match(/MYSQL_URL: the server refuses the user or password/g)).toHaveLength(1);
    expect(written.text).not.toMatch(/^ {4}at /m);
    for (const part of [USER, PASSWORD]) expect(written.text).not.toContain(part);
  });
});

test("a wrong password of Redis is logged with the variable's name, and nothing of its value", async () => {
  const { child, written } = start("services/jobs/src/main.ts", { MYSQL_URL: database.url, REDIS_URL: wrongRedis() });
  const end = ended(child);
  await eventually(() => expect(written.text).toMatch(/REDIS_URL: Redis refuses the user or password/));
  child.kill("SIGTERM");
  await end;
  for (const part of [USER, PASSWORD]) expect(written.text).not.toContain(part);
});
