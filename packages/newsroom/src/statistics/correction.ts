import type { Mysql } from "@headline/mysql";
import type { Redis, VersionedCache } from "@headline/redis";
import type { Tally } from "./correction-report.js";
import type { Counts, StatisticsDefinition } from "./definition.js";

/** Rows repaired together: few enough to leave connections to the others when the job shares their pool. */
export const AT_A_TIME = 4;

/** Dependencies of the correction of one definition. */
export interface Correction<Name extends string> {
  readonly definition: StatisticsDefinition<Name>;
  readonly mysql: Mysql;
  readonly redis: Redis;
  readonly cache: VersionedCache<Counts<Name>>;
  readonly tally: Tally<Name>;
  readonly onError: (error: unknown) => void;
}
