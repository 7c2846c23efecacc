import { HALF_LIVES_MS } from "./article-model.js";

const WINDOWS = HALF_LIVES_MS.map(windowName);

/** What is measured of each candidate, in the order it is measured. */
export const MEASURES = [
  ...WINDOWS.map((window) => `clicks ${window}`),
  ...WINDOWS.map((window) => `reads ${window}`),
  ...WINDOWS.map((window) => `exposures ${window}`),
  ...WINDOWS.map((window) => `click rate ${window}`),
  ...WINDOWS.slice(1).map((window) => `surprise ${window}`),
  "depth",
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

/** What is the same for all candidates of a list: trees use it to tell situations apart. */
export const CIRCUMSTANCES = [
  "list length",
  "home",
  "device",
  "subscriber",
  "reader's lists",
  "reader's lists in session",
  "since reader's last list",
  "reader's reads",
] as const;

/** Measured also by their place in the list: 0 the highest, 1 the lowest. */
export const RANKED: readonly string[] = [
  "clicks 30 min",
  "clicks 2 h",
  "clicks 8 h",
  "exposures 10 min",
  "exposures 2 h",
  "click rate 30 min",
  "click rate 2 h",
  "click rate 24 h",
  "surprise 2 h",
  "depth",
  "age",
  "time on show",
  "publication order",
  "shown to reader",
  "covisits",
  "audience affinity",
];

/** The columns of a candidate: measures as they are, in-list z-scores, in-list ranks, circumstances. */
export const COLUMNS: readonly string[] = [
  ...MEASURES,
  ...MEASURES.map((name) => `z ${name}`),
  ...RANKED.map((name) => `rank ${name}`),
  ...CIRCUMSTANCES,
];

function windowName(halfLifeMs: number): string {
  return halfLifeMs < 3_600_000 ? `${halfLifeMs / 60_000} min` : `${halfLifeMs / 3_600_000} h`;
}
