import { taskName } from "../../core/job-search.js";
import { type Content, type Html, html } from "../html.js";
import { paths, withQuery } from "../paths.js";
import type { JobRow, JobsPage, JobsQuery } from "../reading/jobs.js";
import type { Summary } from "../reading/summary.js";
import { lengthText } from "../times.js";
import { cut, JOB_STATE_TEXT } from "../wording.js";
import { layout } from "./layout.js";
import {
  type Column,
  choice,
  jobButtons,
  jobStatePill,
  localTime,
  orphanPill,
  relativeTime,
  statePill,
  storeChoice,
  table,
  tagLinks,
  unreadableWarning,
  type Visit,
} from "./parts.js";

/** Renders the jobs: next run, state, durations and last outcome. */
export function jobsPage(visit: Visit, page: JobsPage, query: JobsQuery, summary: Summary): Html {
  const filtered = [query.search, query.state, query.tag, query.store].some((value) => value !== undefined);
  return layout(visit, {
    section: "jobs",
    heading: "Jobs",
    name: "Jobs",
    summary,
    body: html`${filters(visit, query)}
${summary.unreadable.length === 0 && unreadableWarning(page.unreadable)}
${table({
  caption: "Jobs by their next run",
  columns: columns(visit),
  rows: page.rows,
  keyOf: ({ job }) => JSON.stringify([job.store, job.id]),
  empty: filtered ? "No job is like that." : "There are no jobs. addJob() brings them here.",
})}
${nextPage(visit, page, query)}`,
  });
}

function filters(visit: Visit, { search, state, tag, store }: JobsQuery): Html {
  return html`<form class="filters" method="get" action="${visit.base}/" role="search" data-still data-key="filters">
<label class="grow">Search<input type="search" dir="auto" name="q" value="${search}" placeholder="name, id, task or tag"></label>
${choice("state", "State", state, Object.entries(JOB_STATE_TEXT))}
<label>Tag<input type="text" name="tag" dir="auto" value="${tag}" size="10"></label>
${storeChoice(visit, store)}
<button type="submit">Filter</button>${[search, state, tag, store].some((value) => value !== undefined) && html`<a class="button" href="${visit.base}/">Clear</a>`}
</form>`;
}

function columns(visit: Visit): readonly Column<JobRow>[] {
  return [
    {
      heading: "Job",
      className: "job",
      cell: ({ job }) =>
        html`<a dir="auto" href="${visit.base}${paths.job(job.store, job.id)}">${job.name}</a>${job.id !== job.name && html`<code dir="auto" class="id" title="${job.id}">${cut(job.id, 40)}</code>`}`,
    },
    {
      heading: "Trigger",
      className: "trigger",
      cell: (row) => html`<code title="Task ${taskName(row.job)}">${String(row.job.trigger)}</code>`,
    },
    {
      heading: "Next run",
      className: "when",
      cell: ({ job, nowMs }) => {
        const at = job.nextRunTime?.getTime() ?? null;
        return at === null
          ? localTime(null, visit)
          : html`${relativeTime(at, nowMs, visit)}<small>${localTime(at, visit)}</small>`;
      },
    },
    {
      heading: "State",
      cell: ({ state, missing, job }) =>
        html`${jobStatePill(state)}${orphanPill(missing)}${job.pauseNote !== null && html`<small>${cut(job.pauseNote, 60)}</small>`}`,
    },
    {
      heading: "Running",
      className: "number",
      cell: ({ job, running }) =>
        html`<span class="${running > 0 && "busy"}">${running}</span><span class="quiet">/${job.maxInstances}</span>`,
    },
    { heading: "Average", className: "number", cell: ({ durations }) => durationText(durations?.averageMs) },
    { heading: "95 %", className: "number", cell: ({ durations }) => durationText(durations?.p95Ms) },
    { heading: "Last outcome", cell: (row) => lastOutcome(visit, row) },
    { heading: "Tags", className: "tags", cell: ({ job }) => job.tags.length > 0 && tagLinks(visit, job.tags) },
    ...(visit.stores.length > 1 ? [{ heading: "Store", cell: ({ job }: JobRow) => job.store }] : []),
    { heading: "Actions", className: "actions", cell: (row) => jobButtons(visit, row) },
  ];
}

function durationText(ms: number | undefined): Content {
  return ms === undefined ? html`<span class="quiet">–</span>` : lengthText(ms);
}

function lastOutcome(visit: Visit, { last, nowMs, job }: JobRow): Content {
  if (last === undefined) return html`<span class="quiet">–</span>`;
  return html`<a class="plain" href="${visit.base}${paths.execution(job.store, last.id)}">${statePill(last)}</a><small>${relativeTime(last.finishedAt ?? last.submittedAt, nowMs, visit)}</small>`;
}

function nextPage(
  { base }: Visit,
  { cursor, cut: isCut, rows }: JobsPage,
  { search, state, tag, store, limit }: JobsQuery,
): Content {
  if (cursor === undefined) return false;
  const href = base + withQuery("/", { q: search, state, tag, store, limit: limit === 50 ? undefined : limit, cursor });
  const text = isCut ? "Search further" : "Next jobs";
  return html`<p class="more" data-key="more">${isCut && `${rows.length === 0 ? "Nothing" : "No more"} among the jobs searched so far. `}<a class="button" rel="next" href="${href}">${text}</a></p>`;
}
