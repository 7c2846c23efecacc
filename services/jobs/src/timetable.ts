import { crontab, interval } from "@headline/scheduler";
import type { SharedJobSpec } from "@headline/scheduler/stores";
import {
  BUILD_PAGES,
  CORRECT_STATISTICS,
  HEAL_ARTICLES,
  HEAL_ORDERS,
  PRUNE_CHANGES,
  PRUNE_DELETED_COMMENTS,
  PRUNE_EVENTS,
  PRUNE_IDEMPOTENCY_KEYS,
  PRUNE_INBOXES,
  PRUNE_NOTIFICATIONS,
  PRUNE_ORDERS,
  PRUNE_PAGES,
  PRUNE_SIGN_INS,
} from "./tasks/names.js";

/** Seconds between two runs of what may be wanted more, or less, often. */
export interface Periods {
  readonly correctSeconds: number;
  readonly pagesSeconds: number;
}

export const TIMETABLE_TAG = "timetable";

const MINUTE_MS = 60_000;

/** What is known before the start, a line a job; times of day are UTC. What is added while running is beside what it is about. */
export function timetable({ correctSeconds, pagesSeconds }: Periods): readonly SharedJobSpec[] {
  const lines: readonly SharedJobSpec[] = [
    {
      id: "correct-statistics",
      func: CORRECT_STATISTICS,
      trigger: interval({ seconds: correctSeconds }),
      timeoutMs: 30 * MINUTE_MS,
    },
    { id: "build-static-pages", func: BUILD_PAGES, trigger: interval({ seconds: pagesSeconds }), nextRunTime: "now" },
    { id: "heal-orders", func: HEAL_ORDERS, trigger: crontab("* * * * *") },
    { id: "heal-articles", func: HEAL_ARTICLES, trigger: crontab("* * * * *") },
    { id: "prune-changes", func: PRUNE_CHANGES, trigger: crontab("*/10 * * * *") },
    { id: "prune-idempotency-keys", func: PRUNE_IDEMPOTENCY_KEYS, trigger: crontab("7 * * * *") },
    { id: "prune-deleted-comments", func: PRUNE_DELETED_COMMENTS, trigger: crontab("8 * * * *") },
    { id: "prune-static-pages", func: PRUNE_PAGES, trigger: crontab("12 * * * *") },
    { id: "prune-notifications", func: PRUNE_NOTIFICATIONS, trigger: crontab("20 3 * * *") },
    { id: "prune-inboxes", func: PRUNE_INBOXES, trigger: crontab("30 * * * *") },
    { id: "prune-events", func: PRUNE_EVENTS, trigger: crontab("50 * * * *") },
    { id: "prune-sign-ins", func: PRUNE_SIGN_INS, trigger: crontab("45 * * * *") },
    { id: "prune-orders", func: PRUNE_ORDERS, trigger: crontab("40 3 * * *") },
  ];
  return lines.map((line) => ({
    name: spoken(line.id),
    timeoutMs: 10 * MINUTE_MS,
    ...line,
    tags: [TIMETABLE_TAG],
  }));
}

/** `heal-orders` as people say it: "Heal orders". */
function spoken(id: string): string {
  const words = id.replaceAll("-", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
