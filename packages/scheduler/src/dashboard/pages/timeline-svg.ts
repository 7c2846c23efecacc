import { isoLocal, localText } from "../../time/format.js";
import { type Html, html } from "../html.js";
import type { StoredExecution } from "../reading/executions.js";
import { type Lane, type Timeline, totalOf } from "../reading/timeline.js";
import { lengthText } from "../times.js";
import { countText, cut, EXECUTION_STATES, numberText, STATE_TEXT } from "../wording.js";

/** Marks at most; at about 180 bytes each the picture stays below 200 kB. */
const MARKS_MAX = 900;
const LANE_HEIGHT = 36;
const LABEL_HEIGHT = 14;
const BAR_HEIGHT = 13;
const AXIS_HEIGHT = 22;
/** Widths of the cells that executions are grouped into when there are too many to draw each. */
const CELL_MINUTES = [2, 5, 10, 15, 30, 60, 120];
const MINUTE_MS = 60_000;

/** Bar of an execution, or of a state within a cell. */
interface Mark {
  readonly fromMs: number;
  readonly toMs: number;
  readonly state: StoredExecution["state"];
  readonly title: string;
  /** Part of the lane's height, from its top, in [0, 1]; all of it by default. */
  readonly share?: readonly [from: number, to: number];
}

type Span = Pick<Timeline, "fromMs" | "toMs">;

/**
 * Draws a lane for each job, with bars from start to finish. Positions are percentages, so that the picture fits any width
 * while its text keeps its size.
 */
export function timelineSvg(timeline: Timeline, timezone: string): Html {
  const { lanes, fromMs, toMs } = timeline;
  const marks = marksOf(timeline, timezone);
  const bottom = lanes.length * LANE_HEIGHT;
  return html`<svg class="timeline" width="100%" height="${bottom + AXIS_HEIGHT}" role="img" aria-labelledby="timeline-title timeline-text" data-key="timeline">
<title id="timeline-title">Executions of the last 24 hours</title>
<desc id="timeline-text">${timelineText(timeline)}</desc>
${hoursOf(timeline, timezone).map(
  ({
    at,
    text,
  }) => html`<line class="hour" x1="${percent(at, timeline)}" x2="${percent(at, timeline)}" y1="0" y2="${bottom}"/><text class="hour" x="${percent(at, timeline)}" y="${bottom + 15}">${text}</text>
`,
)}${timeline.completeFromMs !== null && html`<rect class="unknown" x="0" y="0" width="${percent(timeline.completeFromMs, timeline)}" height="${bottom}"><title>Not shown: only the newest executions are read</title></rect>`}
${lanes.map(
  (lane, index) => html`<g>
<rect class="lane" x="0" y="${index * LANE_HEIGHT + LABEL_HEIGHT + 3}" width="100%" height="${BAR_HEIGHT}"/>
<text x="0" y="${index * LANE_HEIGHT + LABEL_HEIGHT - 2}">${cut(lane.jobName, 60)}</text>
${marks[index]!.map((mark) => bar(mark, index, { fromMs, toMs }))}</g>
`,
)}</svg>`;
}

/** Describes the timeline in words. */
export function timelineText({ counts, jobs, lanes, others }: Timeline): string {
  const total = totalOf(counts);
  if (total === 0) return "Nothing ran in the last 24 hours.";
  const states = EXECUTION_STATES.flatMap((state) =>
    counts[state] === undefined ? [] : `${STATE_TEXT[state]} ${numberText(counts[state])}`,
  );
  const busiest =
    lanes[0] === undefined || jobs === 1
      ? ""
      : ` Busiest: ${cut(lanes[0].jobName, 60)}, ${lengthText(lanes[0].busyMs)}.`;
  const rest =
    others.jobs === 0
      ? ""
      : ` Without a lane: ${countText(others.jobs, "job")} with ${countText(totalOf(others.counts), "execution")}.`;
  return `${countText(total, "execution")} of ${countText(jobs, "job")} in the last 24 hours: ${states.join(", ")}.${busiest}${rest}`;
}

function bar({ fromMs, toMs, state, title, share: [top, end] = [0, 1] }: Mark, index: number, span: Span): Html {
  const y = index * LANE_HEIGHT + LABEL_HEIGHT + 3 + round(top * BAR_HEIGHT);
  return html`<rect class="${state}" x="${percent(fromMs, span)}" y="${y}" width="${width(fromMs, toMs, span)}" height="${round((end - top) * BAR_HEIGHT)}"><title>${title}</title></rect>
`;
}

/** Draws each execution while there are few; otherwise cells just wide enough for the picture to stay small. */
function marksOf(timeline: Timeline, timezone: string): Mark[][] {
  const { lanes } = timeline;
  if (lanes.reduce((sum, { executions }) => sum + executions.length, 0) <= MARKS_MAX) {
    return lanes.map((lane) => lane.executions.map((execution) => single(execution, timeline, timezone)));
  }
  let marks: Mark[][] = [];
  for (const minutes of CELL_MINUTES) {
    marks = lanes.map((lane) => cells(lane, minutes * MINUTE_MS, timeline, timezone));
    if (marks.reduce((sum, lane) => sum + lane.length, 0) <= MARKS_MAX) break;
  }
  return marks;
}

