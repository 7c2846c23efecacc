/** Building blocks shared with the packages of this repository that are built on the scheduler, such as `@headline/tasks`; no stable API. */

export { SHUTDOWN } from "./core/call-options.js";
export { checkNumbers } from "./core/check-value.js";
export { describeThrown, isA, readMember, thrownLine } from "./core/describe-thrown.js";
export { checkedOverlap } from "./core/job-policy.js";
export { plainJson } from "./core/json.js";
export { checkKnown, type OptionNames } from "./core/known-options.js";
export { defaultLogger, safeLogger } from "./core/logger.js";
export { optionalPeer } from "./core/optional-peer.js";
export { withAbortGrace } from "./executors/abort-grace.js";
export { closeBull, closeBullWorker } from "./executors/close-bull.js";
export { jsonValue } from "./executors/json-value.js";
export { KeyWatch } from "./executors/key-watch.js";
export { loadBullmq } from "./executors/load-bullmq.js";
export {
  closeRedis,
  openRedis,
  patientConnection,
  persistentConnection,
  promptConnection,
  type RedisConnectionOptions,
  type RedisTarget,
} from "./executors/redis-target.js";
export { type RemoteError, reviveError } from "./executors/remote-error.js";
export { RunningSet } from "./executors/running-set.js";
export { throttleErrors } from "./executors/throttle-errors.js";
export { UnknownTasks } from "./executors/unknown-tasks.js";
export { waitForPermission } from "./executors/wait-for-permission.js";
export { deferred } from "./scheduler/deferred.js";
export { redisFailure } from "./stores/redis/failure.js";
export { checkMilliseconds } from "./time/parse.js";
export { portableZone } from "./time/portable-zone.js";
