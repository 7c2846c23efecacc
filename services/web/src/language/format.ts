import { serverNow } from "../session/session.js";
import { languageTag, words } from "./language.js";

const UNITS = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
] as const;
const WEEK_MS = 7 * 86_400_000;

/** 1.2万, 12K */
export function count(n: number): string {
  return new Intl.NumberFormat(languageTag.value, { notation: "compact" }).format(n);
}

/** "3小时前", and the date for what is older than a week. */
export function ago(date: string): string {
  const ageMs = serverNow() - Date.parse(date);
  if (ageMs > WEEK_MS) return new Date(date).toLocaleDateString(languageTag.value);
  const found = UNITS.find(([, unitMs]) => ageMs >= unitMs);
  if (found === undefined) return words.value.now;
  const [unit, unitMs] = found;
  return new Intl.RelativeTimeFormat(languageTag.value, { style: "narrow" }).format(-Math.floor(ageMs / unitMs), unit);
}

export function dateTime(date: string): string {
  return new Date(date).toLocaleString(languageTag.value, { dateStyle: "medium", timeStyle: "short" });
}

/** A `YYYY-MM-DD` that means a day in UTC. */
export function dayName(day: string): string {
  return new Date(`${day}T00:00:00Z`).toLocaleDateString(languageTag.value, {
    timeZone: "UTC",
    month: "short",
    day: "numeric",
    weekday: "short",
  });
}

/** Hundredths of a yuan. */
export function price(fen: number): string {
  return new Intl.NumberFormat(languageTag.value, { style: "currency", currency: "CNY" }).format(fen / 100);
}

/** 29:59 */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** 09:41 */
export function timeOfDay(date: string): string {
  return new Date(date).toLocaleTimeString(languageTag.value, { hour: "2-digit", minute: "2-digit" });
}

/** "Saturday, 21 November" */
export function dayOf(date: string): string {
  return new Date(date).toLocaleDateString(languageTag.value, { weekday: "long", month: "long", day: "numeric" });
}
