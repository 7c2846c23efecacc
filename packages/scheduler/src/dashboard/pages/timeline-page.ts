import { type Content, type Html, html } from "../html.js";
import { paths } from "../paths.js";
import type { Summary } from "../reading/summary.js";
import { type Lane, type Timeline, totalOf } from "../reading/timeline.js";
import { lengthText } from "../times.js";
import { EXECUTION_STATES, numberText, STATE_TEXT } from "../wording.js";
import { layout } from "./layout.js";
import { type Column, storeChoice, table, unreadableWarning, type Visit } from "./parts.js";
import { sinceText, timelineSvg, timelineText } from "./timeline-svg.js";

const EVERY_MS = 10_000;

/** Renders the last 24 hours as a picture and in numbers. */
export function timelinePage(visit: Visit, timeline: Timeline, store: string | undefined, summary: Summary): Html {
  const choiceOfStore = storeChoice(visit, store);
  return layout(visit, {
    section: "timeline",
    heading: "Last 24 hours",
    name: "Timeline",
    summary,
    everyMs: EVERY_MS,
    body: html`${choiceOfStore !== false && html`<form class="filters" method="get" action="${visit.base}${paths.timeline}" data-still data-key="filters">${choiceOfStore}<button type="submit">Show</button></form>`}
${summary.unreadable.length === 0 && unreadableWarning(timeline.unreadable)}
${timelinePicture(visit, timeline)}
${timeline.lanes.length > 0 && table({ caption: "The busiest jobs in numbers", columns: columns(visit), rows: timeline.lanes, keyOf: ({ store, jobId }) => JSON.stringify([store, jobId]), empty: "" })}`,
  });
}

/** Renders the picture with its legend and its text. */
export function timelinePicture(visit: Visit, timeline: Timeline): Content {
  const since = sinceText(timeline, visit.timezone);
  return html`<section class="picture" data-key="picture" aria-label="Timeline">
<p class="picture-text">${timelineText(timeline)}${since !== undefined && ` Only the newest executions are shown, complete since ${since}.`}</p>
${
  timeline.lanes.length > 0 &&
  html`<ul class="legend" aria-label="Colours">${EXECUTION_STATES.filter((state) => state in timeline.counts).map((state) => html`<li class="${state}">${STATE_TEXT[state]}</li>`)}</ul>
${timelineSvg(timeline, visit.timezone)}`
}
</section>`;
}

function columns({ base, stores }: Visit): readonly Column<Lane>[] {
  return [
    {
      heading: "Job",
      className: "job",
      cell: ({ store, jobId, jobName }) => html`<a dir="auto" href="${base}${paths.job(store, jobId)}">${jobName}</a>`,
    },
    { heading: "Runs", className: "number", cell: ({ counts }) => numberText(totalOf(counts)) },
    { heading: "Executed", className: "number", cell: ({ counts }) => numberText(counts.executed ?? 0) },
    { heading: "Errors", className: "number", cell: ({ counts }) => troubled(counts.error) },
    {
      heading: "Skipped, lost",
      className: "number",
      cell: ({ counts }) => troubled((counts.missed ?? 0) + (counts.max_instances ?? 0) + (counts.lost ?? 0)),
    },
    { heading: "Busy", className: "number", cell: ({ busyMs }) => lengthText(busyMs) },
    ...(stores.length > 1 ? [{ heading: "Store", cell: ({ store }: Lane) => store }] : []),
  ];
}

function troubled(count = 0): Html {
  return html`<span class="${count > 0 && "bad"}">${numberText(count)}</span>`;
}
