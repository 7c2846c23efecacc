import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findServers } from "@headline/embedded";
import { openRedis, waitForRedis } from "@headline/redis";
import { CloseStack } from "@headline/service/lifecycle";
import { eventually, type PrivateMysql, privateMysql, type ThrowawayRedis, throwawayRedis } from "@headline/testkit";
import { afterAll, expect, test } from "@jest/globals";
import { createConnection, type RowDataPacket } from "mysql2/promise";
import { type Answer, client, openWorld, type World } from "./open-world.js";

const PAGE = readFileSync(fileURLToPath(new URL("../../../docs/production.md", import.meta.url)), "utf8");
const CLIENTS = ["mariadb-dump", "mariadb", "redis-cli"];
const PASSWORD = "a password of this test";
const FEED = "/articles?channel_id=101&per_page=4";

const missing = CLIENTS.filter((name) => spawnSync(name, ["--version"]).status !== 0);
if (missing.length > 0)
  process.stderr.write(`skipped: a backup needs ${missing.join(", ")} (mariadb-client, redis-tools)\n`);

const resources = new CloseStack();
afterAll(() => resources.close());

(missing.length > 0 ? test.skip : test)(
  "a restored backup has the same feed, counts, jobs and sign-ins, and an event of both dumps counts once",
  async () => {
    const [dumps, restores] = [blocksBelow("Backup"), blocksBelow("Restore")];
    const [dumpState = "", dumpMysql = ""] = (dumps[0] ?? "").trim().split("\n");
    const [restoreMysql = "", restoreState = ""] = restores;
    const folder = mkdtempSync(join(tmpdir(), "headline-backup-"));
    resources.defer(() => rmSync(folder, { recursive: true, force: true }));
    const [mysql, emptyMysql] = await Promise.all([privateMysql(), privateMysql()]);
    resources.use(mysql);
    resources.use(emptyMysql);
    const state = resources.use(await throwawayRedis({ tcp: true, durable: true }));
    const world = resources.use(await openWorld(async () => mysql));
    const shell = await openShell(folder, state);

    const gateway = await openServices(world, mysql, state);
    const before = await publishAndRead(gateway);
    const turn = await takeEventTurn(mysql);
    const click = { id: randomUUID(), type: "click", token: before.clickToken, ts: Date.now() };
    const taken = await client(gateway).post("/events", { events: [click] });
    expect(taken.body.data).toEqual({ accepted: 1, duplicates: 0, rejected: [] });
    shell(dumpState, mysql);
    await turn.end(); // the click goes into MySQL between the two dumps
    await eventually(async () => expect(await clicksIn(mysql)).toBe(1));
    shell(dumpMysql, mysql);
    const renewed = await renew(gateway, before.renewedLater);
    expect(renewed.status).toBe(201);

    shell(restoreMysql, emptyMysql);
    shell(restoreState, emptyMysql);
    const args = ["--dir", join(folder, "redis")];
    const restoredState = resources.use(await throwawayRedis({ tcp: true, durable: true, args }));
    const entries = await streamLength(restoredState);
    expect(entries).toBe(1);
    const restored = await openServices(world, emptyMysql, restoredState);

    const bob = await signedIn(restored, "bob");
    await eventually(async () => expect(await shown(restored, before.liked)).toEqual(before.shown));
    expect(idsOf(await bob.get(`/articles?channel_id=101&timestamp=${before.timestamp}`))).toEqual(before.page);
    const next = idsOf(await bob.get(FEED));
    expect(next).toHaveLength(4);
    expect(next.filter((id) => before.page.includes(id))).toEqual([]);
    expect((await client(restored, before.accessToken).get("/users/me")).body.data).toMatchObject({ name: "bob" });
    expect((await renew(restored, before.notRenewed)).status).toBe(201);
    expect((await renew(restored, renewed.body.data.refresh_token)).status).toBe(401);
    await eventually(async () => expect(await streamLength(restoredState)).toBe(0));
    expect(await clicksIn(emptyMysql)).toBe(1);
    expect(await rowsOf(emptyMysql, "SELECT id FROM scheduler_jobs")).toEqual([{ id: `publish:${before.waiting}` }]);
  },
);

/** Blocks of commands below a heading of the page. */
function blocksBelow(heading: string): readonly string[] {
  const [, section = ""] = new RegExp(`\\n## ${heading}\\n([\\s\\S]*?)(?=\\n## |$)`).exec(PAGE) ?? [];
  return [...section.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = ""]) => block);
}

type Shell = (commands: string, mysql: PrivateMysql) => void;

