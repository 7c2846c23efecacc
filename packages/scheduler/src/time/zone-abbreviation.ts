import { offsetText } from "./offset-text.js";
import { zone } from "./zone.js";

/** Returns the zone's abbreviation at a moment: `MST`, `CEST`, `CST`; `+08` where tzdata has no name either. */
export function zoneAbbreviation(at: number, timezone: string): string {
  if (!NUMERIC.test(timezone)) {
    const name = TZDATA[nameOf(at, timezone, "long")] ?? nameOf(at, timezone, "short");
    if (/^[A-Z]{3,5}$/i.test(name)) return name;
  }
  return offsetText(zone(timezone).offsetAt(at), "").replace(/00$/, "");
}

/** Abbreviations of tzdata, which Python and `date` print; English Intl abbreviates American zones only. */
const TZDATA: Readonly<Record<string, string>> = {
  "American Samoa Standard Time": "SST",
  "Australian Central Daylight Time": "ACDT",
  "Australian Central Standard Time": "ACST",
  "Australian Eastern Daylight Time": "AEDT",
  "Australian Eastern Standard Time": "AEST",
  "Australian Western Daylight Time": "AWDT",
  "Australian Western Standard Time": "AWST",
  "British Summer Time": "BST",
  "Central Africa Time": "CAT",
  "Central European Standard Time": "CET",
  "Central European Summer Time": "CEST",
  "Central Indonesia Time": "WITA",
  "Chamorro Standard Time": "ChST",
  "China Daylight Time": "CDT",
  "China Standard Time": "CST",
  "Cuba Daylight Time": "CDT",
  "Cuba Standard Time": "CST",
  "East Africa Time": "EAT",
  "Eastern European Standard Time": "EET",
  "Eastern European Summer Time": "EEST",
  "Eastern Indonesia Time": "WIT",
  "Guam Standard Time": "GST",
  "Hawaii-Aleutian Daylight Time": "HDT",
  "Hawaii-Aleutian Standard Time": "HST",
  "Hong Kong Standard Time": "HKT",
  "India Standard Time": "IST",
  "Irish Standard Time": "IST",
  "Israel Daylight Time": "IDT",
  "Israel Standard Time": "IST",
  "Japan Standard Time": "JST",
  "Korean Standard Time": "KST",
  "Macao Standard Time": "CST",
  "Mexican Pacific Daylight Time": "MDT",
  "Mexican Pacific Standard Time": "MST",
  "Moscow Standard Time": "MSK",
  "Moscow Summer Time": "MSD",
  "New Zealand Daylight Time": "NZDT",
  "New Zealand Standard Time": "NZST",
  "Newfoundland Daylight Time": "NDT",
  "Newfoundland Standard Time": "NST",
  "North Korea Time": "KST",
  "Pakistan Standard Time": "PKT",
  "Pakistan Summer Time": "PKST",
  "Philippine Standard Time": "PST",
  "Philippine Summer Time": "PDT",
  "South Africa Standard Time": "SAST",
  "Taiwan Standard Time": "CST",
  "West Africa Time": "WAT",
  "Western European Standard Time": "WET",
  "Western European Summer Time": "WEST",
  "Western Indonesia Time": "WIB",
  "Yukon Time": "MST",
};

/** Zones that Intl counts among their neighbours and tzdata gives a number only. */
const NUMERIC =
  /^([+-].*|Africa\/(Casablanca|El_Aaiun)|Antarctica\/(Casey|Troll)|Asia\/(Colombo|Dili)|Etc\/GMT[+-].*)$/i;

const formats = new Map<string, Intl.DateTimeFormat>();

function nameOf(at: number, timezone: string, style: "long" | "short"): string {
  const key = `${style} ${timezone}`;
  let format = formats.get(key);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-US", { timeZone: timezone, timeZoneName: style });
    formats.set(key, format);
  }
  return format.formatToParts(at).find(({ type }) => type === "timeZoneName")!.value;
}
