import type { Mysql } from "@headline/mysql";
import { overdueArticles } from "@headline/newsroom/articles";
import { pruneChanges } from "@headline/newsroom/changes";
import { pruneInboxes } from "@headline/newsroom/notifications";
import { overdueOrders, recountSlots } from "@headline/newsroom/orders";
import { CANCELLED } from "@headline/newsroom/schema";
import { correctStatistics } from "@headline/newsroom/statistics";
import type { Redis } from "@headline/redis";
import { crontab, interval, type RunContext } from "@headline/scheduler";
import type { SharedJobSpec } from "@headline/scheduler/stores";
import type { Metrics } from "./metrics.js";
import type { PageBuilder } from "./pages/page-builder.js";
import { summarized } from "./tasks/correction-summary.js";
import type { OneOffs } from "./tasks/one-offs.js";
import { deleteInChunks } from "./tasks/prune.js";
import { pruneLearntEvents } from "./tasks/prune-learnt-events.js";
import { runEach } from "./tasks/run-each.js";

/** Seconds between two runs of the jobs whose period is configured. */
export interface Periods {
  readonly correctSeconds: number;
  readonly pagesSeconds: number;
}

/** Dependencies of the timetable's jobs. */
export interface TimetableDeps {
  readonly mysql: Mysql;
  readonly redis: Redis;
  readonly pages: PageBuilder;
  readonly oneOffs: OneOffs;
  readonly metrics: Metrics;
  readonly eventsKeptMs: number;
  readonly onRedisError: (error: unknown) => void;
}

/** A job known before the start: its row in the store, and its run. `func` stays the same for ever, as stored jobs name it. */
export interface TimetableJob extends SharedJobSpec {
  /** Times and effect in words, which `npm run generate` brings into docs/jobs.md; jobs that prune stand there together. */
  readonly about?: { readonly when: string; readonly what: string };
  readonly run: (deps: TimetableDeps, context: RunContext) => unknown;
}

export const TIMETABLE_TAG = "timetable";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** Grace before an overdue order or article counts as orphaned. */
const OVERDUE_MS = 30_000;

/** Jobs known before the start, a line a job; times of day are UTC. */
export function timetable({ correctSeconds, pagesSeconds }: Periods): readonly TimetableJob[] {
  const jobs: readonly TimetableJob[] = [
    {
      id: "correct-statistics",
      about: {
        when: "every 5 min (`CORRECT_EVERY_SECONDS`)",
        what: "every counter against the rows it counts, in MySQL and Redis, in chunks, beside live writes. The execution's result and `/metrics` say how many members were checked, how many counts were wrong, and by how much at worst",
      },
      func: "statistics.correct",
      trigger: interval({ seconds: correctSeconds }),
      timeoutMs: 30 * MINUTE_MS,
      run: async ({ mysql, redis, metrics, onRedisError }, { signal }) => {
        const report = summarized(await correctStatistics({ mysql, redis, signal, onError: onRedisError }));
        metrics.corrected(report);
        return report;
      },
    },
    {
      id: "build-static-pages",
      about: {
        when: "every minute (`PAGES_EVERY_SECONDS`)",
        what: "the guests' feed of each channel, as HTML and JSON",
      },
      func: "pages.build",
      trigger: interval({ seconds: pagesSeconds }),
      nextRunTime: "now",
      run: ({ pages }, { signal }) => pages.build(signal),
    },
    {
      id: "heal-orders",
      about: {
        when: "every minute",
        what: "cancels what is overdue without its job; recounts each day's slots and says what was wrong",
      },
      func: "orders.heal",
      trigger: crontab("* * * * *"),
      run: async ({ mysql, oneOffs }, { signal }) => ({
        cancelled: await runEach(await overdueOrders(mysql, OVERDUE_MS), oneOffs.cancel, signal),
        slots: { ...(await recountSlots(mysql)) },
      }),
    },
    {
      id: "heal-articles",
      about: { when: "every minute", what: "publishes what is overdue without its job" },
      func: "articles.heal",
      trigger: crontab("* * * * *"),
      run: async ({ mysql, oneOffs }, { signal, scheduledAt }) => ({
        published: await runEach(
          await overdueArticles(mysql, OVERDUE_MS),
          (id) => oneOffs.publish(id, scheduledAt),
          signal,
        ),
      }),
    },
    {
      id: "prune-changes",
      func: "changes.prune",
      trigger: crontab("*/10 * * * *"),
      run: ({ mysql }, { signal }) => pruneChanges(mysql, signal),
    },
    {
      id: "prune-static-pages",
      func: "pages.prune",
      trigger: crontab("12 * * * *"),
      run: ({ pages }) => pages.prune(),
    },
    {
      id: "prune-inboxes",
      func: "notifications.pruneInboxes",
      trigger: crontab("30 * * * *"),
      run: ({ mysql }, { signal }) => pruneInboxes(mysql, signal),
    },
    {
      id: "prune-events",
      about: {
        when: "every hour",
        what: "the beginning of the [event log](feedback.md#not-for-ever): what landed more than `EVENTS_KEEP_DAYS` (180) ago, as far as every model's newest snapshot knows it. The execution's result says how many",
      },
      func: "events.prune",
      trigger: crontab("50 * * * *"),
      run: ({ mysql, eventsKeptMs }, { signal }) => pruneLearntEvents(mysql, eventsKeptMs, signal),
    },
    ...PRUNED.map(pruning),
  ];
  return jobs.map((job) => ({ name: titleOf(job.id), timeoutMs: 10 * MINUTE_MS, ...job, tags: [TIMETABLE_TAG] }));
}

