import { taskName } from "../../core/job-search.js";
import { type Content, type Html, html } from "../html.js";
import { paths, withQuery } from "../paths.js";
import type { JobDetails } from "../reading/job-details.js";
import type { JobRow } from "../reading/jobs.js";
import { lengthText } from "../times.js";
import { cut, OVERLAP_TEXT } from "../wording.js";
import { executionsTable } from "./executions-page.js";
import { layout } from "./layout.js";
import {
  hiddenFields,
  jobButtons,
  jobStatePill,
  jsonText,
  localTime,
  orphanPill,
  relativeTime,
  statePill,
  tagLinks,
  type Visit,
} from "./parts.js";
import { timelinePicture } from "./timeline-page.js";

interface JobPageContent extends JobDetails {
  /** Text of the form that was refused, with the reason. */
  readonly refused?: { readonly text: string; readonly reason: string };
}

const NO_REFRESH = 0;

/** Renders a job: its attributes, next runs, executions and actions. */
export function jobPage(visit: Visit, { row, upcoming, executions, timeline, refused }: JobPageContent): Html {
  const { job } = row;
  return layout(visit, {
    section: "jobs",
    heading: job.name,
    name: cut(job.name, 60),
    everyMs: refused === undefined ? 1_500 : NO_REFRESH, // the answer to a form stands at a path that cannot be fetched again
    body: html`<div class="bar" data-key="bar">${jobStatePill(row.state)}${orphanPill(row.missing)}${row.running > 0 && html`<span class="busy">${row.running} of ${job.maxInstances} running</span>`}${jobButtons(visit, row)}${removeLink(visit, row)}</div>
${pauseText(visit, row)}
<div class="columns" data-key="columns">
${attributes(visit, row)}
<div>
<section><h2>Next runs</h2>${nextRuns(visit, row, upcoming)}</section>
${rescheduleForm(visit, row, refused)}
${pauseForm(visit, row)}
</div>
</div>
<h2 data-key="day">Last 24 hours</h2>
${timelinePicture(visit, timeline)}
<h2 data-key="executions-heading">Executions</h2>
${executionsTable(visit, executions.rows, { ofOneJob: true })}
<p class="more" data-key="more"><a href="${visit.base}${withQuery(paths.executions, { job: job.id, store: job.store })}">All its executions</a></p>`,
  });
}

/** Renders the confirmation before a job is removed. */
export function removePage(visit: Visit, { job }: JobRow): Html {
  const target = visit.base + paths.job(job.store, job.id);
  return layout(visit, {
    section: "jobs",
    heading: html`Remove “<bdi>${job.name}</bdi>”?`,
    name: "Remove a job",
    everyMs: NO_REFRESH,
    body: html`<p>The job <code dir="auto">${job.id}</code> in store <code dir="auto">${job.store}</code> runs no more. What runs now goes on, what waits is cancelled, and its executions stay.</p>
<form class="buttons" method="post" action="${target}/remove">${hiddenFields(visit, paths.jobs)}<button type="submit" class="danger">Remove the job</button><a class="button" href="${target}">Keep it</a></form>`,
  });
}

function removeLink({ base, allowed }: Visit, { job }: JobRow): Content {
  return (
    allowed.has("remove") &&
    html`<a class="button danger" href="${base}${paths.job(job.store, job.id)}/remove">Remove…</a>`
  );
}

