export { isLoopback, isPublishedSecret, refusePublished } from "./published-secrets.js";
export { reachableUrl } from "./reachable-url.js";
export { readConfig } from "./read-config.js";
export { type MysqlAddress, mysqlAddress, type RedisAddress, redisAddress, ServerUrlError } from "./server-url.js";
export { isWholeTls, TLS_VARIABLES, type Tls, tlsOf, WHOLE_TLS } from "./tls.js";
export {
  decimal,
  grpcAddress,
  grpcTarget,
  host,
  httpUrl,
  httpUrls,
  integer,
  listed,
  logLevel,
  mysqlUrl,
  origins,
  port,
  redisUrl,
  secret,
} from "./variables.js";
