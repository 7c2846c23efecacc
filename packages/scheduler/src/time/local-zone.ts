import { zone } from "./zone.js";

/** The zone that `Date` has in this process, by a name that any process reads. */
export interface LocalZone {
  readonly name: string;
  /** Warning: TZ holds a text that `Date` silently takes for UTC. */
  readonly warning: string | undefined;
}

let local: LocalZone | undefined;

/** The zone of this process, as it was when first asked for: Intl takes 60 µs to name it. */
export function localZone(): LocalZone {
  local ??= readLocalZone(process.env["TZ"]);
  return local;
}

export function localZoneName(): string {
  return localZone().name;
}

/** Returns Intl's own name where its offsets are those of `Date`; else TZ's text where that holds; else the offset itself. */
export function readLocalZone(tz: string | undefined): LocalZone {
  const text = tz?.replace(/^:/, "").replace(/^\/.*zoneinfo\//, "");
  const named = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  const name = [named, text].find((candidate) => candidate !== undefined && isDatesZone(candidate)) ?? fixedZoneName();
  const isTakenForUTC = text !== undefined && text !== "" && !UTC_NAMES.test(text) && isUTC() && !isDatesZone(text);
  const warning = isTakenForUTC ? `TZ: "${tz}" is no time zone here, UTC is used; write a name like Asia/Shanghai` : "";
  return { name, warning: warning || undefined };
}

const UTC_NAMES = /^((Etc\/)?(UTC|UCT|GMT|Zulu|Universal|Greenwich)([+-]?0{1,2}(:00)?)?|(\/etc\/)?localtime|-00)$/i;

/** Moments in each month from 2010 to 2037: enough to distinguish any two zones that differ today. */
const PROBES: readonly number[] = Array.from({ length: 28 * 12 }, (_, index) => Date.UTC(2010, index, 15));

function isDatesZone(name: string): boolean {
  try {
    const candidate = zone(name);
    return PROBES.every((at) => candidate.offsetAt(at) === dateOffsetMs(at));
  } catch {
    return false;
  }
}

function dateOffsetMs(at: number): number {
  return 0 - new Date(at).getTimezoneOffset() * 60_000;
}

function isUTC(): boolean {
  return PROBES.every((at) => dateOffsetMs(at) === 0);
}

/** `UTC`, `+08:00`; a zone with clock changes and without a name is refused rather than guessed. */
function fixedZoneName(): string {
  const offsetMs = dateOffsetMs(PROBES.at(-1)!);
  if (PROBES.some((at) => dateOffsetMs(at) !== offsetMs)) {
    throw new RangeError(`TZ: "${process.env["TZ"]}" has clock changes and no name; write one like America/New_York`);
  }
  if (offsetMs === 0) return "UTC";
  const minutes = Math.abs(offsetMs) / 60_000;
  const two = (n: number) => String(n).padStart(2, "0");
  return `${offsetMs < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
