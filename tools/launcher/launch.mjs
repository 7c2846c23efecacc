import { join } from "node:path";
import { root } from "../lib/root.mjs";
import { tell } from "../lib/terminal.mjs";
import { banner } from "./banner.mjs";
import { demo } from "./demo-password.mjs";
import { readEnvironment, urlOf } from "./environment.mjs";
import { freePorts } from "./ports.mjs";
import { loadDatabaseCode, prepareDatabase } from "./prepare-database.mjs";
import { readSecrets } from "./secrets.mjs";
import { openServers } from "./servers.mjs";
import { Service } from "./service.mjs";
import { stopSignal } from "./stop-signal.mjs";
import { untilReady } from "./until-ready.mjs";

/** Folders of files that the gateway serves: the pages in the browser as they are built, and the covers of the sample. */
const ASSETS = ["services/web/dist", "sample/public"].map((folder) => join(root, folder)).join(":");

/**
 * Servers, schema, sample and services, until a signal comes. Services that are `hosted` load their code while the
 * servers come up. `commandOf(name)` is how a service is started; `build` runs before anything is.
 */
export async function launch({ commandOf, hosted, build = async () => {}, logLevel }) {
  const stop = stopSignal();
  await build(stop.signal);
  if (stop.signal.aborted) return;
  const variables = await readEnvironment(process.env);
  const { dataDir, isOpen, HOST: host } = variables;
  const ports = await freePorts(variables);
  const secrets = readSecrets(variables, dataDir);

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
    const opening = openServers({ env: variables, dataDir, onProgress: tell });
    await Promise.allSettled([opening, loadDatabaseCode()]);
    servers = await opening;
    const wantsSample = variables.NODE_ENV !== "production";
    const demoPassword = await prepareDatabase({ mysqlUrl: servers.mysqlUrl, wantsSample, isOpen, onProgress: tell });
    if (stop.signal.aborted) return;

    const environments = environmentsOf({ variables, ports, secrets, servers, logLevel });
    recommendation.run(complete(environments.recommendation));
    const demoAccounts = demoPassword === undefined ? {} : { DEMO_ACCOUNTS: demo().names.join(",") };
    gateway.run(complete({ ...demoAccounts, ...environments.gateway }));
    jobs.run(complete(environments.jobs));
    await Promise.race([untilReady({ host, ports }, stop.signal), ...services.map((service) => service.failed)]);
    if (stop.signal.aborted) return;

    for (const service of services) service.declareHealthy();
    process.stdout.write(banner({ host, ports, demoPassword, dataDir, embedded: servers.embedded }));
    await stop.asked;
    tell("stopping: the services finish what they have begun");
  } catch (error) {
    if (!stop.signal.aborted) throw error; // what a signal interrupts may fail
  } finally {
    for (const service of services) await service.stop();
    await servers?.close();
  }
}

function environmentsOf({ variables, ports, secrets, servers, logLevel }) {
  const { HOST: host, dataDir } = variables;
  const shared = {
    REDIS_URL: servers.redisUrl,
    MYSQL_URL: servers.mysqlUrl,
    HEADLINE_DATA_DIR: dataDir,
    LOG_LEVEL: variables.LOG_LEVEL ?? logLevel,
  };
  const grpc = `127.0.0.1:${ports.GRPC_PORT}`;
  const explain = `127.0.0.1:${ports.EXPLAIN_PORT}`;
  return {
    recommendation: {
      ...shared,
      GRPC_ADDRESS: grpc,
      EXPLAIN_ADDRESS: explain,
      TRACK_SECRET: secrets.TRACK_SECRET,
      METRICS_PORT: String(ports.METRICS_PORT),
      METRICS_HOST: "127.0.0.1",
    },
    gateway: {
      ...shared,
      HOST: host,
      PORT: String(ports.PORT),
      RECOMMENDER_ADDRESS: grpc,
      JWT_SECRET: secrets.JWT_SECRET,
      TRACK_SECRET: secrets.TRACK_SECRET,
      ASSETS: variables.assets ?? ASSETS,
      METRICS_PORT: "", // at /metrics
      SIGN_UPS_PER_HOUR: String(variables.SIGN_UPS_PER_HOUR),
      WRITES_PER_MINUTE: variables.WRITES_PER_MINUTE,
    },
    jobs: {
      ...shared,
      HOST: host,
      JOBS_PORT: String(ports.JOBS_PORT),
      RECOMMENDER_ADDRESS: grpc,
      EXPLAIN_ADDRESS: explain,
      STAFF_SECRET: secrets.STAFF_SECRET,
      JWT_SECRET: secrets.JWT_SECRET,
      GATEWAY_URLS: urlOf(host, ports.PORT),
      METRICS_URLS: [urlOf(host, ports.PORT), urlOf("127.0.0.1", ports.METRICS_PORT)]
        .map((url) => `${url}/metrics`)
        .join(","),
    },
  };
}

/** With files named for none of these: the launcher has read them, and a service refuses a variable that is given in both ways. */
function complete(environment) {
  return { ...Object.fromEntries(Object.keys(environment).map((name) => [`${name}_FILE`, ""])), ...environment };
}