function single(execution: StoredExecution, span: Span, timezone: string): Mark {
  const { state, durationMs } = execution;
  const [fromMs, toMs] = extentOf(execution, span);
  const length = durationMs === null ? "" : `, ${lengthText(durationMs)}`;
  return { fromMs, toMs, state, title: `${clock(fromMs, timezone)} ${STATE_TEXT[state]}${length}` };
}

function extentOf(
  { startedAt, finishedAt, scheduledAt, submittedAt, state }: StoredExecution,
  { fromMs, toMs }: Span,
): [number, number] {
  const start = startedAt ?? (state === "submitted" || state === "queued" ? submittedAt : scheduledAt);
  const end = finishedAt ?? (state === "running" ? toMs : start);
  const within = (at: number) => Math.min(Math.max(at, fromMs), toMs);
  return [within(start), within(startedAt === null ? start : end)];
}

type States = Map<StoredExecution["state"], number>;

/** Groups executions into cells; in each, states are stacked by their share, failures at the bottom. */
function cells(lane: Lane, cellMs: number, span: Span, timezone: string): Mark[] {
  const counts = new Map<number, States>();
  const covered = new Map<number, number>();
  for (const execution of lane.executions) {
    const [fromMs, toMs] = extentOf(execution, span);
    const cell = Math.floor((fromMs - span.fromMs) / cellMs);
    const states: States = counts.get(cell) ?? new Map();
    counts.set(cell, states.set(execution.state, (states.get(execution.state) ?? 0) + 1));
    covered.set(cell, Math.max(covered.get(cell) ?? 0, toMs));
  }
  return [...counts].flatMap(([cell, states]) => {
    const fromMs = span.fromMs + cell * cellMs;
    const toMs = Math.min(Math.max(fromMs + cellMs, covered.get(cell)!), span.toMs);
    const inWords = EXECUTION_STATES.flatMap((state) =>
      states.has(state) ? `${STATE_TEXT[state]} ${states.get(state)}` : [],
    );
    const title = `${minute(fromMs, timezone)}–${minute(fromMs + cellMs, timezone)}: ${inWords.join(", ")}`;
    return parts(states).map((part) => ({ ...part, fromMs, toMs, title }));
  });
}

const FAILURES: ReadonlySet<StoredExecution["state"]> = new Set(["max_instances", "missed", "lost", "error"]);
/** Least share of a state in a cell, so that a single error among thousands is visible. */
const SMALLEST_SHARE = 0.25;

function parts(states: States): Pick<Mark, "state" | "share">[] {
  const total = [...states.values()].reduce((sum, count) => sum + count, 0);
  const failed = [...states].reduce((sum, [state, count]) => sum + (FAILURES.has(state) ? count : 0), 0);
  const worst = EXECUTION_STATES.findLast((state) => FAILURES.has(state) && states.has(state));
  const healthy = EXECUTION_STATES.findLast((state) => !FAILURES.has(state) && states.has(state));
  if (worst === undefined) return [{ state: healthy! }];
  if (healthy === undefined) return [{ state: worst }];
  const border = 1 - Math.min(Math.max(failed / total, SMALLEST_SHARE), 1 - SMALLEST_SHARE);
  return [
    { state: states.has("executed") ? "executed" : healthy, share: [0, border] },
    { state: worst, share: [border, 1] },
  ];
}

/** Returns every third hour of the local day. */
function hoursOf({ fromMs, toMs }: Span, timezone: string): { at: number; text: string }[] {
  const hours: { at: number; text: string }[] = [];
  const quarterMs = 15 * MINUTE_MS;
  for (let at = Math.ceil(fromMs / quarterMs) * quarterMs; at < toMs; at += quarterMs) {
    const text = minute(at, timezone);
    if (text.endsWith(":00") && Number(text.slice(0, 2)) % 3 === 0) hours.push({ at, text });
  }
  return hours;
}

function clock(at: number, timezone: string): string {
  return localText(at, timezone, " ").slice(11);
}

function minute(at: number, timezone: string): string {
  return clock(at, timezone).slice(0, 5);
}

function percent(at: number, { fromMs, toMs }: Span): string {
  return `${round(((at - fromMs) / (toMs - fromMs)) * 100)}%`;
}

function width(fromMs: number, toMs: number, span: Span): string {
  return `${round(Math.max(((toMs - fromMs) / (span.toMs - span.fromMs)) * 100, 0.05))}%`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** Formats a moment for the text of the page. */
export function sinceText({ completeFromMs }: Timeline, timezone: string): string | undefined {
  return completeFromMs === null ? undefined : isoLocal(completeFromMs, timezone).slice(0, 16).replace("T", " ");
}
