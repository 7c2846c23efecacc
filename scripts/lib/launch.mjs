import { join } from "node:path";
import { banner } from "./banner.mjs";
import { dataFolder } from "./data-folder.mjs";
import { freePorts } from "./ports.mjs";
import { loadDatabaseCode, prepareDatabase } from "./prepare-database.mjs";
import { root } from "./root.mjs";
import { readSecrets } from "./secrets.mjs";
import { openServers } from "./servers.mjs";
import { Service } from "./service.mjs";
import { stopSignal } from "./stop-signal.mjs";
import { tell } from "./terminal.mjs";
import { untilReady } from "./until-ready.mjs";

/** Folders of files that the gateway serves: the pages in the browser as they are built, and the covers of the sample. */
const ASSETS = ["services/web/dist", "sample/public"].map((folder) => join(root, folder)).join(":");

/**
 * Servers, schema, sample and services, until a signal comes. Services that are `hosted` load their code while the
 * servers come up. `commandOf(name)` is how a service is started; `build` runs before anything is.
 */
export async function launch({ commandOf, hosted, build = async () => {}, logLevel }) {
  const { env } = process;
  const stop = stopSignal();
  const dataDir = dataFolder(env);
  const ports = await freePorts(env);
  const secrets = readSecrets(env, dataDir);
  await build(stop.signal);
  if (stop.signal.aborted) return;

  const recommendation = new Service({ name: "recommendation", command: commandOf("recommendation"), hosted });
  const gateway = new Service({ name: "gateway", command: commandOf("gateway"), hosted });
  const jobs = new Service({ name: "jobs", command: commandOf("jobs"), hosted });
  const services = [gateway, jobs, recommendation]; // in the order they stop: whoever asks before whoever answers
  stop.onSecond(() => {
    for (const service of services) service.kill();
    process.exit(1);
  });

  let servers;
  try {
    const opening = openServers({ env, dataDir, onProgress: tell });
    await Promise.allSettled([opening, loadDatabaseCode()]);
    servers = await opening;
    const hasSample = env.NODE_ENV !== "production"; // its authors have a password that everybody knows
    await prepareDatabase({ mysqlUrl: servers.mysqlUrl, wantsSample: hasSample, onProgress: tell });
    if (stop.signal.aborted) return;

    const environments = environmentsOf({ env, dataDir, ports, secrets, servers, logLevel });
    recommendation.run(environments.recommendation);
    gateway.run(environments.gateway);
    jobs.run(environments.jobs);
    await Promise.race([untilReady(ports, stop.signal), ...services.map((service) => service.failed)]);
    if (stop.signal.aborted) return;

    for (const service of services) service.declareHealthy();
    process.stdout.write(banner({ ports, hasSample, dataDir, embedded: servers.embedded }));
    await stop.asked;
    tell("stopping: the services finish what they have begun");
  } catch (error) {
    if (!stop.signal.aborted) throw error; // what a signal interrupts may fail
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
  };
  const grpc = `127.0.0.1:${ports.GRPC_PORT}`;
  return {
    recommendation: {
      ...shared,
      GRPC_ADDRESS: grpc,
      TRACK_SECRET: secrets.TRACK_SECRET,
      METRICS_PORT: String(ports.METRICS_PORT),
      METRICS_HOST: "127.0.0.1",
    },
    gateway: {
      ...shared,
      HOST: env.HOST || "127.0.0.1", // the demo password is known
      PORT: String(ports.PORT),
      RECOMMENDER_ADDRESS: grpc,
      JWT_SECRET: secrets.JWT_SECRET,
      TRACK_SECRET: secrets.TRACK_SECRET,
      ASSETS: env.ASSETS || ASSETS,
      METRICS_PORT: "", // at /metrics
      SIGN_UPS_PER_HOUR: env.SIGN_UPS_PER_HOUR || "1000000", // whoever tries things here is at one address
    },
    jobs: {
      ...shared,
      HOST: env.HOST || "127.0.0.1",
      JOBS_PORT: String(ports.JOBS_PORT),
      RECOMMENDER_ADDRESS: grpc,
      JWT_SECRET: secrets.JWT_SECRET,
      GATEWAY_URLS: `http://127.0.0.1:${ports.PORT}`,
      METRICS_URLS: metricsUrls(ports).join(","),
    },
  };
}

/** Of the processes beside the job service. */
function metricsUrls({ PORT, METRICS_PORT }) {
  return [PORT, METRICS_PORT].map((port) => `http://127.0.0.1:${port}/metrics`);
}
