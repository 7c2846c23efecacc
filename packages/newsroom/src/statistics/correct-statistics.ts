import type { Mysql } from "@headline/mysql";
import type { Redis } from "@headline/redis";
import { correctRedis } from "./correct-redis.js";
import { correctRows } from "./correct-rows.js";
import { type CorrectionReport, type StatisticsReport, Tally } from "./correction-report.js";
import { ARTICLE_STATISTICS, type StatisticsDefinition, USER_STATISTICS } from "./definition.js";
import { openStatistics } from "./open-statistics.js";
import { readChunk } from "./read-chunk.js";

export interface CorrectionOptions {
  readonly mysql: Mysql;
  /** While it is away MySQL is corrected all the same, and the report says so. */
  readonly redis: Redis;
  readonly definitions?: readonly StatisticsDefinition<string>[];
  /** Subjects compared at a time. */
  readonly chunkSize?: number;
  /** Ends the walk before its next chunk; what is repaired by then stays repaired. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: CorrectionProgress) => void;
  /** Called with everything that makes the report incomplete. */
  readonly onError?: (error: unknown) => void;
}

export interface CorrectionProgress {
  /** The definition's name. */
  readonly statistics: string;
  readonly membersChecked: number;
}

const EVERY_DEFINITION: readonly StatisticsDefinition<string>[] = [USER_STATISTICS, ARTICLE_STATISTICS];

/** A chunk's reads of Redis are one pipeline, which has to come back within one command's time. */
const CHUNK_SIZE = 500;

/**
 * Compares every count with the rows it counts, in MySQL and in Redis, repairs what is wrong and reports what it found.
 * It may run beside live writes, and beside itself: what looks wrong is looked at again before it is called wrong.
 *
 * @throws Refusal UNAVAILABLE when MySQL cannot be read, and the signal's reason when that ends it.
 */
export async function correctStatistics(options: CorrectionOptions): Promise<CorrectionReport> {
  const { definitions = EVERY_DEFINITION } = options;
  const startedMs = performance.now();
  const statistics: StatisticsReport[] = [];
  for (const definition of definitions) statistics.push(await correctDefinition(definition, options));
  return {
    statistics,
    complete: statistics.every(
      ({ membersChecked, membersCheckedInRedis, unrepaired }) =>
        membersCheckedInRedis === membersChecked && unrepaired === 0,
    ),
    tookMs: performance.now() - startedMs,
  };
}

/** Chunk after chunk: read one moment → correct the rows → correct Redis by the corrected rows. */
async function correctDefinition<Name extends string>(
  definition: StatisticsDefinition<Name>,
  { mysql, redis, chunkSize = CHUNK_SIZE, signal, onProgress, onError = () => undefined }: CorrectionOptions,
): Promise<StatisticsReport> {
  if (!Number.isInteger(chunkSize) || chunkSize < 1) throw new RangeError("chunkSize is a positive whole number");
  const tally = new Tally(definition);
  const cache = openStatistics(definition, { mysql, redis, localMax: 1 });
  const correction = { definition, mysql, redis, cache, tally, onError };
  for (let from: bigint | undefined = SMALLEST_ID; from !== undefined; ) {
    signal?.throwIfAborted();
    const chunk: Awaited<ReturnType<typeof readChunk<Name>>> = await readChunk(mysql, definition, from, chunkSize);
    const rows = await correctRows(correction, chunk.members);
    await correctRedis(correction, rows);
    onProgress?.({ statistics: definition.name, membersChecked: tally.membersChecked });
    from = chunk.nextFrom;
  }
  return tally.report();
}

const SMALLEST_ID = -(2n ** 63n);
