import { HALF_LIVES_MS } from "./article-model.js";
import { LAYOUT_HALF_LIVES_MS } from "./layout.js";

const WINDOWS = HALF_LIVES_MS.map(windowName);
const LAYOUT_WINDOWS = LAYOUT_HALF_LIVES_MS.map(windowName);

/** Features of each candidate, in their order. */
export const MEASURES = [
  ...WINDOWS.map((window) => `clicks ${window}`),
  ...WINDOWS.map((window) => `reads ${window}`),
  ...WINDOWS.map((window) => `exposures ${window}`),
  ...WINDOWS.map((window) => `click rate ${window}`),
  ...WINDOWS.slice(1).map((window) => `surprise ${window}`),
  "depth",
  ...LAYOUT_WINDOWS.map((window) => `exposures here ${window}`),
  ...LAYOUT_WINDOWS.map((window) => `depth here ${window}`),
  ...LAYOUT_WINDOWS.map((window) => `place here ${window}`),
  "place prior",
  "place prior by depth",
  "habit",
  "home click rate 2 h",
  "home click rate 24 h",
  "reads ever",
  "click rate ever",
  "age",
  "time on show",
  "since shown",
  "since click",
  "publication order",
  "seconds read",
  "length",
  "premium",
  "shown to reader",
  "since shown to reader",
  "since first shown to reader",
  "shown in reader's last list",
  "read before",
  "since read",
  "covisits",
  "covisits of last read",
  "onward click rate",
  "onward exposures",
  "audience affinity",
  "new since last visit",
  "likes",
  "channel interest",
  "author interest",
  "word interest",
] as const;

/** Features shared by all candidates of a list: trees separate situations by them. */
export const CIRCUMSTANCES = [
  "list length",
  "home",
  "device",
  "subscriber",
  "reader's lists",
  "reader's lists in session",
  "since reader's last list",
  "reader's reads",
  "share shown to reader",
  "share in reader's last list",
  "surface",
] as const;

/** Measures that depend on the other candidates, and so are no use among a pool. */
export const LIST_MEASURES: readonly string[] = ["place prior", "place prior by depth", "habit"];

/** Measures of lists that others compose, and traits that only they know: a feed that makes its own lists has none of them. */
const OF_OTHERS_LISTS = /^(exposures|depth|place) here |^(depth|length|premium)$/;
const OF_OTHERS_PAGES: readonly string[] = ["list length", "home", "device", "subscriber", "surface"];

/** Measures that are also a column as they are; all are columns as z-scores within the list. */
export const AS_THEY_ARE: readonly string[] = [
  ...["clicks 2 h", "clicks 8 h", "clicks 24 h", "reads 30 min", "reads 8 h"],
  ...["exposures 10 min", "exposures 30 min", "exposures 2 h"],
  ...["click rate 30 min", "click rate 2 h", "click rate 24 h"],
  ...["surprise 30 min", "surprise 2 h", "surprise 8 h", "surprise 24 h"],
  ...["depth", "exposures here 10 min", "exposures here 40 min", "exposures here 3 h"],
  ...["depth here 10 min", "depth here 40 min", "place here 10 min", "place here 40 min", "place here 3 h"],
  ...["place prior", "place prior by depth", "habit"],
  ...["reads ever", "click rate ever", "age", "time on show", "publication order", "seconds read", "length"],
  ...["shown to reader", "since shown to reader", "since read", "audience affinity", "onward click rate"],
];

/** Measures that are also a column as their place in the list: 0 the highest, 1 the lowest. */
export const RANKED: readonly string[] = [
  ...["clicks 2 h", "click rate 30 min", "surprise 2 h", "exposures 10 min", "exposures 2 h"],
  ...["depth", "exposures here 10 min", "exposures here 40 min", "depth here 10 min", "depth here 40 min"],
  ...["place here 40 min", "age", "time on show", "publication order", "shown to reader", "audience affinity"],
];

/** The columns of a candidate among its list. */
export const COLUMNS: readonly string[] = [
  ...AS_THEY_ARE,
  ...MEASURES.map((name) => `z ${name}`),
  ...RANKED.map((name) => `rank ${name}`),
  ...CIRCUMSTANCES,
];

/** The columns of a candidate among a pool: what does not depend on which others are in it, nor on who composes lists. */
export const POOL_COLUMNS: readonly string[] = [
  ...MEASURES.filter((name) => !LIST_MEASURES.includes(name) && !OF_OTHERS_LISTS.test(name)),
  ...CIRCUMSTANCES.filter((name) => !OF_OTHERS_PAGES.includes(name) && !name.startsWith("share")),
];

/** Where each of the named measures is. */
export function measuresAt(names: readonly string[]): number[] {
  return names.map((name) => {
    const at = (MEASURES as readonly string[]).indexOf(name);
    if (at < 0) throw new RangeError(`${name} is not measured`);
    return at;
  });
}

function windowName(halfLifeMs: number): string {
  return halfLifeMs < 3_600_000 ? `${halfLifeMs / 60_000} min` : `${halfLifeMs / 3_600_000} h`;
}
