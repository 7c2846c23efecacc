import { Refusal } from "@headline/service/errors";
import type { Limit } from "./limit.js";

export interface Taken {
  readonly limit: Limit;
  readonly key: string;
}

/** Takes all of them or none; at the same time, so that a Redis that is silent is waited for once. */
export async function takeAll(wanted: readonly Taken[]): Promise<void> {
  const outcomes = await Promise.allSettled(wanted.map(({ limit, key }) => limit.take(key)));
  const refused = outcomes.filter((outcome) => outcome.status === "rejected").map(({ reason }) => reason as unknown);
  if (refused.length === 0) return;
  await giveBackAll(wanted.filter((_, index) => outcomes[index]?.status === "fulfilled"));
  throw refused.reduce((longest, reason) => (waitOf(reason) > waitOf(longest) ? reason : longest));
}

export async function giveBackAll(taken: readonly Taken[]): Promise<void> {
  await Promise.all(taken.map(({ limit, key }) => limit.giveBack(key)));
}

/** Orders errors: one that is no refusal is a bug, and goes first. */
function waitOf(reason: unknown): number {
  return reason instanceof Refusal ? (reason.retryAfterSeconds ?? 0) : Number.POSITIVE_INFINITY;
}