/** Rows of a table that are deleted once `time`, a column of epoch ms, is older than `keepMs`. */
interface Pruned {
  readonly id: string;
  readonly func: string;
  readonly table: string;
  readonly time: string;
  /** A condition that the rows meet as well. */
  readonly where?: string;
  readonly keepMs: number;
  readonly at: string;
}

const PRUNED: readonly Pruned[] = [
  {
    id: "prune-idempotency-keys",
    func: "idempotencyKeys.prune",
    table: "idempotency_keys",
    time: "created_at",
    keepMs: DAY_MS,
    at: "7 * * * *",
  },
  {
    id: "prune-deleted-comments",
    func: "deletedComments.prune",
    table: "deleted_comments",
    time: "deleted_at",
    keepMs: DAY_MS,
    at: "8 * * * *",
  },
  {
    id: "prune-notifications",
    func: "notifications.prune",
    table: "notifications",
    time: "created_at",
    keepMs: 90 * DAY_MS,
    at: "20 3 * * *",
  },
  {
    id: "prune-readings",
    func: "readings.prune",
    table: "readings",
    time: "read_at",
    keepMs: 180 * DAY_MS,
    at: "25 3 * * *",
  },
  {
    id: "prune-removed-readings",
    func: "removedReadings.prune",
    table: "readings",
    time: "removed_at", // tokens of events count for a day
    keepMs: 7 * DAY_MS,
    at: "35 * * * *",
  },
  {
    id: "prune-sign-ins",
    func: "signIns.prune",
    table: "sign_ins",
    time: "renewed_at", // a refresh token counts for 14 days
    keepMs: 15 * DAY_MS,
    at: "45 * * * *",
  },
  {
    id: "prune-orders",
    func: "orders.prune",
    table: "orders",
    time: "expires_at",
    where: `status = ${CANCELLED}`,
    keepMs: 90 * DAY_MS,
    at: "40 3 * * *",
  },
];

function pruning({ id, func, at, ...rows }: Pruned): TimetableJob {
  return { id, func, trigger: crontab(at), run: ({ mysql }, { signal }) => deleteInChunks(mysql, rows, signal) };
}

/** `heal-orders` → "Heal orders". */
function titleOf(id: string): string {
  const words = id.replaceAll("-", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
