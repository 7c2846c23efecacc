/** One line of a plot. */
export interface Series {
  readonly name: string;
  readonly points: readonly { readonly atMs: number; readonly value: number }[];
}

const WIDTH = 960;
const HEIGHT = 420;
const LEFT = 56;
const TOP = 44;
const PLOT_WIDTH = 660;
const PLOT_HEIGHT = 320;
const COLOURS = ["#c1121f", "#1d4ed8", "#15803d", "#a16207", "#7e22ce", "#0e7490", "#6b7280", "#be185d"];

/** An SVG of values over time, one line a series, readable without scripts. */
export function plot(title: string, series: readonly Series[]): string {
  const points = series.flatMap((line) => line.points);
  if (points.length === 0) return svg(`<text x="${LEFT}" y="24">${escaped(title)}: nothing to show</text>`);
  const from = Math.min(...points.map((point) => point.atMs));
  const to = Math.max(...points.map((point) => point.atMs));
  const low = Math.floor(Math.min(...points.map((point) => point.value)) * 20) / 20;
  const high = Math.max(low + 0.05, Math.ceil(Math.max(...points.map((point) => point.value)) * 20) / 20);
  const x = (atMs: number) => LEFT + (to === from ? 0.5 : (atMs - from) / (to - from)) * PLOT_WIDTH;
  const y = (value: number) => TOP + (1 - (value - low) / (high - low)) * PLOT_HEIGHT;
  return svg(
    [
      `<text x="${LEFT}" y="24" font-size="15">${escaped(title)}</text>`,
      ...valueTicks(low, high).map((value) => valueTick(value, y(value))),
      ...dayTicks(from, to).map((atMs) => dayTick(atMs, x(atMs))),
      ...series.map((line, at) => drawn(line, at, x, y)),
    ].join("\n"),
  );
}

function drawn(line: Series, at: number, x: (atMs: number) => number, y: (value: number) => number): string {
  const colour = COLOURS[at % COLOURS.length]!;
  const path = line.points.map(({ atMs, value }) => `${x(atMs).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
  const legend = TOP + 12 + at * 20;
  const right = LEFT + PLOT_WIDTH + 20;
  return [
    `<polyline fill="none" stroke="${colour}" stroke-width="${at === 0 ? 2.5 : 1.25}" points="${path}"/>`,
    `<line x1="${right}" y1="${legend - 4}" x2="${right + 18}" y2="${legend - 4}" stroke="${colour}" stroke-width="3"/>`,
    `<text x="${right + 24}" y="${legend}">${escaped(line.name)}</text>`,
  ].join("\n");
}

function valueTicks(low: number, high: number): number[] {
  const step = high - low > 0.4 ? 0.1 : 0.05;
  return Array.from({ length: Math.round((high - low) / step) + 1 }, (_, i) => low + i * step);
}

function valueTick(value: number, y: number): string {
  return `<line x1="${LEFT}" y1="${y}" x2="${LEFT + PLOT_WIDTH}" y2="${y}" stroke="#e5e7eb"/>
<text x="${LEFT - 8}" y="${y + 4}" text-anchor="end">${value.toFixed(2)}</text>`;
}

const DAY_MS = 24 * 3_600_000;

function dayTicks(from: number, to: number): number[] {
  const first = Math.ceil(from / DAY_MS) * DAY_MS;
  return Array.from({ length: Math.max(0, Math.floor((to - first) / DAY_MS) + 1) }, (_, i) => first + i * DAY_MS);
}

function dayTick(atMs: number, x: number): string {
  const bottom = TOP + PLOT_HEIGHT;
  return `<line x1="${x}" y1="${TOP}" x2="${x}" y2="${bottom}" stroke="#f3f4f6"/>
<text x="${x}" y="${bottom + 18}" text-anchor="middle">${new Date(atMs).toISOString().slice(5, 10)}</text>`;
}

function svg(content: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
${content}
</svg>
`;
}

function escaped(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}
