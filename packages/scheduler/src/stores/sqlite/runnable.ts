import type { ClaimFilter } from "../claim-filters.js";
import type { SqlValue } from "./driver.js";

/** Returns the condition on rows that one of the executors can run. */
export function runnable(filters: readonly ClaimFilter[], alias = ""): { where: string; values: SqlValue[] } {
  const each = filters.map(({ executor, tasks }) => ({
    where: `(${executor === undefined ? "TRUE" : `${alias}executor = ?`} AND ${known(tasks, alias)})`,
    values: [...(executor === undefined ? [] : [executor]), ...knownValues(tasks)],
  }));
  const where = each.length === 0 ? "FALSE" : each.map((filter) => filter.where).join(" OR ");
  return { where: `(${where})`, values: each.flatMap(({ values }) => values) };
}

/** Condition on the task, one parameter for all names. */
export function known(tasks: readonly string[] | undefined, alias = ""): string {
  return tasks === undefined ? "TRUE" : `${alias}func IN (SELECT value FROM json_each(?))`;
}

export function knownValues(tasks: readonly string[] | undefined): SqlValue[] {
  return tasks === undefined ? [] : [JSON.stringify(tasks)];
}
