export { type BootstrapOptions, bootstrapMariaDb } from "./bootstrap-mariadb.js";
export {
  cacheFolder,
  type FindServersOptions,
  findServers,
  type MariaDbCommand,
  type ServerCommand,
  type ServerName,
  type Servers,
} from "./find-servers.js";
export { answersMariaDb, runInMariaDb } from "./mariadb-session.js";
export { type Embedded, type OpenEmbeddedOptions, openEmbedded } from "./open-embedded.js";
export { type EmbeddedMariaDb, type OpenMariaDbOptions, openMariaDb } from "./open-mariadb.js";
export { type EmbeddedRedis, type OpenRedisOptions, openRedis } from "./open-redis.js";
export { answersRedis } from "./redis-session.js";
export { socketFolderOf } from "./socket-folder.js";
export { type FolderLock, holdLock } from "./with-lock.js";
