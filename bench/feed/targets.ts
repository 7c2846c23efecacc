import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { CloseStack } from "@headline/service/lifecycle";
import { freePorts } from "../lib/free-ports.js";
import type { MeasuredProcess, Target } from "../lib/measure.js";
import { type ServerProcess, startServer } from "../lib/server-process.js";
import { type FeedWorld, SECRETS } from "./world.js";

/** Servers of the bench, each with the processes that work for it. */
export interface Targets {
  readonly raw: Target;
  readonly canned: Target;
  readonly trained: Target;
  /** The same with two recommenders. */
  readonly two: Target;
  readonly jsonCanned: Target;
  readonly jsonTrained: Target;
  readonly naiveCanned: Target;
  readonly naiveTrained: Target;
  /** The recommender of `trained`. */
  readonly recommender: ServerProcess;
}

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PEERS = join(ROOT, "bench/feed/peers");
const GATEWAY = join(ROOT, "services/gateway/dist/main.js");
const RECOMMENDATION = join(ROOT, "services/recommendation/dist/main.js");
export const PATH = "/articles?channel_id=0&timestamp={now}";
const CANNED_ARTICLES = 1_000;
/** Objects that outlive a collection in a recommender are readers' histories: a larger young generation copies more of them at a time. */
const RECOMMENDER_FLAGS: readonly string[] = [];

/** Starts every server over one world; each is ready when this resolves. */
export async function openTargets(
  world: FeedWorld,
  resources: CloseStack,
  say: (line: string) => void,
): Promise<Targets> {
  const stores = { MYSQL_URL: world.mysqlUrl, REDIS_URL: world.redisUrl };
  const common = { ...stores, LOG_LEVEL: "info", NODE_ENV: "production", ...SECRETS };
  const ports = await freePorts(20);
  const port = () => String(ports.pop());
  const start = async (name: string, file: string, env: Record<string, string>, flags?: readonly string[]) => {
    say(`starting ${name}`);
    const options = { env, ready: /^ready|listens/, ...(flags && { flags }) };
    return resources.use(await startServer(name, file, options));
  };
  const openRecommender = async (name: string) => {
    const address = `127.0.0.1:${port()}`;
    const metrics = port();
    const env = { ...common, GRPC_ADDRESS: address, METRICS_PORT: metrics, METRICS_HOST: "127.0.0.1" };
    const server = await start(name, RECOMMENDATION, env, RECOMMENDER_FLAGS);
    return { server, address, process: { name: "recommender", pid: server.pid, metricsUrl: metricsAt(metrics) } };
  };
  const openGateway = async (name: string, addresses: readonly string[]) => {
    const at = port();
    const env = { ...common, HOST: "127.0.0.1", PORT: at, RECOMMENDER_ADDRESS: `ipv4:${addresses.join(",")}` };
    const { pid } = await start(name, GATEWAY, env);
    return { port: Number(at), process: { name: "gateway", pid, metricsUrl: metricsAt(at) } };
  };
  const openPeer = async (name: string, file: string, env: Record<string, string>) => {
    const at = port();
    const { pid } = await start(name, join(PEERS, file), { ...common, PORT: at, ...env });
    return { port: Number(at), process: { name, pid } };
  };
  const target = (name: string, entry: { port: number }, ...processes: readonly MeasuredProcess[]): Target => ({
    name,
    port: entry.port,
    processes: [...processes, ...world.stores],
  });

  const one = await openRecommender("recommender");
  const [first, second] = [await openRecommender("recommender 1 of 2"), await openRecommender("recommender 2 of 2")];
  const cannedAddress = `127.0.0.1:${port()}`;
  const articles = { ARTICLES: String(CANNED_ARTICLES) };
  const cannedServer = await start("canned recommender", join(PEERS, "canned-recommender.mjs"), {
    ...common,
    ...articles,
    ADDRESS: cannedAddress,
  });
  const canned = { name: "recommender", pid: cannedServer.pid };
  const gateway = await openGateway("gateway", [one.address]);
  const twoGateway = await openGateway("gateway of two recommenders", [first.address, second.address]);
  const cannedGateway = await openGateway("gateway of canned answers", [cannedAddress]);
  const withoutStores = { MYSQL_URL: "", REDIS_URL: "" };
  const jsonCanned = await openPeer("recommender", "json-recommender.mjs", { ...withoutStores, ...articles });
  const jsonTrained = await openPeer("recommender", "json-recommender.mjs", {});
  const jsonGateway = async ({ port: to }: { port: number }) =>
    openPeer("gateway", "json-gateway.mjs", { RECOMMENDER_PORT: String(to) });
  const [cannedJsonGateway, trainedJsonGateway] = [await jsonGateway(jsonCanned), await jsonGateway(jsonTrained)];
  const naive = async (address: string) =>
    openPeer("gateway", "naive.mjs", {
      RECOMMENDER_ADDRESS: address,
      PROTO: join(ROOT, "proto/user_recommend.proto"),
    });
  const [cannedNaive, trainedNaive] = [await naive(cannedAddress), await naive(one.address)];
  const bodyFile = join(world.folder, "body.json");
  writeFileSync(bodyFile, await onePage(gateway.port));
  const raw = await openPeer("raw", "raw-http.mjs", { BODY_FILE: bodyFile });
  return {
    raw: { name: "raw node:http", port: raw.port, processes: [raw.process] },
    canned: target("gateway, canned", cannedGateway, cannedGateway.process, canned),
    trained: target("gateway", gateway, gateway.process, one.process),
    two: target(
      "gateway, two recommenders",
      twoGateway,
      twoGateway.process,
      { ...first.process, name: "recommender" },
      { ...second.process, name: "second recommender" },
    ),
    jsonCanned: target("HTTP/JSON, canned", cannedJsonGateway, cannedJsonGateway.process, jsonCanned.process),
    jsonTrained: target("HTTP/JSON", trainedJsonGateway, trainedJsonGateway.process, jsonTrained.process),
    naiveCanned: target("naive, canned", cannedNaive, cannedNaive.process, canned),
    naiveTrained: target("naive", trainedNaive, trainedNaive.process, one.process),
    recommender: one.server,
  };
}

function metricsAt(port: string): string {
  return `http://127.0.0.1:${port}/metrics`;
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
