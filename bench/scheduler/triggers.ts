import { cron, crontab, type Trigger } from "@headline/scheduler";
import { CronExpressionParser } from "cron-parser";
import { Cron } from "croner";
import { zone } from "../../packages/scheduler/src/time/zone.js";
import type { Row } from "./row.js";

const NOW = Date.UTC(2026, 0, 1);
const HORIZON = Date.UTC(2060, 0, 1);
const ROUNDS = 3;
const ROUND_MS = 200;
const USUAL_GOAL = 2_000_000;
const WORST_GOAL = 500_000;

/**
 * Next fire times a second, against croner and cron-parser in turns; how long an impossible trigger takes to
 * say so; and what reading a time zone costs.
 */
export async function benchTriggers(): Promise<Row[]> {
  return [
    ...["UTC", "Asia/Shanghai", "America/New_York"].map(usualRow),
    lastSundayRow(),
    worstRow(),
    impossibleRow(),
    ...zoneRows(),
  ];
}

function usualRow(timezone: string): Row {
  const line = "*/5 * * * *";
  const ours = steps(crontab(line, { timezone }));
  return comparedRow(
    `next fire, */5 in ${timezone}`,
    ours,
    peers({ croner: line, cronParser: line }, timezone),
    USUAL_GOAL,
  );
}

/** A hard one that each of the three can say. */
function lastSundayRow(): Row {
  const timezone = "America/New_York";
  const ours = steps(cron({ day: "last sun", hour: 2, minute: 30, timezone }));
  const theirs = peers({ croner: "30 2 * * SUN#L", cronParser: "30 2 * * 0L" }, timezone);
  return comparedRow(`next fire, last sunday 2:30 in ${timezone}`, ours, theirs, WORST_GOAL);
}

/** The slowest of the hard ones; the peers have no words for most of them. */
function worstRow(): Row {
  const timezone = "America/New_York";
  const hard: readonly (readonly [string, Step])[] = [
    ["last sun 2:30, once", steps(cron({ day: "last sun", hour: 2, minute: 30, dst: "once", timezone }))],
    ["week 53, mon", steps(cron({ week: 53, dayOfWeek: "mon", timezone }))],
    ["weeks, tue, steps", steps(cron({ week: "*/12", dayOfWeek: "tue", hour: "*/9", second: "*/13", timezone }))],
    ["months, 3rd fri", steps(cron({ month: "6-8,11-12", day: "3rd fri", hour: "0-3", timezone }))],
    ["every other year", steps(cron({ year: "*/2", month: 2, day: "last", timezone }))],
    ["each 1 January, once", steps(cron({ month: 1, dst: "once", timezone }))],
    ["29 February on a Monday", steps(cron({ month: 2, day: 29, dayOfWeek: "mon", timezone }), Date.UTC(2090, 0, 1))],
  ];
  const rates = hard.map(([, step]) => middle(Array.from({ length: ROUNDS }, () => perSecond(step))));
  const slowest = Math.min(...rates);
  return {
    what: `next fire, slowest of ${hard.length} hard ones: ${hard[rates.indexOf(slowest)]![0]}`,
    ours: `${rate(slowest)}/s`,
    peer: "–",
    goal: `≥ ${rate(WORST_GOAL)}/s`,
    met: slowest >= WORST_GOAL,
  };
}

function impossibleRow(): Row {
  const timezone = "America/New_York";
  zone(timezone).offsetAt(NOW);
  const ours = cron({ month: 2, day: 30, timezone });
  const croner = new Cron("0 0 30 2 *", { timezone, paused: true });
  const oursMs = median(() => timed(() => ours.next(null, NOW)));
  const cronerMs = median(() => timed(() => croner.nextRun(new Date(NOW))));
  return {
    what: "30 February is never",
    ours: `${oursMs.toFixed(3)} ms`,
    peer: `croner ${cronerMs.toFixed(1)} ms; cron-parser refuses to parse it`,
    ratio: rounded(cronerMs / oursMs),
    goal: "< 1 ms",
    met: oursMs < 1,
  };
}

/** Zones that nothing else here has read. */
const UNREAD = [
  "America/Denver",
  "Europe/London",
  "Australia/Sydney",
  "Africa/Casablanca",
  "America/Santiago",
  "Asia/Gaza",
  "Pacific/Apia",
  "Asia/Tehran",
];

function zoneRows(): Row[] {
  const first = UNREAD.map((name) => timed(() => zone(name).offsetAt(NOW)));
  const whole = UNREAD.map((name) =>
    timed(() => [zone(name).offsetAt(Date.UTC(1900, 0, 1)), zone(name).offsetAt(Date.UTC(2100, 0, 1))]),
  );
  return [
    ["reading a time zone: the decade around now", first] as const,
    ["… and on to all of 1900 to 2100", whole] as const,
  ].map(([what, times]) => ({
    what,
    ours: `${Math.max(...times).toFixed(1)} ms at most of ${times.length} zones`,
    peer: "–",
    goal: "≤ 40 ms",
    met: Math.max(...times) <= 40,
  }));
}

/** One step to the next fire time, from the beginning again at the horizon. */
type Step = () => void;

function steps(trigger: Trigger, horizon = HORIZON): Step {
  let at = NOW;
  return () => {
    const next = trigger.next(at, at);
    at = next === null || next > horizon ? NOW : next;
  };
}

function peers(
  lines: { readonly croner: string; readonly cronParser: string },
  timezone: string,
): readonly (readonly [string, Step])[] {
  const croner = new Cron(lines.croner, { timezone, paused: true });
  let at: Date = new Date(NOW);
  const parsed = CronExpressionParser.parse(lines.cronParser, { tz: timezone, currentDate: new Date(NOW) });
  return [
    [
      "croner",
      () => {
        at = croner.nextRun(at)!;
      },
    ],
    ["cron-parser", () => void parsed.next()],
  ];
}

/** All take turns, round by round, so that what else the machine does meets them alike. */
function comparedRow(what: string, ours: Step, others: readonly (readonly [string, Step])[], goal: number): Row {
  const all = [["ours", ours] as const, ...others];
  const rounds = Array.from({ length: ROUNDS }, () => all.map(([, step]) => perSecond(step)));
  const [mine, ...theirs] = all.map((_, index) => middle(rounds.map((rates) => rates[index]!))) as [
    number,
    ...number[],
  ];
  return {
    what,
    ours: `${rate(mine)}/s`,
    peer: others.map(([name], index) => `${name} ${rate(theirs[index]!)}/s`).join(", "),
    ratio: rounded(mine / Math.max(...theirs)),
    goal: `≥ ${rate(goal)}/s`,
    met: mine >= goal,
  };
}

function perSecond(step: Step): number {
  const start = performance.now();
  let count = 0;
  let elapsed = 0;
  do {
    for (let index = 0; index < 50; index++) step();
    count += 50;
    elapsed = performance.now() - start;
  } while (elapsed < ROUND_MS);
  return (count / elapsed) * 1_000;
}

function timed(act: () => unknown): number {
  const start = performance.now();
  act();
  return performance.now() - start;
}

function median(measure: () => number): number {
  return middle(Array.from({ length: 7 }, measure));
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

function rate(perSecond: number): string {
  return perSecond >= 1e6 ? `${(perSecond / 1e6).toFixed(1)} M` : `${Math.round(perSecond / 1e3)} k`;
}

function rounded(ratio: number): number {
  return Math.round(ratio);
}