/** Runs commands of the page in a folder: of one state Redis, and of the MySQL that the client's own file names. */
async function openShell(folder: string, state: ThrowawayRedis): Promise<Shell> {
  const { redis } = await findServers({ needs: ["redis"] });
  for (const name of ["bin", "redis"]) mkdirSync(join(folder, name));
  const start = `#!/bin/bash\nexec -a redis-server '${redis.command}' "$@"\n`;
  writeFileSync(join(folder, "bin/redis-server"), start, { mode: 0o755 });
  const env = {
    ...process.env,
    ...redis.env,
    PATH: `${join(folder, "bin")}:${process.env["PATH"]}`,
    HOME: folder,
    REDIS_STATE_URL: state.url,
    REDIS_DIR: join(folder, "redis"),
  };
  return (commands, { path }) => {
    writeFileSync(join(folder, ".my.cnf"), `[client]\nsocket=${path}\nuser=root\n`);
    const { status, stderr } = spawnSync("bash", ["-euo", "pipefail", "-c", commands], {
      cwd: folder,
      env,
      encoding: "utf8",
      timeout: 60_000,
    });
    expect([status, status === 0 ? "" : stderr]).toEqual([0, ""]);
  };
}

/** A recommender and a gateway on these stores, with an empty cache. */
async function openServices(world: World, { url: mysqlUrl }: PrivateMysql, state: ThrowawayRedis) {
  const cache = resources.use(await throwawayRedis());
  const stores = { mysqlUrl, redisUrl: cache.url, stateRedisUrl: state.url };
  const { address } = await world.openRecommendation(stores);
  return world.openGateway({ ...stores, recommenderAddress: address });
}

/** Signs two users up; one publishes, now and later; the other reads a page, likes and comments. */
async function publishAndRead(gateway: { url: string }) {
  const author = await signedUp(gateway, "alice");
  const draft = { title: "kept", content: "by a backup", channel_id: 101 };
  const published = await Promise.all(Array.from({ length: 10 }, () => author.http.post("/articles", draft)));
  const waiting = await author.http.post("/articles", { ...draft, publish_at: Date.now() + 3_600_000 });
  expect([...published, waiting].map(({ status }) => status)).toEqual(Array(11).fill(201));
  const reader = await signedUp(gateway, "bob");
  const page = await eventually(async () => {
    const answer = await reader.http.get(FEED);
    expect(idsOf(answer)).toHaveLength(4);
    return answer;
  });
  const [first] = page.body.data.results;
  const like = { id: randomUUID(), type: "liking", token: first.trace.liking, ts: Date.now() };
  expect((await reader.http.post("/events", { events: [like] })).status).toBe(202);
  expect((await reader.http.post(`/articles/${first.article_id}/comments`, { content: "so it is" })).status).toBe(201);
  await eventually(async () =>
    expect(await shown(gateway, first.article_id)).toMatchObject({ like_count: 1, comment_count: 1 }),
  );
  return {
    liked: first.article_id as string,
    shown: await shown(gateway, first.article_id),
    page: idsOf(page),
    timestamp: page.body.data.timestamp as number,
    waiting: waiting.body.data.article_id as string,
    clickToken: first.trace.click as string,
    accessToken: `Bearer ${reader.data.token}`,
    notRenewed: reader.data.refresh_token as string,
    renewedLater: (await signIn(gateway, "bob")).body.data.refresh_token as string,
  };
}

const idsOf = ({ body }: Answer): string[] =>
  body.data.results.map(({ article_id }: { article_id: string }) => article_id);
const shown = async (gateway: { url: string }, id: string) => (await client(gateway).get(`/articles/${id}`)).body.data;
const signIn = (gateway: { url: string }, name: string) =>
  client(gateway).post("/authorizations", { name, password: PASSWORD });
const renew = (gateway: { url: string }, refreshToken: string) =>
  client(gateway, `Bearer ${refreshToken}`).send("PUT", "/authorizations");

async function signedUp(gateway: { url: string }, name: string) {
  const { status, body } = await client(gateway).post("/users", { name, password: PASSWORD });
  expect(status).toBe(201);
  return { data: body.data, http: client(gateway, `Bearer ${body.data.token}`) };
}

async function signedIn(gateway: { url: string }, name: string) {
  const { status, body } = await signIn(gateway, name);
  expect(status).toBe(201);
  return client(gateway, `Bearer ${body.data.token}`);
}

/** Keeps every writer of the event log waiting until its end. */
async function takeEventTurn({ url }: PrivateMysql) {
  const connection = await createConnection(url);
  await connection.beginTransaction();
  await connection.query("INSERT INTO event_turns (id) VALUES (1) ON DUPLICATE KEY UPDATE id = id");
  return {
    end: async () => {
      await connection.rollback();
      await connection.end();
    },
  };
}

async function rowsOf({ url }: PrivateMysql, sql: string): Promise<readonly unknown[]> {
  const connection = await createConnection(url);
  try {
    const [rows] = await connection.query<RowDataPacket[]>(sql);
    return rows.map((row) => ({ ...row }));
  } finally {
    await connection.end();
  }
}

async function clicksIn(mysql: PrivateMysql): Promise<number> {
  return (await rowsOf(mysql, "SELECT id FROM events WHERE kind = 'click'")).length;
}

async function streamLength({ url }: ThrowawayRedis): Promise<number> {
  const redis = openRedis(url);
  try {
    await waitForRedis(redis);
    return await redis.xlen("events:{log}");
  } finally {
    redis.disconnect();
  }
}
