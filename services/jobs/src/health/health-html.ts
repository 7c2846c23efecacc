import { type Html, html, joined } from "@headline/service/html";
import { bars } from "./health-bars.js";
import type { Health } from "./health-check.js";
import type { Probed } from "./probe.js";
import { isRead, pileOf, processesOf } from "./read-scrapes.js";

/** The page's sections, the most urgent first. */
export function healthHtml(health: Health, refreshes: boolean): Html {
  const sections = [
    verdict(health, refreshes),
    html`<div class="columns"><section>${probes(health.probed)}</section><section>${processes(health)}</section></div>`,
    html`<div class="columns"><section>${feed(health)}</section><section>${piles(health)}</section></div>`,
    html`<div class="columns"><section>${failures(health)}</section><section>${problems(health)}</section></div>`,
  ];
  return joined(sections, "\n");
}

function verdict({ atMs, probed, counted }: Health, refreshes: boolean): Html {
  const away = probed.filter(({ ok }) => !ok).map(({ name }) => name);
  const text = away.length === 0 ? "Everything answers" : `${away.length} of ${probed.length} do not answer`;
  const since =
    counted.sinceMs === undefined ? "since each process began" : `of the last ${minutes(atMs - counted.sinceMs)}`;
  const refresh = refreshes
    ? html`<a href="/health?refresh=0">stop reloading</a>`
    : html`<a href="/health">reload every 5 s</a>`;
  return html`<h1 class="verdict ${away.length === 0 ? "well" : "unwell"}">${text}</h1>
<p>${clock(atMs)} UTC · counts are ${since} · ${refresh}</p>`;
}

function probes(probed: readonly Probed[]): Html {
  const rows = probed.map(
    ({ name, ok, ms, detail }) =>
      html`<tr class="${ok ? "success" : "failure"}"><td>${ok ? "Answers" : "Away"}</td><td>${name}</td><td class="number">${ms.toFixed(1)} ms</td><td dir="auto">${detail}</td></tr>`,
  );
  return html`<h2>Who answers</h2><table><thead><tr><th>State</th><th>What</th><th class="number">Latency</th><th>Says</th></tr></thead><tbody>${rows}</tbody></table>`;
}

function processes({ scrapes, unread, atMs }: Health): Html {
  const rows = processesOf(scrapes, atMs).map(
    ({ service, source, upSeconds, memoryMb, loopMs }) =>
      html`<tr><td>${service} <small>${hostOf(source)}</small></td><td class="number">${orUnknown(upSeconds, minutes(upSeconds * 1_000))}</td><td class="number">${orUnknown(memoryMb, `${memoryMb} MB`)}</td><td class="number">${orUnknown(loopMs, `${loopMs} ms`)}</td></tr>`,
  );
  const missing = unread.map((url) => html`<tr class="failure"><td colspan="4">No metrics from ${url}</td></tr>`);
  return html`<h2>Processes</h2><table><thead><tr><th>Process</th><th class="number">Up</th><th class="number">Memory</th><th class="number">Event loop p99</th></tr></thead><tbody>${[...rows, ...missing]}</tbody></table>`;
}

function feed({ counted, scrapes }: Health): Html {
  const known = isRead(scrapes, "gateway");
  const pages = counted.sum("headline_feed_pages_total");
  const degraded = counted.sum("headline_feed_pages_total", { degraded: "true" });
  const requests = counted.sum("headline_http_request_seconds_count");
  const failed = counted.sum("headline_http_request_seconds_count", { status: "5xx" });
  const shares =
    pages === 0
      ? ""
      : html` · degraded <strong class="${degraded === 0 ? "well" : "unwell"}">${percent(degraded / pages)}</strong>`;
  const errors =
    requests === 0
      ? ""
      : html` · HTTP 5xx <strong class="${failed === 0 ? "well" : "unwell"}">${percent(failed / requests)}</strong> of ${requests}`;
  return html`<h2>The home feed</h2><p>${known ? pages : "–"} pages${shares}${errors}</p>${bars(counted.by("headline_feed_pages_total", "mode"), { known })}
<h3>Why articles were recommended</h3>${bars(counted.by("headline_recommended_articles_total", "reason"), { known: isRead(scrapes, "recommendation") })}`;
}

function piles({ scrapes, failures: failed }: Health): Html {
  const rows = [
    ["Uploads of events that wait to land", pileOf(scrapes, "headline_event_lag_entries"), ""],
    ["The oldest of them waits", pileOf(scrapes, "headline_event_lag_seconds"), " s"],
    ["Events the learning is behind", pileOf(scrapes, "headline_learner_lag_events"), ""],
    ["Open sockets", pileOf(scrapes, "headline_open_sockets"), ""],
    ["Wrong counts in the last correction", pileOf(scrapes, "headline_correction_wrong"), ""],
    ["Job runs that failed within the hour", failed?.length, ""],
  ] as const;
  const lines = rows.map(
    ([name, value, unit]) =>
      html`<tr><td>${name}</td><td class="number">${value === undefined ? "–" : `${Math.round(value * 10) / 10}${unit}`}</td></tr>`,
  );
  return html`<h2>What waits</h2><table><tbody>${lines}</tbody></table>`;
}

const FAILURES_SHOWN = 10;

function failures({ failures: failed }: Health): Html {
  const title = html`<h2>Job runs that failed within the hour</h2>`;
  if (failed === undefined) return html`${title}<p>The job store does not answer.</p>`;
  if (failed.length === 0) return html`${title}<p>None.</p>`;
  const rows = failed
    .slice(0, FAILURES_SHOWN)
    .map(
      ({ jobId, state, scheduledAt, error }) =>
        html`<tr class="failure"><td>${state}</td><td><a href="/executions?job=${encodeURIComponent(jobId)}" dir="auto">${jobId}</a></td><td class="time">${clock(scheduledAt)}</td><td><code dir="auto">${(error ?? "").slice(0, 200)}</code></td></tr>`,
    );
  return html`${title}<table><thead><tr><th>State</th><th>Job</th><th>Due (UTC)</th><th>Error</th></tr></thead><tbody>${rows}</tbody></table>`;
}

function problems({ counted, unread }: Health): Html {
  const known = unread.length === 0;
  const logged = counted.by("headline_problems_logged_total", "level", "message");
  const failed = counted.by("headline_dependency_failures_total", "dependency", "operation", "reason");
  return html`<h2>Top errors</h2><h3>Warnings and errors in the logs</h3>${bars(logged, { bad: true, known })}<h3>Calls that dependencies failed</h3>${bars(failed, { bad: true, known })}`;
}

/** A process that cannot be asked has figures that are unknown. */
function orUnknown(value: number, text: string): string {
  return Number.isNaN(value) ? "–" : text;
}

function hostOf(source: string): string {
  return URL.canParse(source) ? new URL(source).host : source;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(share > 0 && share < 0.001 ? 3 : 1)} %`;
}

function clock(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19);
}

function minutes(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`;
}
