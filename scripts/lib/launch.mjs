import { setMaxListeners } from "node:events";
import { join } from "node:path";
import { banner } from "./banner.mjs";
import { dataFolder } from "./data-folder.mjs";
import { freePorts } from "./ports.mjs";
import { loadDatabaseCode, prepareDatabase } from "./prepare-database.mjs";
import { root } from "./root.mjs";
import { readSecrets } from "./secrets.mjs";
import { openServers } from "./servers.mjs";
import { Service } from "./service.mjs";
import { tell } from "./terminal.mjs";
import { untilReady } from "./until-ready.mjs";

const READY_WITHIN_MS = 60_000;

/**
 * Servers, schema, sample, services, until a signal comes. The services load their code while the servers come up.
 * `commandOf(name)` is how one is started; `build` runs before it.
 */
export async function launch({ commandOf, hosted, build = async () => {}, logLevel }) {
  const { env } = process;
  const startedAt = performance.now();
  const dataDir = dataFolder(env);
  const ports = await freePorts(env);
  const secrets = readSecrets(env, dataDir);
  const stop = stopSignal();
  await build();

  const recommendation = new Service({ name: "recommendation", command: commandOf("recommendation"), hosted });
  const gateway = new Service({ name: "gateway", command: commandOf("gateway"), hosted });
  const services = [gateway, recommendation]; // in the order they stop: whoever asks before whoever answers
  const someFailure = Promise.race(services.map(({ failed }) => failed));
  stop.onSecond(() => {
    for (const service of services) service.kill();
    process.exit(1);
  });

  let servers;
  try {
    const opening = openServers({ env, dataDir, onProgress: tell });
    await Promise.allSettled([opening, loadDatabaseCode()]);
    servers = await opening;
    const hasSample = env.NODE_ENV !== "production"; // its readers have a password that everybody knows
    await prepareDatabase({ mysqlUrl: servers.mysqlUrl, wantsSample: hasSample, onProgress: tell });
    const environments = environmentsOf({ env, dataDir, ports, secrets, servers, logLevel });
    if (!stop.signal.aborted) {
      recommendation.run(environments.recommendation);
      gateway.run(environments.gateway);
      const ready = untilReady(`http://127.0.0.1:${ports.PORT}/readyz`, {
        withinMs: READY_WITHIN_MS,
        signal: stop.signal,
      });
      await Promise.race([ready, someFailure]);
    }
    if (!stop.signal.aborted) {
      for (const service of services) service.declareHealthy();
      process.stdout.write(banner({ ports, hasSample, afterMs: performance.now() - startedAt }));
      await stop.signalled;
    }
    tell("stopping: the services finish what they have begun");
  } finally {
    for (const service of services) await service.stop();
    await servers?.close();
  }
}

function environmentsOf({ env, dataDir, ports, secrets, servers, logLevel }) {
  const shared = {
    REDIS_URL: servers.redisUrl,
    MYSQL_URL: servers.mysqlUrl,
    HEADLINE_DATA_DIR: dataDir,
    LOG_LEVEL: env.LOG_LEVEL || logLevel,
    TRACK_SECRET: secrets.TRACK_SECRET,
  };
  const grpc = `127.0.0.1:${ports.GRPC_PORT}`;
  return {
    recommendation: { ...shared, GRPC_ADDRESS: grpc },
    gateway: {
      ...shared,
      PORT: String(ports.PORT),
      RECOMMENDER_ADDRESS: grpc,
      JWT_SECRET: secrets.JWT_SECRET,
      ASSETS: env.ASSETS || ["services/web/public", "sample"].map((folder) => join(root, folder)).join(":"),
    },
  };
}

/** The first SIGINT or SIGTERM asks for an orderly end, the second for an immediate one. */
function stopSignal() {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  let second = () => process.exit(1);
  const onSignal = () => {
    if (controller.signal.aborted) second();
    controller.abort();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  process.on("SIGHUP", onSignal);
  const signalled = new Promise((resolve) => controller.signal.addEventListener("abort", resolve, { once: true }));
  return {
    signal: controller.signal,
    signalled,
    onSecond(act) {
      second = act;
    },
  };
}
