import type { TaskFunction } from "./task.js";

interface Searched {
  readonly id: string;
  readonly name: string;
  readonly func: string | TaskFunction;
  readonly tags: readonly string[];
}

/** Returns the name of a job's task; of a function without a name, "anonymous". */
export function taskName({ func }: Pick<Searched, "func">): string {
  return typeof func === "string" ? func : func.name || "anonymous";
}

/** True for a job with the text in its id, its name, its task or a tag, whatever the case. */
export function hasText(job: Searched, search: string): boolean {
  const text = search.toLowerCase();
  return [job.name, job.id, taskName(job), ...job.tags].some((part) => part.toLowerCase().includes(text));
}

/**
 * Returns the longest part of a search that stands in a job's JSON as it is, in lower case; "" when it has none. A store that
 * looks for it in the JSON leaves out no job that `hasText` finds: letters outside ASCII have cases that databases do not know,
 * and quotes are escaped there.
 */
export function jsonNeedle(search: string | undefined): string {
  const parts = search?.toLowerCase().match(/[ !#-[\]-~]+/g) ?? [];
  return parts.reduce((longest, part) => (part.length > longest.length ? part : longest), "");
}
