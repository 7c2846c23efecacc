import type { Missing } from "../../core/orphans.js";
import { formatLocal } from "../../time/format.js";
import { type Content, type Html, html } from "../html.js";
import type { DashboardAction } from "../http/authorize.js";
import { CSRF_FIELD } from "../http/csrf.js";
import { paths } from "../paths.js";
import type { ExecutionRow, StoredExecution } from "../reading/executions.js";
import type { JobRow } from "../reading/jobs.js";
import type { Unreadable } from "../reading/merged-pages.js";
import { lengthText, relativeText } from "../times.js";
import { cut, JOB_STATE_TEXT, type JobState, STATE_TEXT } from "../wording.js";

/** Link to a page of the site that the dashboard is part of. */
export interface PageLink {
  readonly href: string;
  readonly text: string;
}

/** Visit that a page is rendered for. */
export interface Visit {
  /** Path of the dashboard, before every other path. */
  readonly base: string;
  readonly title: string;
  readonly links: readonly PageLink[];
  readonly timezone: string;
  readonly csrfToken: string;
  readonly user: string;
  readonly allowed: ReadonlySet<DashboardAction>;
  readonly stores: readonly string[];
  /** Path and query of the page, below `base`: forms return to it. */
  readonly here: string;
  readonly notice: string | undefined;
  readonly assetVersion: string;
  readonly schedulerState: string;
}

const NEVER = html`<span class="quiet">–</span>`;
const TEXT_MAX = 4_000;

/** Renders a relative time, with the local time in its tooltip. */
export function relativeTime(at: number | null, nowMs: number, { timezone }: Visit): Html {
  if (at === null) return NEVER;
  return html`<time datetime="${new Date(at).toISOString()}" data-relative="${at}" data-now="${nowMs}" title="${formatLocal(at, timezone)}">${relativeText(at, nowMs)}</time>`;
}

/** Renders a local time, with the zone in its tooltip. */
export function localTime(at: number | null, { timezone }: Visit): Html {
  if (at === null) return NEVER;
  const text = formatLocal(at, timezone);
  return html`<time datetime="${new Date(at).toISOString()}" title="${text}">${text.slice(0, 19)}</time>`;
}

export function statePill(execution: Pick<StoredExecution, "state">): Html {
  return html`<span class="pill ${execution.state}">${STATE_TEXT[execution.state]}</span>`;
}

export function jobStatePill(state: JobState): Html {
  return html`<span class="pill job-${state}">${JOB_STATE_TEXT[state]}</span>`;
}

/** Marks a job that no live scheduler can run. */
export function orphanPill(missing: Missing | undefined): Content {
  return (
    missing !== undefined &&
    html` <span class="pill job-orphan" title="No live scheduler has the ${missing.missing} ${missing.name}">Orphan: no ${missing.missing} <code dir="auto">${cut(missing.name, 40)}</code></span>`
  );
}

export interface Column<T> {
  readonly heading: string;
  readonly className?: string;
  readonly cell: (row: T) => Content;
}

/** Renders a table that is a list of cards on a phone; roles are explicit because `display` removes them there. */
export function table<T>({
  caption,
  columns,
  rows,
  keyOf,
  empty,
}: {
  caption: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  keyOf: (row: T) => string;
  empty: Content;
}): Html {
  if (rows.length === 0) return html`<p class="empty" data-key="empty">${empty}</p>`;
  return html`<div class="scroll" data-key="table" tabindex="0" role="region" aria-label="${caption}"><table role="table">
<caption class="hidden">${caption}</caption>
<thead role="rowgroup"><tr role="row">${columns.map(({ heading, className }) => html`<th role="columnheader" scope="col" class="${className}">${heading}</th>`)}</tr></thead>
<tbody role="rowgroup">${rows.map(
    (
      row,
    ) => html`<tr role="row" data-key="${keyOf(row)}">${columns.map(({ heading, className, cell }) => html`<td role="cell" data-label="${heading}" class="${className}">${cell(row)}</td>`)}</tr>
`,
  )}</tbody></table></div>`;
}

