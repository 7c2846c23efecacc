import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { migrate, openMysql } from "@headline/mysql";
import { CloseStack } from "@headline/service/lifecycle";
import { privateMysql, throwawayRedis } from "@headline/testkit";
import { freePorts } from "../lib/free-ports.js";
import { type LoadOptions, type Measured, measure, median, type Target } from "../lib/measure.js";
import { seedArticles } from "../lib/seed-articles.js";
import { type ServerProcess, startServer } from "../lib/server-process.js";
import type { FeedBenchOptions } from "./options.js";
import { reportFeed } from "./report.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PEERS = join(ROOT, "bench/feed/peers");
const MIGRATIONS = join(ROOT, "packages/newsroom/migrations");
const GATEWAY = join(ROOT, "services/gateway/dist/main.js");
const RECOMMENDATION = join(ROOT, "services/recommendation/dist/main.js");
const PATH = "/articles?channel_id=0&timestamp={now}";
const SECRETS = {
  JWT_SECRET: "the signing secret of the benchmark, long enough",
  TRACK_SECRET: "the tracking secret of the benchmark, long enough",
};

/** Cost of one page of the home feed beside other forms. Everything runs in one go, in alternating order. */
export async function benchFeed(options: FeedBenchOptions, say: (line: string) => void): Promise<void> {
  await using resources = new CloseStack();
  const targets = await openTargets(options, resources, say);

  const results = new Map<string, Map<number, Measured[]>>();
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const connections of options.connections) {
      for (const target of round % 2 === 1 ? targets : [...targets].reverse()) {
        say(`round ${round} of ${options.rounds}: ${target.name}, ${connections} connections`);
        const measured = await measure(target, { ...loadOptions(options), connections });
        const ofTarget = results.get(target.name) ?? new Map<number, Measured[]>();
        results.set(target.name, ofTarget);
        ofTarget.set(connections, [...(ofTarget.get(connections) ?? []), measured]);
      }
    }
  }
  const medians = new Map(
    [...results].map(([name, byConnections]) => [
      name,
      new Map([...byConnections].map(([at, runs]) => [at, median(runs)])),
    ]),
  );

  const real = targets.find(({ name }) => name === "gateway") as Target;
  const peak = medians.get("gateway")?.get(Math.max(...options.connections))?.perSecond ?? 0;
  say("half of the peak load");
  const half = await measure(real, { ...loadOptions(options), connections: 64, ratePerSecond: peak / 2 });
  say(reportFeed(medians, half, options));
}

function loadOptions({ seconds, readers }: FeedBenchOptions): Omit<LoadOptions, "connections"> {
  return { seconds, readers, warmupSeconds: 1, path: PATH };
}

async function openTargets(
  options: FeedBenchOptions,
  resources: CloseStack,
  say: (line: string) => void,
): Promise<Target[]> {
  const folder = mkdtempSync(join(tmpdir(), "headline-bench-"));
  resources.defer(() => rmSync(folder, { recursive: true, force: true }));
  const mysql = resources.use(await privateMysql());
  const redis = resources.use(await throwawayRedis());
  say(`seeding ${options.articles} articles`);
  await migrate(mysql.url, MIGRATIONS);
  {
    await using pool = openMysql(mysql.url, { acquireTimeoutMs: 10_000, statementTimeoutMs: 60_000 });
    await seedArticles(pool, options.articles, (done) => {
      if (done % 100_000 === 0) say(`  ${done}`);
    });
  }
  const stores = { MYSQL_URL: mysql.url, REDIS_URL: redis.url, LOG_LEVEL: "info", NODE_ENV: "production", ...SECRETS };
  const start = async (name: string, file: string, env: Record<string, string>, flags?: readonly string[]) => {
    say(`starting ${name}`);
    const options = { env: { ...stores, ...env }, ready: /^ready|listens/, ...(flags && { flags }) };
    return resources.use(await startServer(name, file, options));
  };

  const recommendationSocket = `unix:${join(folder, "recommendation.sock")}`;
  const cannedSocket = `unix:${join(folder, "canned.sock")}`;
  const [gatewayPort, cannedGatewayPort, jsonPort, jsonGatewayPort, naivePort, rawPort] = await freePorts(6);
  // What outlives a collection here are readers' histories, and a larger young generation only copies more of them at a time.
  const recommendation = await start("recommendation", RECOMMENDATION, { GRPC_ADDRESS: recommendationSocket }, []);
  const canned = await start("canned recommender", join(PEERS, "canned-recommender.mjs"), {
    ADDRESS: cannedSocket,
    ARTICLES: String(Math.min(options.articles, 1_000)),
  });
  const json = await start("JSON recommender", join(PEERS, "json-recommender.mjs"), {
    PORT: String(jsonPort),
    ARTICLES: String(Math.min(options.articles, 1_000)),
  });
  const gateway = await start("gateway", GATEWAY, {
    HOST: "127.0.0.1",
    PORT: String(gatewayPort),
    RECOMMENDER_ADDRESS: recommendationSocket,
  });
  const cannedGateway = await start("gateway (canned)", GATEWAY, {
    HOST: "127.0.0.1",
    PORT: String(cannedGatewayPort),
    RECOMMENDER_ADDRESS: cannedSocket,
  });
  const jsonGateway = await start("gateway over JSON", join(PEERS, "json-gateway.mjs"), {
    PORT: String(jsonGatewayPort),
    RECOMMENDER_PORT: String(jsonPort),
  });
  const naive = await start("naive", join(PEERS, "naive.mjs"), {
    PORT: String(naivePort),
    RECOMMENDER_ADDRESS: cannedSocket,
    PROTO: join(ROOT, "proto/user_recommend.proto"),
  });

  const bodyFile = join(folder, "body.json");
  writeFileSync(bodyFile, await onePage(gatewayPort as number));
  const raw = await start("raw node:http", join(PEERS, "raw-http.mjs"), { PORT: String(rawPort), BODY_FILE: bodyFile });
  const redisProcess = { name: "redis", pid: redis.pid as number };
  const mysqlProcess = { name: "mariadb", pid: mysql.pid as number };
  const target = (
    name: string,
    port: number | undefined,
    processes: readonly (ServerProcess | typeof redisProcess)[],
  ): Target => ({
    name,
    port: port as number,
    processes: processes.map(({ name: processName, pid }) => ({ name: processName, pid })),
  });
  return [
    target("raw node:http", rawPort, [raw]),
    target("gateway", gatewayPort, [gateway, recommendation, redisProcess, mysqlProcess]),
    target("gateway, canned recommender", cannedGatewayPort, [cannedGateway, canned, redisProcess, mysqlProcess]),
    target("gateway over HTTP/JSON, canned", jsonGatewayPort, [jsonGateway, json, redisProcess, mysqlProcess]),
    target("naive, canned recommender", naivePort, [naive, canned, redisProcess, mysqlProcess]),
  ];
}

/** A real page of the gateway, whose bytes raw node:http then answers. */
async function onePage(port: number): Promise<Buffer> {
  const url = `http://127.0.0.1:${port}${PATH.replace("{now}", String(Date.now()))}`;
  const response = await fetch(url, { headers: { authorization: "Anony 999999999" } });
  const body = Buffer.from(await response.arrayBuffer());
  const results = JSON.parse(body.toString()).data.results.length;
  if (response.status !== 200 || results !== 10)
    throw new Error(`the gateway answered ${response.status} with ${results} articles`);
  return body;
}
