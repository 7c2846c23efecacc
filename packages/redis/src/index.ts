export { channelOf, openRedis, type Redis, type RedisOptions, waitForRedis } from "./client.js";
export { isUnableReply, namingLogin } from "./failure.js";
export { type LeanScript, leanScript } from "./lean-script.js";
export {
  cacheCommands,
  missingRights,
  type NeededCommand,
  reportMissingRights,
  scriptCommands,
} from "./missing-rights.js";
export type { ObserveRedis } from "./observe.js";
export { type Script, script } from "./script.js";
export { type CacheSource, type Versioned, VersionedCache } from "./versioned-cache.js";
