import type { Random } from "../triggers/trigger.js";

const PREFIX_LENGTH = 12;

/**
 * Creates a function that returns unique ids: 62 random bits drawn once, then a count. Safe in URLs and as BullMQ job ids.
 */
export function idMaker(random: Random): () => string {
  const prefix = randomText(random, PREFIX_LENGTH);
  let count = 0;
  return () => `${prefix}-${(count++).toString(36)}`;
}

function randomText(random: Random, length: number): string {
  return Array.from({ length }, () => Math.floor(random() * 36).toString(36)).join("");
}