function attributes(visit: Visit, { job, durations, last, nowMs }: JobRow): Html {
  const { retries, misfireGraceTime, timeoutMs } = job;
  return html`<section><h2>Attributes</h2><dl class="attributes">
<div><dt>Id</dt><dd><code dir="auto">${job.id}</code></dd></div>
<div><dt>Store</dt><dd dir="auto">${job.store}</dd></div>
<div><dt>Task</dt><dd><code dir="auto">${taskName(job)}</code></dd></div>
<div><dt>Trigger</dt><dd><code dir="auto">${String(job.trigger)}</code></dd></div>
<div><dt>Arguments</dt><dd><code dir="auto">${jsonText(job.args)}</code></dd></div>
${job.kwargs !== undefined && html`<div><dt>Options</dt><dd><code dir="auto">${jsonText(job.kwargs)}</code></dd></div>`}
<div><dt>Executor</dt><dd dir="auto">${job.executor}</dd></div>
<div><dt>Missed runs</dt><dd>${job.coalesce === false ? "all are run, one after the other" : `one run for all, the ${job.coalesce}`}</dd></div>
<div><dt>Instances at once</dt><dd>${job.maxInstances}</dd></div>
<div><dt>Runs above that</dt><dd>${OVERLAP_TEXT[job.overlap]}</dd></div>
${job.maxRuns !== null && html`<div><dt>Runs</dt><dd>${job.runCount} of ${job.maxRuns}</dd></div>`}
<div><dt>Misfire grace</dt><dd>${misfireGraceTime === null ? "always runs" : lengthText(misfireGraceTime * 1_000)}</dd></div>
<div><dt>Timeout</dt><dd>${timeoutMs === null ? "none" : lengthText(timeoutMs)}</dd></div>
<div><dt>Retries</dt><dd>${retries === null ? "none" : `${retries.max}, ${retries.backoff}, from ${lengthText(retries.delayMs)} to ${lengthText(retries.maxDelayMs)}`}</dd></div>
<div><dt>Acknowledged</dt><dd>${job.ack === "early" ? "early: at most once" : "late: at least once"}</dd></div>
<div><dt>Tags</dt><dd>${job.tags.length === 0 ? "none" : tagLinks(visit, job.tags)}</dd></div>
<div><dt>Added</dt><dd>${localTime(job.record.createdMs, visit)}</dd></div>
<div><dt>Average, 95 %</dt><dd>${durations === undefined ? "–" : `${lengthText(durations.averageMs)}, ${lengthText(durations.p95Ms)} over ${durations.runs} runs`}</dd></div>
<div><dt>Last outcome</dt><dd>${last === undefined ? "–" : html`${statePill(last)} ${relativeTime(last.finishedAt ?? last.submittedAt, nowMs, visit)}`}</dd></div>
</dl></section>`;
}

function nextRuns(visit: Visit, { nowMs, state, job }: JobRow, upcoming: readonly number[]): Html {
  if (job.ended) return html`<p class="quiet">None: it has ended after ${job.runCount} runs.</p>`;
  if (state === "paused" && job.pausedUntil === null) return html`<p class="quiet">None: it is paused.</p>`;
  return html`<ol class="upcoming">${upcoming.map((at) => html`<li>${localTime(at, visit)} <span class="quiet">${relativeTime(at, nowMs, visit)}</span></li>`)}</ol>`;
}

/** Renders the end of a pause and its note. */
function pauseText(visit: Visit, { job, nowMs }: JobRow): Content {
  const { pausedUntil, pauseNote } = job;
  if (pausedUntil === null && pauseNote === null) return false;
  const until =
    pausedUntil === null
      ? ""
      : html` until ${localTime(pausedUntil.getTime(), visit)}, ${relativeTime(pausedUntil.getTime(), nowMs, visit)}`;
  return html`<p class="note" data-key="pause-note">Paused${until}${pauseNote !== null && html`: ${pauseNote}`}</p>`;
}

function pauseForm(visit: Visit, { job, state }: JobRow): Content {
  if (!visit.allowed.has("pause") || state === "ended" || state === "pending") return false;
  const target = paths.job(job.store, job.id);
  return html`<section data-still data-key="pause-until"><h2>Pause with a date or note</h2>
<form class="reschedule" method="post" action="${visit.base}${target}/pause">${hiddenFields(visit, target)}
<label for="until">Until (optional)</label>
<input id="until" name="until" type="text" maxlength="40" autocomplete="off" placeholder="2026-01-31 12:30" aria-describedby="until-help">
<label for="note">Note</label>
<input id="note" name="note" type="text" maxlength="1000" autocomplete="off" value="${job.pauseNote}">
<button type="submit">Pause with date or note</button>
<p id="until-help" class="quiet">A date in ${visit.timezone}; the job resumes by itself then, by the clock of its store.</p>
</form></section>`;
}

function rescheduleForm(visit: Visit, { job }: JobRow, refused: JobPageContent["refused"]): Content {
  if (!visit.allowed.has("reschedule")) return false;
  return html`<section data-still data-key="reschedule"><h2>Reschedule</h2>
<form class="reschedule" method="post" action="${visit.base}${paths.job(job.store, job.id)}/reschedule">${hiddenFields(visit, paths.job(job.store, job.id))}
<label for="trigger">New trigger</label>
<input id="trigger" name="trigger" type="text" dir="auto" required maxlength="400" autocomplete="off" spellcheck="false" value="${refused?.text}" aria-describedby="trigger-help${refused === undefined ? "" : " trigger-error"}"${refused !== undefined && html` aria-invalid="true"`}>
<button type="submit">Reschedule</button>
${refused !== undefined && html`<p id="trigger-error" dir="auto" class="failure" role="alert">${refused.reason}</p>`}
<p id="trigger-help" class="quiet">A crontab <code>*/5 8-18 * * mon-fri</code>, an interval <code>every 10 minutes</code> or a date <code>2026-01-31 12:30</code>, in ${visit.timezone}.</p>
</form></section>`;
}
