import type { Mysql } from "@headline/mysql";
import { PUBLISH_TASK, publishScheduled } from "@headline/newsroom/articles";
import { type Change, wakeFollowers } from "@headline/newsroom/changes";
import type { JobsIn } from "@headline/newsroom/jobs";
import { FAN_OUT_TASK } from "@headline/newsroom/notifications";
import { CANCEL_TASK, cancelUnpaid } from "@headline/newsroom/orders";
import type { Redis } from "@headline/redis";
import type { RunContext, Scheduler } from "@headline/scheduler";
import type { BackgroundTasks } from "../background/background-tasks.js";

interface Deps {
  readonly mysql: Mysql;
  readonly redis: Redis;
  readonly jobs: JobsIn;
  readonly onRedisError: (error: unknown) => void;
}

/** Work of jobs that are added while running, in the transaction of their subject. The timetable repairs lost ones by it. */
export interface OneOffs {
  /** Cancels an order that is unpaid and overdue. */
  readonly cancel: (orderId: bigint) => Promise<string>;
  /** Publishes a scheduled article. */
  readonly publish: (articleId: bigint, scheduledAtMs: number) => Promise<string>;
}

export function createOneOffs({ mysql, redis, jobs, onRedisError }: Deps): OneOffs {
  return {
    async cancel(orderId) {
      const { outcome, changes } = await cancelUnpaid(mysql, orderId);
      await wake(changes);
      return outcome;
    },
    async publish(articleId, scheduledAtMs) {
      const { outcome, changes } = await publishScheduled(mysql, jobs, articleId, scheduledAtMs);
      await wake(changes);
      return outcome;
    },
  };

  /** Best effort: followers read MySQL within a second. */
  async function wake(changes: readonly Change[]): Promise<void> {
    if (changes.length > 0) await wakeFollowers(redis, ...changes).catch(onRedisError);
  }
}

/** Registers the tasks of jobs that are added while running. */
export function registerOneOffs(scheduler: Scheduler, oneOffs: OneOffs, background: BackgroundTasks): void {
  scheduler.registerTask(CANCEL_TASK, (_context: RunContext, orderId: string) => oneOffs.cancel(BigInt(orderId)));
  scheduler.registerTask(PUBLISH_TASK, ({ scheduledAt }: RunContext, articleId: string) =>
    oneOffs.publish(BigInt(articleId), scheduledAt),
  );
  scheduler.registerTask(FAN_OUT_TASK, ({ signal }: RunContext, articleId: string) =>
    background.fanOut(BigInt(articleId), signal),
  );
}
