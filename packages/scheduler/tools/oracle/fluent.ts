import { Every } from "../../src/fluent/every.js";
import type { FluentJob } from "../../src/fluent/fluent-job.js";
import { ScheduleBook } from "../../src/fluent/schedule-book.js";
import { VirtualClock } from "../../src/simulation/virtual-clock.js";
import { isoLocal } from "../../src/time/format.js";
import { triggerFromJSON } from "../../src/triggers/trigger-from-json.js";

/** Case of Python's `schedule`; the third format. */
export interface FluentLine {
  readonly id: string;
  /** Calls in order: `[["every", 3], ["days"], ["at", "10:45"]]`. */
  readonly chain: readonly (readonly [string, ...unknown[]])[];
  readonly local: string;
  readonly now?: string;
  /** Next runs, when each happens on time. */
  readonly expected?: readonly string[];
  /** Bounds of the first run, both included. */
  readonly between?: readonly [string, string];
  readonly error?: boolean;
}

/** Runs a case; returns the difference, or null. */
export async function runFluentLine(line: FluentLine): Promise<string | null> {
  if (line.error === true) return expectError(line);
  const draws = line.between === undefined ? [0.5] : [0, 0.5, 1 - 2 ** -53];
  for (const draw of draws) {
    const difference = await compare(line, () => draw);
    if (difference !== null) return difference;
  }
  return null;
}

function expectError(line: FluentLine): string | null {
  try {
    return `expected an error, actual ${build(
      line,
      bookOf(line, () => 0),
    )}`;
  } catch {
    return null;
  }
}

async function compare(line: FluentLine, random: () => number): Promise<string | null> {
  const clock = new VirtualClock(Date.parse(line.now!));
  const job = build(line, bookOf(line, random, clock));
  if (line.between !== undefined) return compareRange(line, job);
  const trigger = triggerFromJSON(JSON.parse(JSON.stringify(job.trigger)));
  let previous: number | null = null;
  for (const [index, text] of line.expected!.entries()) {
    const expected = Date.parse(text);
    const actual = job.nextRun?.getTime() ?? Number.NaN;
    if (actual !== expected) return `run ${index + 1}: expected ${text}, actual ${shown(actual, line.local)}`;
    const pure: number | null = trigger.next(previous, clock.now(), random);
    if (pure !== expected) return `run ${index + 1} after JSON: expected ${text}, actual ${shown(pure, line.local)}`;
    previous = pure;
    clock.jumpTo(clock.monotonic() + expected - clock.now());
    await job.run();
  }
  return null;
}

function compareRange({ between, local }: FluentLine, job: FluentJob): string | null {
  const [from, to] = between!.map((text) => Date.parse(text)) as [number, number];
  const actual = job.nextRun?.getTime() ?? Number.NaN;
  return actual >= from && actual <= to ? null : `expected ${between!.join(" to ")}, actual ${shown(actual, local)}`;
}

function bookOf({ local, now }: FluentLine, random: () => number, clock?: VirtualClock): ScheduleBook {
  const frozen = clock ?? new VirtualClock(now === undefined ? 0 : Date.parse(now));
  return new ScheduleBook({ clock: frozen, random, timezone: local });
}

function build({ chain }: FluentLine, book: ScheduleBook): FluentJob {
  let builder: unknown = book;
  for (const [name, ...args] of chain) {
    const member: unknown = (builder as Record<string, unknown>)[name];
    builder = typeof member === "function" ? member.apply(builder, args) : member;
    if (!(builder instanceof Every)) throw new TypeError(`there is no ${name} here`);
  }
  return (builder as Every).do(function job() {});
}

function shown(at: number | null, timezone: string): string {
  return at === null || Number.isNaN(at) ? "none" : isoLocal(at, timezone);
}
