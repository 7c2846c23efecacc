import { zone } from "./zone.js";

/**
 * Names that ICU adds to the tz database: this Node may know them, the next one need not, and most have several
 * meanings (IST is India, Israel and Ireland).
 */
const ICU_ONLY: Readonly<Record<string, string>> = {
  ACT: "Australia/Darwin",
  AET: "Australia/Sydney",
  AGT: "America/Argentina/Buenos_Aires",
  ART: "Africa/Cairo",
  AST: "America/Anchorage",
  BET: "America/Sao_Paulo",
  BST: "Asia/Dhaka",
  CAT: "Africa/Harare",
  CNT: "America/St_Johns",
  CST: "America/Chicago",
  CTT: "Asia/Shanghai",
  EAT: "Africa/Addis_Ababa",
  ECT: "Europe/Paris",
  IET: "America/Indiana/Indianapolis",
  IST: "Asia/Kolkata",
  JST: "Asia/Tokyo",
  MIT: "Pacific/Apia",
  NET: "Asia/Yerevan",
  NST: "Pacific/Auckland",
  PLT: "Asia/Karachi",
  PNT: "America/Phoenix",
  PRT: "America/Puerto_Rico",
  PST: "America/Los_Angeles",
  SST: "Pacific/Guadalcanal",
  VST: "Asia/Ho_Chi_Minh",
  "CANADA/EAST-SASKATCHEWAN": "America/Regina",
  "US/PACIFIC-NEW": "America/Los_Angeles",
};

/** The name of a zone that every supported Node reads. Throws a RangeError that begins with `field`. */
export function portableZone(name: string, field = "timezone"): string {
  zone(name);
  const instead = ICU_ONLY[name.toUpperCase()] ?? (/^SystemV\//i.test(name) ? "America/New_York" : undefined);
  if (instead === undefined) return name;
  throw new RangeError(`${field}: "${name}" is known to some versions of Node only; write a name like ${instead}`);
}
