import { NOTIFICATIONS } from "@headline/newsroom/notifications";
import { timetable } from "../../services/jobs/src/timetable.js";

/** Periods of the timetable, which its words name by their variables. */
const PERIODS = { correctSeconds: 300, pagesSeconds: 60 };
const PRUNED =
  "| `prune-…` | see the timetable | changes after an hour, idempotency keys and the ids of deleted comments after a day, notifications and cancelled orders after 90 days, sign-ins 15 days after their last renewal, readings 180 days after the last one and what was removed of them after a week, pages of channels that are no more. Executions are kept for 7 days; readers' histories expire in Redis by themselves |";

/** Pages with tables that the code declares, each with its table as it should be. */
export const DOCUMENTED_TABLES: Readonly<Record<string, (page: string) => string>> = {
  "docs/http-api.md": (page) => withTable(page, "notifications", notificationTable()),
  "docs/jobs.md": (page) => withTable(page, "jobs", jobTable()),
};

function notificationTable(): readonly string[] {
  const rows = Object.entries(NOTIFICATIONS).map(([kind, { to, subject }]) => `| \`${kind}\` | ${to} | ${subject} |`);
  return ["| kind | to | `subject_id` |", "|---|---|---|", ...rows];
}

/** @throws Error naming a job that has no words and does not prune. */
function jobTable(): readonly string[] {
  const rows = timetable(PERIODS).flatMap(({ id, about }) => {
    if (about !== undefined) return [`| \`${id}\` | ${about.when} | ${about.what} |`];
    if (id.startsWith("prune-")) return [];
    throw new Error(`services/jobs/src/timetable.ts: ${id} has no \`about\``);
  });
  return ["| job | when | what |", "|---|---|---|", ...rows, PRUNED];
}

/** The page with a table between two comments of its name. @throws Error when the page has no such comments. */
function withTable(page: string, name: string, lines: readonly string[]): string {
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [before, rest] = page.split(start);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`the page has no table of ${name}`);
  return `${before}${start}\n${lines.join("\n")}\n${end}${after}`;
}
