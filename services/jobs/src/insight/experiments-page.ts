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
    const ranking = RANKINGS[bucket] ?? `bucket ${bucket}`;
    return html`<tr><td>${ranking}</td><td class="number">${exposures}</td><td class="number">${clicks}</td><td class="number">${percent(rate)} ± ${percent(margin)}</td><td class="number">${likes}</td><td class="number">${dislikes}</td></tr>`;
  });
  return html`<table><thead><tr><th>Ranking</th><th class="number">Exposures</th><th class="number">Clicks</th><th class="number">Click rate (95 %)</th><th class="number">Likes</th><th class="number">Dislikes</th></tr></thead><tbody>${rows}</tbody></table>`;
}

const WIDTH = 720;
const HEIGHT = 200;
const COLORS = ["#8a8f98", "#c8102e", "#1668c7", "#1e7e46"];

/** Click rates over the last hours, one line a bucket. */
function chart(buckets: readonly Bucket[]): Html {
  const most = Math.max(0.01, ...buckets.flatMap(({ hourly }) => hourly.filter((rate) => rate !== undefined)));
  const lines = buckets.map(({ hourly }, index) => {
    const points = hourly.flatMap((rate, hour) => {
      if (rate === undefined) return [];
      const x = hourly.length === 1 ? WIDTH / 2 : (hour / (hourly.length - 1)) * WIDTH;
      return [`${x.toFixed(1)},${(HEIGHT - (rate / most) * HEIGHT).toFixed(1)}`];
    });
    const color = COLORS[index % COLORS.length];
    const dots = points.map(
      (point) => html`<circle cx="${point.split(",")[0]}" cy="${point.split(",")[1]}" r="3" fill="${color}"/>`,
    );
    return html`<polyline points="${points.join(" ")}" fill="none" stroke="${color}" stroke-width="2"/>${dots}`;
  });
  const legend = buckets.map(
    ({ bucket }, index) =>
      html`<tspan fill="${COLORS[index % COLORS.length]}">● ${RANKINGS[bucket] ?? `bucket ${bucket}`}  </tspan>`,
  );
  return html`<h2>Click rate by hour</h2><svg viewBox="-10 -30 ${WIDTH + 20} ${HEIGHT + 50}" role="img" aria-label="Click rate by hour, up to ${percent(most)}"><text x="0" y="-14" font-size="13" fill="currentColor">${legend} (top: ${percent(most)})</text><line x1="0" y1="${HEIGHT}" x2="${WIDTH}" y2="${HEIGHT}" stroke="currentColor" opacity="0.3"/>${lines}</svg>`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
