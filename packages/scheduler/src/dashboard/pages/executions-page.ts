import { isFinalState } from "../../core/execution.js";
import { localText } from "../../time/format.js";
import { type Html, html } from "../html.js";
import { paths, withQuery } from "../paths.js";
import type { ExecutionRow, ExecutionsPage, ExecutionsQuery } from "../reading/executions.js";
import type { Summary } from "../reading/summary.js";
import { cut, EXECUTION_STATES, STATE_TEXT } from "../wording.js";
import { layout } from "./layout.js";
import {
  actionButton,
  type Column,
  choice,
  durationOf,
  jsonText,
  localTime,
  outcomeOf,
  ownerOf,
  relativeTime,
  statePill,
  storeChoice,
  table,
  unreadableWarning,
  type Visit,
} from "./parts.js";

/** Renders the executions, newest first. */
export function executionsPage(visit: Visit, page: ExecutionsPage, query: ExecutionsQuery, summary: Summary): Html {
  return layout(visit, {
    section: "executions",
    heading: "Executions",
    name: "Executions",
    summary,
    body: html`${filters(visit, query)}
${summary.unreadable.length === 0 && unreadableWarning(page.unreadable)}
${executionsTable(visit, page.rows)}
${page.cursor !== undefined && html`<p class="more" data-key="more"><a class="button" rel="next" href="${visit.base}${withQuery(paths.executions, parametersOf(query, page.cursor))}">Older executions</a></p>`}`,
  });
}

/** Renders an execution in full. */
export function executionPage(visit: Visit, row: ExecutionRow): Html {
  const { execution } = row;
  return layout(visit, {
    section: "executions",
    heading: html`Execution of <a dir="auto" href="${visit.base}${paths.job(execution.store, execution.jobId)}">${execution.jobName}</a>`,
    name: `Execution of ${cut(execution.jobName, 40)}`,
    body: html`<div class="bar" data-key="bar">${statePill(execution)}${cancelButton(visit, row)}</div>
<dl class="attributes" data-key="attributes">
<div><dt>Id</dt><dd><code dir="auto">${execution.id}</code></dd></div>
<div><dt>Job</dt><dd><code dir="auto">${execution.jobId}</code></dd></div>
<div><dt>Store</dt><dd dir="auto">${execution.store}</dd></div>
<div><dt>Scheduled</dt><dd>${localTime(execution.scheduledAt, visit)}</dd></div>
<div><dt>Submitted</dt><dd>${localTime(execution.submittedAt, visit)}</dd></div>
<div><dt>Started</dt><dd>${localTime(execution.startedAt, visit)}</dd></div>
<div><dt>Finished</dt><dd>${localTime(execution.finishedAt, visit)}</dd></div>
<div><dt>Duration</dt><dd>${durationOf(row)}</dd></div>
<div><dt>Attempt</dt><dd>${execution.attempt}</dd></div>
<div><dt>Owner</dt><dd><code dir="auto">${execution.owner}</code></dd></div>
</dl>
${execution.error !== null && html`<section data-key="error"><h2>Error</h2><pre dir="auto" class="failure">${execution.stack ?? execution.error}</pre></section>`}
${execution.result !== null && html`<section data-key="result"><h2>Result</h2><pre dir="auto">${jsonText(execution.result, 2)}</pre></section>`}`,
  });
}

export function executionsTable(visit: Visit, rows: readonly ExecutionRow[], { ofOneJob = false } = {}): Html {
  return table({
    caption: "Executions, newest first",
    columns: columns(visit, ofOneJob),
    rows,
    keyOf: ({ execution }) => JSON.stringify([execution.store, execution.id]),
    empty: "Nothing has run yet.",
  });
}

function columns(visit: Visit, ofOneJob: boolean): readonly Column<ExecutionRow>[] {
  const job: Column<ExecutionRow> = {
    heading: "Job",
    className: "job",
    cell: ({ execution }) =>
      html`<a dir="auto" href="${visit.base}${paths.job(execution.store, execution.jobId)}">${execution.jobName}</a><small>${execution.jobId !== execution.jobName && html`<code dir="auto" title="${execution.jobId}">${cut(execution.jobId, 40)}</code>`}${visit.stores.length > 1 && ` in ${execution.store}`}</small>`,
  };
  return [
    {
      heading: "State",
      cell: ({ execution }) =>
        html`<a class="plain" href="${visit.base}${paths.execution(execution.store, execution.id)}">${statePill(execution)}</a>`,
    },
    ...(ofOneJob ? [] : [job]),
    { heading: "Scheduled", className: "when", cell: ({ execution }) => localTime(execution.scheduledAt, visit) },
    {
      heading: "Started",
      className: "when",
      cell: ({ execution, nowMs }) => relativeTime(execution.startedAt, nowMs, visit),
    },
    {
      heading: "Finished",
      className: "when",
      cell: ({ execution, nowMs }) => relativeTime(execution.finishedAt, nowMs, visit),
    },
    { heading: "Duration", className: "number duration", cell: durationOf },
    { heading: "Attempt", className: "number", cell: ({ execution }) => execution.attempt },
    { heading: "Owner", cell: ({ execution }) => ownerOf(execution) },
    { heading: "Error or result", className: "outcome", cell: ({ execution }) => outcomeOf(execution) },
    ...(visit.allowed.has("cancel")
      ? [{ heading: "Actions", className: "actions", cell: (row: ExecutionRow) => cancelButton(visit, row) }]
      : []),
  ];
}

function cancelButton(visit: Visit, { execution }: ExecutionRow): Html {
  if (isFinalState(execution.state)) return html``;
  const target = paths.execution(execution.store, execution.id);
  return html`<div class="buttons">${actionButton(visit, { action: "cancel", target, label: "Cancel", about: execution.jobName })}</div>`;
}

function filters(visit: Visit, { jobId, states, store, from, to }: ExecutionsQuery): Html {
  const local = (at: number | undefined) =>
    at === undefined ? undefined : localText(at, visit.timezone, "T").slice(0, 16);
  return html`<form class="filters" method="get" action="${visit.base}${paths.executions}" role="search" data-still data-key="filters">
<label class="grow">Job id<input type="search" dir="auto" name="job" value="${jobId}"></label>
${choice(
  "state",
  "State",
  states?.length === 1 ? states[0] : undefined,
  EXECUTION_STATES.map((state) => [state, STATE_TEXT[state]]),
)}
${storeChoice(visit, store)}
<label>From<input type="datetime-local" name="from" value="${local(from)}"></label>
<label>Before<input type="datetime-local" name="to" value="${local(to)}"></label>
<button type="submit">Filter</button>${[jobId, states, store, from, to].some((value) => value !== undefined) && html`<a class="button" href="${visit.base}${paths.executions}">Clear</a>`}
</form>`;
}

function parametersOf({ jobId, states, store, from, to, limit }: ExecutionsQuery, cursor: string) {
  return { job: jobId, state: states?.join(","), store, from, to, limit: limit === 50 ? undefined : limit, cursor };
}
