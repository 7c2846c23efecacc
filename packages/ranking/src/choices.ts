import { COLUMNS, POOL_COLUMNS } from "./feature-names.js";
import type { GrowOptions } from "./grow-forest.js";

/** Parameters of the forest that orders lists; docs/decisions/0020 has the alternatives and their figures. */
export const LIST_FOREST: Omit<GrowOptions, "seed"> = {
  trees: 220,
  leaves: 32,
  learningRate: 0.075,
  columnShare: 0.3,
  listShare: 0.6,
  leafHessianMin: 5,
  l2: 5,
};

/** Parameters of the forest that chooses from pools. */
export const POOL_FOREST: Omit<GrowOptions, "seed"> = {
  trees: 160,
  leaves: 24,
  learningRate: 0.08,
  columnShare: 0.4,
  listShare: 0.6,
  leafHessianMin: 3,
  l2: 5,
};

/** Gains of what a reader does with an article of a list, relative to a click: a list teaches as much as its mean gain. */
export const GAINS = { click: 1, like: 2, collect: 2, comment: 2, dislike: 0 } as const;

const LEFT_AT_ONCE = 0.4;
const READ_WHOLE = 1.4;
const READ_WHOLE_SECONDS = 120;

/** Gain of a click whose dwell time is known: each doubling of the time adds as much as the one before, up to two minutes. */
export function gainOfRead(seconds: number): number {
  const share = Math.log1p(Math.max(0, seconds)) / Math.log1p(READ_WHOLE_SECONDS);
  return LEFT_AT_ONCE + (READ_WHOLE - LEFT_AT_ONCE) * Math.min(1, share);
}

/** Common sense, for before anything is learnt: what is clicked and new first, what was shown in vain or read last. */
const COMMON_SENSE: Readonly<Record<string, number>> = {
  "clicks 2 h": 0.5,
  "reads 8 h": 0.3,
  "click rate 2 h": 0.3,
  age: -0.2,
  likes: 0.2,
  "shown to reader": -0.4,
  "read before": -0.8,
  "channel interest": 0.4,
  "author interest": 0.3,
  "word interest": 0.2,
};

/** The weights a linear model of list columns starts from. */
export function listPrior(): Float64Array {
  return Float64Array.from(COLUMNS, (column) => (column.startsWith("z ") ? (COMMON_SENSE[column.slice(2)] ?? 0) : 0));
}

/** The weights pools are scored with until there is a forest. */
export function poolPrior(): Float64Array {
  return Float64Array.from(POOL_COLUMNS, (column) => COMMON_SENSE[column] ?? 0);
}
