import { civilFromDays, DAY_MS, mod } from "./civil.js";
import { zone } from "./zone.js";

/** `2018-05-07 02:44:29 MST`: the local time to the second and what the zone is called then. */
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
  const days = Math.floor(local / DAY_MS);
  const { year, month, day } = civilFromDays(days);
  const second = Math.floor(mod(local, DAY_MS) / 1_000);
  const time = [Math.floor(second / 3_600), Math.floor(second / 60) % 60, second % 60].map(two).join(":");
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}${separator}${time}`;
}

/** The names tzdata has and English Intl has not; [standard, summer]. */
const ABBREVIATIONS: Readonly<Record<string, readonly [string, string?]>> = {
  "Asia/Shanghai": ["CST"],
  "Asia/Chongqing": ["CST"],
  "Asia/Macau": ["CST"],
  "Asia/Taipei": ["CST"],
  "Asia/Hong_Kong": ["HKT"],
  "Asia/Tokyo": ["JST"],
  "Asia/Seoul": ["KST"],
  "Asia/Kolkata": ["IST"],
  "Asia/Calcutta": ["IST"],
  "Asia/Karachi": ["PKT"],
  "Asia/Manila": ["PST"],
  "Asia/Jakarta": ["WIB"],
  "Asia/Jerusalem": ["IST", "IDT"],
  "Europe/Moscow": ["MSK"],
  "Africa/Johannesburg": ["SAST"],
  "Africa/Lagos": ["WAT"],
  "Africa/Nairobi": ["EAT"],
  "Africa/Cairo": ["EET", "EEST"],
  "Europe/London": ["GMT", "BST"],
  "Europe/Dublin": ["GMT", "IST"],
  "Europe/Lisbon": ["WET", "WEST"],
  "Australia/Sydney": ["AEST", "AEDT"],
  "Australia/Melbourne": ["AEST", "AEDT"],
  "Australia/Hobart": ["AEST", "AEDT"],
  "Australia/Brisbane": ["AEST"],
  "Australia/Adelaide": ["ACST", "ACDT"],
  "Australia/Darwin": ["ACST"],
  "Australia/Perth": ["AWST"],
  "Pacific/Auckland": ["NZST", "NZDT"],
  "Pacific/Honolulu": ["HST"],
};

const CENTRAL_EUROPE = /^Europe\/(Berlin|Paris|Madrid|Rome|Vienna|Zurich|Brussels|Amsterdam|Copenhagen|Oslo|Stockholm|Prague|Warsaw|Budapest|Belgrade|Zagreb|Ljubljana|Bratislava|Luxembourg|Monaco|Malta|Andorra|Vaduz|San_Marino|Vatican|Tirane|Sarajevo|Skopje|Podgorica|Busingen)$/;
const EASTERN_EUROPE = /^Europe\/(Kyiv|Kiev|Helsinki|Athens|Bucharest|Sofia|Riga|Tallinn|Vilnius|Chisinau|Mariehamn)$/;

/** `MST`, `CEST`, `CST`; `+08` where people have no name for it. */
export function zoneAbbreviation(at: number, timezone: string): string {
  const known = CENTRAL_EUROPE.test(timezone)
    ? (["CET", "CEST"] as const)
    : EASTERN_EUROPE.test(timezone)
      ? (["EET", "EEST"] as const)
      : ABBREVIATIONS[timezone];
  if (known !== undefined) return known[1] !== undefined && isSummer(at, timezone) ? known[1] : known[0];
  const name = new Intl.DateTimeFormat("en-US", { timeZone: timezone, timeZoneName: "short" })
    .formatToParts(at)
    .find(({ type }) => type === "timeZoneName")!.value;
  return /^GMT[+-]/.test(name) ? offsetText(zone(timezone).offsetAt(at), "").replace(/00$/, "") : name;
}

function isSummer(at: number, timezone: string): boolean {
  const { offsetAt } = { offsetAt: (moment: number) => zone(timezone).offsetAt(moment) };
  const { year } = civilFromDays(Math.floor(at / DAY_MS));
  const standard = Math.min(offsetAt(Date.UTC(year, 0, 1)), offsetAt(Date.UTC(year, 6, 1)));
  return offsetAt(at) > standard;
}

function offsetText(offsetMs: number, separator: string): string {
  const minutes = Math.round(Math.abs(offsetMs) / 60_000);
  return `${offsetMs < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}${separator}${two(minutes % 60)}`;
}

function two(n: number): string {
  return String(n).padStart(2, "0");
}
