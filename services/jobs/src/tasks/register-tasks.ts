import type { Mysql } from "@headline/mysql";
import { overdueArticles, PUBLISH_TASK, publishScheduled } from "@headline/newsroom/articles";
import { type Change, pruneChanges, wakeFollowers } from "@headline/newsroom/changes";
import type { JobsIn } from "@headline/newsroom/jobs";
import { FAN_OUT_TASK, pruneInboxes } from "@headline/newsroom/notifications";
import { CANCEL_TASK, cancelUnpaid, overdueOrders, recountSlots } from "@headline/newsroom/orders";
import { correctStatistics } from "@headline/newsroom/statistics";
import type { Redis } from "@headline/redis";
import type { RunContext, Scheduler } from "@headline/scheduler";
import type { BackgroundTasks } from "../background/background-tasks.js";
import type { Metrics } from "../metrics.js";
import type { PageBuilder } from "../pages/page-builder.js";
import { summarized } from "./correction-summary.js";
import * as task from "./names.js";
import { deleteInChunks } from "./prune.js";
import { pruneLearntEvents } from "./prune-learnt-events.js";

interface Parts {
  readonly mysql: Mysql;
  readonly redis: Redis;
  readonly jobs: JobsIn;
  readonly pages: PageBuilder;
  readonly background: BackgroundTasks;
  readonly metrics: Metrics;
  readonly eventsKeptMs: number;
  readonly onRedisError: (error: unknown) => void;
}

/** What is this long overdue has lost its job. */
const OVERDUE_MS = 30_000;
const DAY_MS = 24 * 60 * 60 * 1_000;
const KEYS_KEPT_MS = DAY_MS;
const NOTIFICATIONS_KEPT_MS = 90 * DAY_MS;
const CANCELLED_KEPT_MS = 90 * DAY_MS;
/** A refresh token counts for 14 days. */
const SIGN_INS_KEPT_MS = 15 * DAY_MS;

/** Every task that a job of the store may name. */
export function registerTasks(scheduler: Scheduler, parts: Parts): void {
  const { mysql, redis, jobs, pages, background, metrics, eventsKeptMs, onRedisError } = parts;

  scheduler.registerTask(task.CORRECT_STATISTICS, async ({ signal }) => {
    const report = summarized(await correctStatistics({ mysql, redis, signal, onError: onRedisError }));
    metrics.corrected(report);
    return report;
  });
  scheduler.registerTask(task.BUILD_PAGES, ({ signal }) => pages.build(signal));
  scheduler.registerTask(task.PRUNE_PAGES, () => pages.prune());

  scheduler.registerTask(CANCEL_TASK, async (_context, orderId: string) => cancel(BigInt(orderId)));
  scheduler.registerTask(task.HEAL_ORDERS, async (context) => ({
    cancelled: await healed(context, await overdueOrders(mysql, OVERDUE_MS), cancel),
    slots: { ...(await recountSlots(mysql)) },
  }));

  scheduler.registerTask(PUBLISH_TASK, async ({ scheduledAt }, articleId: string) =>
    publish(BigInt(articleId), scheduledAt),
  );
  scheduler.registerTask(task.HEAL_ARTICLES, async (context) => ({
    published: await healed(context, await overdueArticles(mysql, OVERDUE_MS), (id) =>
      publish(id, context.scheduledAt),
    ),
  }));

  scheduler.registerTask(FAN_OUT_TASK, ({ signal }: RunContext, articleId: string) =>
    background.fanOut(BigInt(articleId), signal),
  );

  scheduler.registerTask(task.PRUNE_CHANGES, ({ signal }) => pruneChanges(mysql, signal));
  prunes(task.PRUNE_IDEMPOTENCY_KEYS, "idempotency_keys", "created_at", KEYS_KEPT_MS);
  prunes(task.PRUNE_DELETED_COMMENTS, "deleted_comments", "deleted_at", KEYS_KEPT_MS);
  prunes(task.PRUNE_NOTIFICATIONS, "notifications", "created_at", NOTIFICATIONS_KEPT_MS);
  scheduler.registerTask(task.PRUNE_INBOXES, ({ signal }) => pruneInboxes(mysql, signal));
  scheduler.registerTask(task.PRUNE_EVENTS, ({ signal }) => pruneLearntEvents(mysql, eventsKeptMs, signal));
  prunes(task.PRUNE_SIGN_INS, "sign_ins", "renewed_at", SIGN_INS_KEPT_MS);
  prunes(task.PRUNE_ORDERS, "orders", "status = 3 AND expires_at", CANCELLED_KEPT_MS);

  function prunes(name: string, table: string, olderThan: string, keptMs: number): void {
    scheduler.registerTask(name, ({ signal }) => deleteInChunks(mysql, { table, olderThan, keptMs, signal }));
  }

  async function cancel(orderId: bigint): Promise<string> {
    const { outcome, changes } = await cancelUnpaid(mysql, orderId);
    await tell(changes);
    return outcome;
  }

  async function publish(articleId: bigint, scheduledAtMs: number): Promise<string> {
    const { outcome, changes } = await publishScheduled(mysql, jobs, articleId, scheduledAtMs);
    await tell(changes);
    return outcome;
  }

  /** Best effort: who is not told reads it in MySQL within a second. */
  async function tell(changes: readonly Change[]): Promise<void> {
    if (changes.length > 0) await wakeFollowers(redis, ...changes).catch(onRedisError);
  }
}

/** How many were mended, one after the other until the run is aborted. */
async function healed(
  { signal }: RunContext,
  ids: readonly bigint[],
  mend: (id: bigint) => Promise<unknown>,
): Promise<number> {
  let count = 0;
  for (const id of ids) {
    signal.throwIfAborted();
    await mend(id);
    count += 1;
  }
  return count;
}
