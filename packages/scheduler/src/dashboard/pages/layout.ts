import { type Content, type Html, html } from "../html.js";
import { paths } from "../paths.js";
import type { Summary } from "../reading/summary.js";
import { numberText } from "../wording.js";
import { relativeTime, unreadableWarning, type Visit } from "./parts.js";

export type Section = "jobs" | "executions" | "timeline" | "nodes";

const SECTIONS: readonly (readonly [Section, string])[] = [
  ["jobs", "Jobs"],
  ["executions", "Executions"],
  ["timeline", "Timeline"],
  ["nodes", "Schedulers"],
];

/** Notices of actions, shown after a form has returned to its page. */
export const NOTICES: Readonly<Record<string, string>> = {
  paused: "The job is paused.",
  resumed: "The job is scheduled again.",
  "started-run": "The run has been submitted.",
  rescheduled: "The job has a new trigger.",
  removed: "The job has been removed; its executions stay.",
  cancelling: "The run has been asked to stop.",
  "not-cancelled": "That run was no longer under way.",
};

export interface PageContent {
  readonly section: Section | undefined;
  readonly heading: Content;
  /** Title of the window, as plain text. */
  readonly name: string;
  readonly body: Content;
  readonly summary?: Summary;
  /** Shortest time between two refreshes, ms. */
  readonly everyMs?: number;
}

/** Renders a page. The script updates the content of `main` in place. */
export function layout(visit: Visit, { section, heading, name, body, summary, everyMs = 700 }: PageContent): Html {
  const { base, title, assetVersion } = visit;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<meta name="csrf-token" content="${visit.csrfToken}">
<title>${name} · ${title}</title>
<link rel="icon" href="${base}${paths.asset("icon.svg")}?v=${assetVersion}" type="image/svg+xml">
<link rel="stylesheet" href="${base}${paths.asset("dashboard.css")}?v=${assetVersion}">
<script src="${base}${paths.asset("dashboard.js")}?v=${assetVersion}" type="module"></script>
</head>
<body data-base="${base}" data-every="${everyMs}">
<a class="skip" href="#content">Skip to the content</a>
<header>
<a class="brand" href="${base}/">${title}</a>
<nav aria-label="Sections">${SECTIONS.map(
    ([key, text]) =>
      html`<a href="${base}${paths[key]}"${key === section ? html` aria-current="page"` : ""}>${text}</a>`,
  )}${visit.links.map(({ href, text }) => html`<a href="${href}">${text}</a>`)}</nav>
<p class="live" id="live" role="status" data-state="off"><span>As of now</span></p>
</header>
<main id="content" tabindex="-1">
${visit.notice !== undefined && html`<p class="notice" dir="auto" role="status" data-still data-key="notice">${visit.notice}</p>`}
<h1 dir="auto" data-key="heading">${heading}</h1>
${summary !== undefined && summaryLine(visit, summary)}
${body}
</main>
<p id="toast" dir="auto" role="alert" aria-live="assertive"></p>
</body>
</html>
`;
}

function summaryLine(visit: Visit, { scheduler, nodes, running, lastHour, nextRun, unreadable }: Summary): Html {
  const { executed = 0, error = 0, missed = 0, max_instances = 0, lost = 0 } = lastHour.counts;
  const skipped = missed + max_instances + lost;
  const plus = lastHour.atLeast ? "+" : "";
  return html`<dl class="summary" data-key="summary">
<div><dt>Scheduler</dt><dd class="scheduler-${scheduler.state}">${scheduler.state}</dd></div>
<div><dt>Processes</dt><dd>${nodes}</dd></div>
<div><dt>Running now</dt><dd>${numberText(running.count)}${running.atLeast && "+"}</dd></div>
<div><dt>Executed in 1 h</dt><dd>${numberText(executed)}${plus}</dd></div>
<div><dt>Errors in 1 h</dt><dd class="${error > 0 && "bad"}">${numberText(error)}</dd></div>
<div><dt>Skipped, lost</dt><dd class="${skipped > 0 && "odd"}">${numberText(skipped)}</dd></div>
<div class="wide"><dt>Next run</dt><dd>${nextRun === null ? "none" : html`${relativeTime(nextRun.atMs, nextRun.nowMs, visit)} <bdi class="quiet">${nextRun.jobName}</bdi>`}</dd></div>
</dl>${unreadableWarning(unreadable)}`;
}
