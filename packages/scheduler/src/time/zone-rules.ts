import { isOwnZone, Zone, zone, zoneSource } from "./zone.js";

/** Years of rules that are stored, from the current one: the yearly and leap-yearly runs of coming years. */
const YEARS = 6;
/** Rules that end sooner are written anew. */
const YEARS_MIN = 2;
const CACHE_MAX = 1_000;

/**
 * Rules beside those of this process: `same`; `older`, when the moments they made are to be computed anew; `newer`, when
 * this process is to follow them. A later version of the tz database is newer; of one version, the process that began later.
 * Rules of a zone that this process does not know are newer, too.
 */
export type Standing = "same" | "older" | "newer";

interface Written {
  readonly version: string;
  readonly sinceMs: number;
  readonly year: number;
  /** By name: offsets and their changes, as `spansText` writes them. */
  readonly zones: ReadonlyMap<string, string>;
}

/**
 * The rules of zones as this process has them, in one text: `2025b k3j2 2026 Europe/Berlin=2s0,…`. Undefined when none of
 * them can change.
 */
export function zoneRulesText(names: readonly string[], nowMs: number): string | undefined {
  const changing = names.filter((name) => !zone(name).fixed);
  if (changing.length === 0) return undefined;
  const year = new Date(nowMs).getUTCFullYear();
  return cached(texts, `${year} ${changing.join(" ")}`, () => {
    const { version, sinceMs } = zoneSource();
    const zones = changing.map((name) => `${name}=${spansText(zone(name), year)}`);
    return [version, sinceMs.toString(36), year, ...zones].join(" ");
  });
}

/** Compares stored rules with those of this process. */
export function standingOf(rules: string, nowMs: number): Standing {
  const { isKnown, isSame, isLater, year } = cached(comparisons, rules, () => compared(read(rules)));
  if (!isKnown) return "newer";
  const yearsLeft = year + YEARS - new Date(nowMs).getUTCFullYear();
  if (isSame) return yearsLeft < YEARS_MIN ? "older" : "same";
  return isLater && yearsLeft > 0 ? "newer" : "older";
}

/** Returns the zones under those rules; outside their years, zones are as in this process, or as at their ends. */
export function zonesUnder(rules: string): ReadonlyMap<string, Zone> {
  return cached(overlays, rules, () => {
    const { year, zones } = read(rules);
    return new Map(Array.from(zones, ([name, text]) => [name, zoneFrom(name, text, year)]));
  });
}

const texts = new Map<string, string>();
const comparisons = new Map<string, ReturnType<typeof compared>>();
const overlays = new Map<string, ReadonlyMap<string, Zone>>();
let cachedOf = zoneSource();

function cached<Value>(cache: Map<string, Value>, key: string, make: () => Value): Value {
  if (cachedOf !== zoneSource()) {
    for (const each of [texts, comparisons, overlays]) each.clear();
    cachedOf = zoneSource();
  }
  let value = cache.get(key);
  if (value === undefined) {
    if (cache.size >= CACHE_MAX) cache.clear();
    value = make();
    cache.set(key, value);
  }
  return value;
}

function compared({ version, sinceMs, year, zones }: Written) {
  const own = zoneSource();
  const isKnown = [...zones.keys()].every(isOwnZone);
  const isSame = isKnown && [...zones].every(([name, text]) => spansText(zone(name), year) === text);
  const isLater = version === own.version ? sinceMs > own.sinceMs : version > own.version;
  return { isKnown, isSame, isLater, year };
}

function read(rules: string): Written {
  const [version = "", since = "", year = "", ...zones] = rules.split(" ");
  return {
    version,
    sinceMs: Number.parseInt(since, 36),
    year: Number(year),
    zones: new Map(zones.map((text) => text.split("=") as [string, string])),
  };
}

/** The offset at the beginning of the year, then each change and the offset after it: `2s0,6m1c0:5k0,…`, seconds in base 36. */
function spansText(of: Zone, year: number): string {
  const [from, to] = yearsFrom(year);
  let { offsetMs, endMs } = of.spanAt(from);
  const parts = [seconds(offsetMs)];
  while (endMs < to) {
    const next = of.spanAt(endMs);
    if (next.offsetMs !== offsetMs) parts.push(`${seconds(endMs - from)}:${seconds(next.offsetMs)}`);
    ({ offsetMs, endMs } = next);
  }
  return parts.join(",");
}

function zoneFrom(name: string, text: string, year: number): Zone {
  const [from, to] = yearsFrom(year);
  const [first = "", ...changes] = text.split(",");
  const spans = changes.map((change) => change.split(":").map(milliseconds) as [number, number]).reverse();
  const here = isOwnZone(name) ? zone(name) : undefined;
  return new Zone(name, (at) => {
    if (here !== undefined && (at < from || at >= to)) return here.offsetAt(at);
    return spans.find(([changeMs]) => at - from >= changeMs)?.[1] ?? milliseconds(first);
  });
}

function yearsFrom(year: number): [fromMs: number, toMs: number] {
  return [Date.UTC(year, 0, 1), Date.UTC(year + YEARS, 0, 1)];
}

function seconds(ms: number): string {
  return Math.round(ms / 1_000).toString(36);
}

function milliseconds(text: string): number {
  return Number.parseInt(text, 36) * 1_000;
}
