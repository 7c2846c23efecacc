import type { Mysql } from "@headline/mysql";
import { type Html, html } from "@headline/service/html";
import type { RequestHandler } from "express";
import { document } from "../http/document.js";
import { pageHeader } from "../http/page-header.js";

const DAY_MS = 24 * 60 * 60 * 1_000;
const HOUR_MS = 60 * 60 * 1_000;
/** Of the newest events: what a page may cost. */
const EVENTS_MAX = 500_000;
const RANKINGS: Readonly<Record<number, string>> = {
  0: "opened by a link",
  1: "the rules alone (hot-new-1)",
  2: "learned (learned-1)",
};

interface Counted {
  readonly bucket: number;
  readonly kind: string;
  readonly hour: string;
  readonly events: string;
}

/** Feedback of one bucket's readers. */
interface Bucket {
  readonly bucket: number;
  readonly exposures: number;
  readonly clicks: number;
  readonly likes: number;
  readonly dislikes: number;
  /** Click rates by hour, the oldest first; undefined for an hour without exposures. */
  readonly hourly: readonly (number | undefined)[];
}

/** GET /experiments: the rankings side by side, by what readers of each bucket did in the last day. */
export function experimentsPage(mysql: Mysql): RequestHandler {
  return async (_req, res) => {
    const buckets = bucketsOf(await countEvents(mysql));
    const body =
      buckets.length === 0 ? html`<p>No events came in within a day.</p>` : html`${table(buckets)}${chart(buckets)}`;
    document(
      res,
      200,
      "Experiments",
      html`${pageHeader("experiments")}<main><h1>Rankings side by side</h1>${body}</main>`,
    );
  };
}

/** By the primary key alone: ids grow with time. Comments are of no page, so of no ranking. */
async function countEvents(mysql: Mysql): Promise<readonly Counted[]> {
  const [newest] = await mysql.query<{ id: string | null }>("SELECT MAX(id) AS id FROM events");
  const from = BigInt(newest?.id ?? 0) - BigInt(EVENTS_MAX);
  return mysql.query<Counted>(
    `SELECT bucket, kind, landed_at DIV ${HOUR_MS} AS hour, COUNT(*) AS events FROM events
      WHERE id > ? AND landed_at > ? AND kind NOT IN ('comment', 'uncomment')
      GROUP BY bucket, kind, landed_at DIV ${HOUR_MS}`,
    [from > 0n ? from : 0n, Date.now() - DAY_MS],
  );
}

function bucketsOf(counted: readonly Counted[]): Bucket[] {
  const hours = counted.map(({ hour }) => Number(hour));
  const [first, last] = [Math.min(...hours), Math.max(...hours)];
  return [...new Set(counted.map(({ bucket }) => bucket))].sort().map((bucket) => {
    const own = counted.filter((row) => row.bucket === bucket);
    const sum = (kind: string, hour?: number) =>
      own
        .filter((row) => row.kind === kind && (hour === undefined || Number(row.hour) === hour))
        .reduce((total, { events }) => total + Number(events), 0);
    const hourly = Array.from({ length: last - first + 1 }, (_, index) => {
      const exposures = sum("exposure", first + index);
      return exposures === 0 ? undefined : sum("click", first + index) / exposures;
    });
    return {
      bucket,
      exposures: sum("exposure"),
      clicks: sum("click"),
      likes: sum("liking"),
      dislikes: sum("dislike"),
      hourly,
    };
  });
}

function table(buckets: readonly Bucket[]): Html {
  const rows = buckets.map(({ bucket, exposures, clicks, likes, dislikes }) => {
    const rate = exposures === 0 ? 0 : clicks / exposures;
    const margin = exposures === 0 ? 0 : 1.96 * Math.sqrt((rate * (1 - Math.min(1, rate))) / exposures);
    return html`<tr><td class="wide"><strong>${rankingOf(bucket)}</strong></td><td class="number" data-label="Exposures">${exposures}</td><td class="number" data-label="Clicks">${clicks}</td><td class="number" data-label="Click rate (95 %)">${percent(rate)} ± ${percent(margin)}</td><td class="number" data-label="Likes">${likes}</td><td class="number" data-label="Dislikes">${dislikes}</td></tr>`;
  });
  return html`<table class="cards"><thead><tr><th>Ranking</th><th class="number">Exposures</th><th class="number">Clicks</th><th class="number">Click rate (95 %)</th><th class="number">Likes</th><th class="number">Dislikes</th></tr></thead><tbody>${rows}</tbody></table>`;
}

const WIDTH = 720;
const HEIGHT = 200;
/** Colours of lines in the style sheet. */
const SERIES = 4;

/** Click rates over the last hours, one line a bucket. */
function chart(buckets: readonly Bucket[]): Html {
  const most = Math.max(0.01, ...buckets.flatMap(({ hourly }) => hourly.filter((rate) => rate !== undefined)));
  const lines = buckets.map(({ bucket, hourly }) => {
    const points = hourly.flatMap((rate, hour) => {
      if (rate === undefined) return [];
      const x = hourly.length === 1 ? WIDTH / 2 : (hour / (hourly.length - 1)) * WIDTH;
      return [{ x: x.toFixed(1), y: (HEIGHT - (rate / most) * HEIGHT).toFixed(1) }];
    });
    const path = points.map(({ x, y }) => `${x},${y}`).join(" ");
    const dots = points.map(({ x, y }) => html`<circle cx="${x}" cy="${y}" r="4"/>`);
    return html`<g class="${seriesOf(bucket)}"><polyline points="${path}" vector-effect="non-scaling-stroke"/>${dots}</g>`;
  });
  const legend = buckets.map(({ bucket }) => html`<li class="${seriesOf(bucket)}">${rankingOf(bucket)}</li>`);
  return html`<h2>Click rate by hour, up to ${percent(most)}</h2><ul class="legend">${legend}</ul><svg class="chart" viewBox="-10 -10 ${WIDTH + 20} ${HEIGHT + 20}" role="img" aria-label="Click rate by hour, up to ${percent(most)}"><line x1="0" y1="${HEIGHT}" x2="${WIDTH}" y2="${HEIGHT}" stroke="currentColor" opacity="0.3"/>${lines}</svg>`;
}

function seriesOf(bucket: number): string {
  return `series-${bucket % SERIES}`;
}

function rankingOf(bucket: number): string {
  return RANKINGS[bucket] ?? `bucket ${bucket}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
