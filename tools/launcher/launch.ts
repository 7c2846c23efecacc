import { join } from "node:path";
import { demo } from "../content/demo.js";
import { root } from "../lib/root.js";
import { formatSeconds, say } from "../lib/terminal.js";
import { banner } from "./banner.js";
import { readEnvironment, urlOf, type Variables } from "./environment.js";
import { freePorts, type Ports } from "./ports.js";
import { prepareDatabase } from "./prepare-database.js";
import { readSecrets, type Secrets } from "./secrets.js";
import { type OpenServers, openServers } from "./servers.js";
import { type Environment, Service, type ServiceName } from "./service.js";
import type { StopSignal } from "./stop-signal.js";
import { untilReady } from "./until-ready.js";

/** Folders of files that the gateway serves: the pages in the browser as they are built, and the covers of the sample. */
const ASSETS = ["services/web/dist", "sample/public"].map((folder) => join(root, folder)).join(":");

export interface Launch {
  readonly stop: StopSignal;
  /** Command that starts a service. */
  readonly commandOf: (name: ServiceName) => readonly string[];
  /** Whether services load their code while the servers start. */
  readonly hosted: boolean;
  /** Resolves when the pages in the browser are built. */
  readonly pages: Promise<void>;
  readonly logLevel: string;
}

/** Starts servers, schema, sample and services, and runs them until a signal comes. */
export async function launch({ stop, commandOf, hosted, pages, logLevel }: Launch): Promise<void> {
  const variables = readEnvironment(process.env);
  const { dataDir, isOpen, HOST: host } = variables;
  const ports = await freePorts(variables);
  const secrets = readSecrets(variables, dataDir);

  const open = (name: ServiceName) => new Service({ name, command: commandOf(name), hosted });
  const [recommendation, gateway, jobs] = [open("recommendation"), open("gateway"), open("jobs")];
  const services = [gateway, jobs, recommendation]; // in the order they stop: a caller before its server
  stop.onSecond(() => {
    for (const service of services) service.kill();
    process.exit(1);
  });

  let servers: OpenServers | undefined;
  try {
    say("starting the servers");
    servers = await openServers({ env: variables, dataDir, onProgress: say });
    sayServers(servers);
    const wantsSample = variables.NODE_ENV !== "production";
    const demoPassword = await prepareDatabase({ mysqlUrl: servers.mysqlUrl, wantsSample, isOpen, onProgress: say });
    if (stop.signal.aborted) return;

    say("starting the services");
    const environments = environmentsOf({ variables, ports, secrets, servers, logLevel });
    const demoAccounts = demoPassword === undefined ? {} : { DEMO_ACCOUNTS: demo().names.join(",") };
    recommendation.run(complete(environments.recommendation));
    gateway.run(complete({ ...demoAccounts, ...environments.gateway }));
    jobs.run(complete(environments.jobs));
    const ready = untilReady({ host, ports, signal: stop.signal, onProgress: say });
    await Promise.race([Promise.all([ready, pages]), ...services.map((service) => service.failed)]);
    if (stop.signal.aborted) return;

    for (const service of services) service.declareHealthy();
    process.stdout.write(banner({ host, ports, demoPassword, dataDir, embedded: servers.embedded }));
    await stop.asked;
    say("stopping: the services finish what they have begun");
  } catch (error) {
    if (!stop.signal.aborted) throw error; // an interrupted step may fail
  } finally {
    for (const service of services) await service.stop();
    await servers?.close();
  }
}

function sayServers({ embedded }: OpenServers): void {
  if (embedded.length > 0) say(`${embedded.join(" and ")} run after ${formatSeconds(performance.now())}`);
}

interface Deps {
  readonly variables: Variables;
  readonly ports: Ports;
  readonly secrets: Secrets;
  readonly servers: OpenServers;
  readonly logLevel: string;
}

function environmentsOf({ variables, ports, secrets, servers, logLevel }: Deps): Record<ServiceName, Environment> {
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

/** Empties the `_FILE` variant of each variable: the launcher has read it, and a service refuses a variable given in both ways. */
function complete(environment: Environment): Environment {
  return { ...Object.fromEntries(Object.keys(environment).map((name) => [`${name}_FILE`, ""])), ...environment };
}
