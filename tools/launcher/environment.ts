import {
  host,
  integer,
  isLoopback,
  listed,
  logLevel,
  mysqlUrl,
  readConfig,
  redisUrl,
  refusePublished,
  secret,
} from "@headline/service/config";
import { z } from "zod";
import { dataFolder } from "./data-folder.js";

const SECRETS = ["JWT_SECRET", "TRACK_SECRET", "TRACK_SECRET_PREVIOUS", "STAFF_SECRET"] as const;

const port = integer(1, 65_535);
const Environment = z
  .object({
    HOST: host.default("127.0.0.1"),
    PORT: port.default(3_000),
    GRPC_PORT: port.default(50_051),
    JOBS_PORT: port.default(3_001),
    EXPLAIN_PORT: port.optional(),
    METRICS_PORT: port.optional(),
    REDIS_URL: redisUrl.optional(),
    MYSQL_URL: mysqlUrl.optional(),
    JWT_SECRET: secret.optional(),
    TRACK_SECRET: secret.optional(),
    TRACK_SECRET_PREVIOUS: secret.optional(),
    STAFF_SECRET: secret.optional(),
    SIGN_UPS_PER_HOUR: integer(1, 1_000_000_000).default(1_000_000), // who tries things here is at one address
    WRITES_PER_MINUTE: z.string().default("off"),
    ASSETS: z.string().optional(),
    LOG_LEVEL: logLevel.optional(),
    NODE_ENV: z.string().optional(),
    HEADLINE_DATA_DIR: z.string().optional(),
  })
  .superRefine(refusePublished(SECRETS, ({ HOST }) => !isLoopback(HOST as string)));

export type Variables = z.output<typeof Environment> & {
  readonly dataDir: string;
  /** Whether other machines reach the gateway and the dashboard. */
  readonly isOpen: boolean;
  readonly assets: string | undefined;
};

/** The variables of `npm start` and `npm run dev`, by the rules of the services; ends the process when one is malformed. */
export function readEnvironment(env: NodeJS.ProcessEnv): Variables {
  const variables = readConfig(Environment, env);
  return {
    ...variables,
    dataDir: dataFolder(variables),
    isOpen: !isLoopback(variables.HOST),
    assets: variables.ASSETS === undefined ? undefined : listed(variables.ASSETS, ":").join(":"),
  };
}

/** The http URL of a port, where a service listens on `host`. */
export function urlOf(host: string, port: number): string {
  const reachable = reachableHost(host);
  return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
}

/** A host to connect to, where a service listens on `host`. */
function reachableHost(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return host === "::" ? "::1" : host;
}
