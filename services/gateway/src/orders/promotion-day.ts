import { z } from "zod";
import { invalid } from "../http/read.js";

const DAY_MS = 24 * 60 * 60 * 1_000;
/** Today and the days after it that can be ordered. */
const DAYS = 7;

export const day = z.iso.date({ error: "must be a day, YYYY-MM-DD" });

/** The days that can be ordered now, UTC. */
export function daysOnSale(nowMs: number): string[] {
  return Array.from({ length: DAYS }, (_, ahead) => dayOf(nowMs + ahead * DAY_MS));
}

/** Today when no day is named. @throws Refusal INVALID_ARGUMENT for a day that cannot be ordered. */
export function orderedDay(asked: string | undefined, nowMs: number): string {
  const days = daysOnSale(nowMs);
  const ordered = asked ?? (days[0] as string);
  if (days.includes(ordered)) return ordered;
  throw invalid("day", `must be from ${days[0]} to ${days.at(-1)}, UTC`);
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
