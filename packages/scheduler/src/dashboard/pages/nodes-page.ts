import { type Html, html } from "../html.js";
import type { NodeRow, NodesPage } from "../reading/nodes.js";
import type { Summary } from "../reading/summary.js";
import { cut } from "../wording.js";
import { layout } from "./layout.js";
import { type Column, localTime, relativeTime, table, unreadableWarning, type Visit } from "./parts.js";

/** Renders the scheduler processes and their heartbeats. */
export function nodesPage(visit: Visit, { rows, unreadable }: NodesPage, summary: Summary): Html {
  return layout(visit, {
    section: "nodes",
    heading: "Schedulers",
    name: "Schedulers",
    summary,
    everyMs: 2_000,
    body: html`${summary.unreadable.length === 0 && unreadableWarning(unreadable)}
${table({ caption: "Scheduler processes", columns: columns(visit), rows, keyOf: ({ id }) => id, empty: "No scheduler is running." })}`,
  });
}

function columns(visit: Visit): readonly Column<NodeRow>[] {
  return [
    {
      heading: "Host",
      className: "job",
      cell: ({ host, isThisOne }) => html`<strong>${host}</strong>${isThisOne && html`<small>this process</small>`}`,
    },
    { heading: "Process", className: "number", cell: ({ pid }) => pid },
    { heading: "Id", cell: ({ id }) => html`<code dir="auto" title="${id}">${cut(id, 24)}</code>` },
    {
      heading: "State",
      cell: ({ state, stale }) =>
        html`<span class="pill node-${stale ? "stale" : state}">${stale ? "Stale" : state[0]!.toUpperCase() + state.slice(1)}</span>`,
    },
    { heading: "Running", className: "number", cell: ({ running }) => running },
    {
      heading: "Last seen",
      className: "when",
      cell: ({ seenAt, nowMs, stale }) =>
        html`<span class="${stale && "bad"}">${relativeTime(seenAt, nowMs, visit)}</span>`,
    },
    { heading: "Started", className: "when", cell: ({ startedAt }) => localTime(startedAt, visit) },
    { heading: "Stores", cell: ({ stores }) => stores.join(", ") },
  ];
}
