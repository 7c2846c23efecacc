import { expect } from "@jest/globals";
import type { Page } from "playwright-core";
import { eventually } from "./open-site.js";

export const THEMES = ["light", "dark"] as const;

/** Once all has come that was asked for, nothing moves any more, and what the page looks like now has been drawn. */
export async function atRest(page: Page): Promise<void> {
  await eventually(async () => expect(await page.evaluate(STILL_TO_COME)).toEqual([]));
  await page.evaluate(NOTHING_MOVES);
}

const STILL_TO_COME = `[...document.querySelectorAll(".skeletons, .text-skeleton, [aria-busy=true]")].map((element) => element.className)`;

const NOTHING_MOVES = `(async () => {
  const ends = document.getAnimations().filter(({ effect }) => effect.getComputedTiming().endTime !== Infinity);
  await Promise.allSettled(ends.map(({ finished }) => finished));
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
})()`;
