import { civilFromDays, DAY_MS, mod } from "./civil.js";
import { offsetText } from "./offset-text.js";
import { zone } from "./zone.js";
import { zoneAbbreviation } from "./zone-abbreviation.js";

export { zoneAbbreviation };

/** Returns a local time to the second with the zone's abbreviation: `2018-05-07 02:44:29 MST`. */
export function formatLocal(at: number, timezone: string): string {
  return `${localText(at, timezone, " ")} ${zoneAbbreviation(at, timezone)}`;
}

/** `2026-01-05T00:00:00+08:00`. */
export function isoLocal(at: number, timezone: string): string {
  return localText(at, timezone, "T") + offsetText(zone(timezone).offsetAt(at), ":");
}

/** `2026-01-05 00:00:00`. */
export function localText(at: number, timezone: string, separator: string): string {
  const local = at + zone(timezone).offsetAt(at);
  const { year, month, day } = civilFromDays(Math.floor(local / DAY_MS));
  const second = Math.floor(mod(local, DAY_MS) / 1_000);
  const time = [Math.floor(second / 3_600), Math.floor(second / 60) % 60, second % 60].map(two).join(":");
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}${separator}${time}`;
}

function two(n: number): string {
  return String(n).padStart(2, "0");
}
