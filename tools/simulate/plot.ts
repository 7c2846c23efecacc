import { html } from "@headline/service/html";
import { clickRate, FEEDS, type FeedName, type Round } from "./measures.js";

const WIDTH = 860;
const HEIGHT = 440;
const LEFT = 64;
const RIGHT = 150;
const TOP = 56;
const BOTTOM = 52;
const INK: Readonly<Record<FeedName, string>> = { ours: "#c2410c", popularity: "#64748b", oracle: "#0f766e" };
const LABELS: Readonly<Record<FeedName, string>> = { ours: "this feed", popularity: "by popularity", oracle: "oracle" };
const LABEL_HEIGHT = 16;

/** The click rate of each feed, round by round, as an SVG picture. */
export function plotSvg(rounds: readonly Round[], subtitle: string): string {
  const series = FEEDS.map((feed) => ({ feed, rates: rounds.map((round) => clickRate([round], feed)) }));
  const top = niceTop(Math.max(...series.flatMap(({ rates }) => rates.filter(Number.isFinite)), 0.01));
  const x = (round: number) => LEFT + (round * (WIDTH - LEFT - RIGHT)) / Math.max(1, rounds.length - 1);
  const y = (rate: number) => HEIGHT - BOTTOM - (rate / top) * (HEIGHT - TOP - BOTTOM);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<text x="${LEFT}" y="24" font-size="16" font-weight="600" fill="#111">Clicks per article looked at</text>`,
    `<text x="${LEFT}" y="42" fill="#555">${escapeXml(subtitle)}</text>`,
    ...rateLines(top, y),
    ...roundMarks(rounds.length, x),
    ...series.map(({ feed, rates }) => line(feed, rates, x, y)),
    ...endLabels(series, y),
    "</svg>",
    "",
  ].join("\n");
}

interface Series {
  readonly feed: FeedName;
  readonly rates: readonly number[];
}

type Scale = (value: number) => number;

function line(feed: FeedName, rates: readonly number[], x: Scale, y: Scale): string {
  const points = rates
    .map((rate, round) => ({ rate, round }))
    .filter(({ rate }) => Number.isFinite(rate))
    .map(({ rate, round }) => `${x(round).toFixed(1)},${y(rate).toFixed(1)}`);
  const width = feed === "ours" ? 2.5 : 1.75;
  return `<polyline points="${points.join(" ")}" fill="none" stroke="${INK[feed]}" stroke-width="${width}" stroke-linejoin="round"/>`;
}

/** Each line's name at its end, pushed apart where two would stand on each other. */
function endLabels(series: readonly Series[], y: Scale): string[] {
  const labels = series
    .map(({ feed, rates }) => ({ feed, rate: rates.findLast(Number.isFinite) ?? 0 }))
    .sort((a, b) => b.rate - a.rate);
  let above = Number.NEGATIVE_INFINITY;
  return labels.map(({ feed, rate }) => {
    above = Math.max(y(rate) + 4, above + LABEL_HEIGHT);
    const text = `${LABELS[feed]} ${percent(rate)}`;
    return `<text x="${WIDTH - RIGHT + 8}" y="${above.toFixed(1)}" fill="${INK[feed]}" font-weight="600">${text}</text>`;
  });
}

function rateLines(top: number, y: Scale): string[] {
  return [0, 0.25, 0.5, 0.75, 1].flatMap((share) => {
    const at = y(share * top).toFixed(1);
    return [
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at}" y2="${at}" stroke="#e5e5e5"/>`,
      `<text x="${LEFT - 8}" y="${at}" dy="4" text-anchor="end" fill="#555">${percent(share * top)}</text>`,
    ];
  });
}

function roundMarks(count: number, x: Scale): string[] {
  const step = Math.max(1, Math.ceil(count / 10));
  const marks = Array.from({ length: Math.ceil(count / step) }, (_, index) => index * step);
  return [
    ...marks.map(
      (round) =>
        `<text x="${x(round).toFixed(1)}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle" fill="#555">${round + 1}</text>`,
    ),
    `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 12}" text-anchor="middle" fill="#555">refresh of each reader</text>`,
  ];
}

/** The next of 1, 2, 4, 6, 8 times a power of ten, in which a quarter of it is a round number too. */
function niceTop(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return (([1, 2, 4, 6, 8].find((factor) => factor * power >= value) ?? 10) as number) * power;
}

function percent(rate: number): string {
  return `${(100 * rate).toFixed(1)} %`;
}

function escapeXml(text: string): string {
  return html`${text}`.text;
}
