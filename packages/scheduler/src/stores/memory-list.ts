import { hasText } from "../core/job-search.js";
import type { JobPage, JobQuery } from "../core/job-store.js";
import type { MemoryJobs } from "./memory-jobs.js";

const LIMIT_DEFAULT = 100;

/** Place of a job in the list. */
type Place = readonly [nextRunMs: number | null, id: string];

/** Returns a page of jobs by next run, paused ones last, then by id, in one pass over all jobs. */
export function listJobs(jobs: MemoryJobs, { state, tag, search, limit = LIMIT_DEFAULT, cursor }: JobQuery): JobPage {
  const after = cursor === undefined ? undefined : (JSON.parse(cursor) as Place);
  const wanted = Math.max(1, limit);
  const first = new First(wanted + 1);
  for (const slot of jobs.slots()) {
    const { id, tags } = jobs.outline(slot);
    const nextRunMs = jobs.nextRun(slot);
    if (state !== undefined && (state === "paused") !== (nextRunMs === null)) continue;
    if (tag !== undefined && !tags.includes(tag)) continue;
    if (search !== undefined && !hasText(jobs.record(slot), search)) continue;
    const place: Place = [nextRunMs, id];
    if (after === undefined || compare(place, after) > 0) first.add(place);
  }
  const places = first.sorted();
  const page = places.slice(0, wanted);
  const records = page.map(([, id]) => jobs.record(jobs.find(id)!));
  return places.length > wanted ? { jobs: records, cursor: JSON.stringify(page.at(-1)) } : { jobs: records };
}

/** Collects the first `count` of all places that are added. */
class First {
  #places: Place[] = [];
  #last: Place | undefined;

  constructor(private readonly count: number) {}

  add(place: Place): void {
    if (this.#last !== undefined && compare(place, this.#last) >= 0) return;
    this.#places.push(place);
    if (this.#places.length < 2 * this.count) return;
    this.#places = this.sorted();
    this.#last = this.#places.at(-1);
  }

  sorted(): Place[] {
    return this.#places.sort(compare).slice(0, this.count);
  }
}

function compare([aRun, aId]: Place, [bRun, bId]: Place): number {
  if (aRun !== bRun) return (aRun ?? Number.POSITIVE_INFINITY) - (bRun ?? Number.POSITIVE_INFINITY);
  return aId < bId ? -1 : aId > bId ? 1 : 0;
}