/** Renders the button of an action as a form, which works without a script. */
export function actionButton(
  visit: Visit,
  {
    action,
    target,
    label,
    about,
    className,
    back,
  }: { action: DashboardAction; target: string; label: string; about: string; className?: string; back?: string },
): Html {
  if (!visit.allowed.has(action)) return html``;
  return html`<form method="post" action="${visit.base}${target}/${action}" data-action="${action}" data-key="${action}">${hiddenFields(visit, back)}<button type="submit" class="${className}" aria-label="${label}: ${about}">${label}</button></form>`;
}

export function hiddenFields(visit: Visit, back = visit.here): Html {
  return html`<input type="hidden" name="${CSRF_FIELD}" value="${visit.csrfToken}"><input type="hidden" name="back" value="${back}">`;
}

/** Renders the buttons pause or resume, and run now. */
export function jobButtons(visit: Visit, { job, state }: JobRow): Html {
  const target = paths.job(job.store, job.id);
  const about = job.name;
  return html`<div class="buttons">${
    state === "paused"
      ? actionButton(visit, { action: "resume", target, label: "Resume", about })
      : actionButton(visit, { action: "pause", target, label: "Pause", about })
  }${actionButton(visit, { action: "run", target, label: "Run now", about })}</div>`;
}

export function durationOf({ execution, nowMs }: ExecutionRow): Content {
  if (execution.durationMs !== null) return lengthText(execution.durationMs);
  if (execution.state === "running" && execution.startedAt !== null) {
    return html`<span class="quiet" data-running="${execution.startedAt}" data-now="${nowMs}">${lengthText(Math.max(0, nowMs - execution.startedAt))} …</span>`;
  }
  return NEVER;
}

/** Renders the error with its stack, or the result, folded. */
export function outcomeOf(execution: StoredExecution): Content {
  if (execution.error !== null) {
    const line = cut(execution.error.split("\n", 1)[0]!, 120);
    return html`<details data-key="outcome"><summary dir="auto" class="failure">${line}</summary><pre dir="auto">${execution.stack ?? execution.error}</pre></details>`;
  }
  if (execution.result === null) return NEVER;
  const text = jsonText(execution.result);
  if (text.length <= 60) return html`<code dir="auto">${text}</code>`;
  return html`<details data-key="outcome"><summary dir="auto"><code dir="auto">${cut(text, 60)}</code></summary><pre dir="auto">${jsonText(execution.result, 2)}</pre></details>`;
}

export function jsonText(value: unknown, indent?: number): string {
  return cut(JSON.stringify(value, null, indent) ?? "–", TEXT_MAX);
}

export function ownerOf({ owner }: StoredExecution): Html {
  return html`<code dir="auto" title="${owner}">${cut(owner, 10)}</code>`;
}

export function tagLinks(visit: Visit, tags: readonly string[]): Content {
  return tags.map(
    (tag) =>
      html`<a class="tag" dir="auto" href="${visit.base}/?${new URLSearchParams({ tag }).toString()}">${tag}</a> `,
  );
}

/** Renders a select whose first option is all. */
export function choice(
  name: string,
  label: string,
  chosen: string | undefined,
  options: readonly (readonly [string, string])[],
): Html {
  return html`<label>${label}<select name="${name}"><option value="">All</option>${options.map(
    ([value, text]) => html`<option value="${value}"${value === chosen ? html` selected` : ""}>${text}</option>`,
  )}</select></label>`;
}

export function storeChoice({ stores }: Visit, chosen: string | undefined): Content {
  return (
    stores.length > 1 &&
    choice(
      "store",
      "Store",
      chosen,
      stores.map((store) => [store, store]),
    )
  );
}

export function unreadableWarning(unreadable: readonly Unreadable[]): Content {
  return unreadable.map(
    ({ store, reason }) =>
      html`<p class="warning" dir="auto" role="alert" data-key="unreadable-${store}">Job store “${store}” cannot be read: ${cut(reason, 200)}</p>`,
  );
}
