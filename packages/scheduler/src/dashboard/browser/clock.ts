import { lengthText, relativeText } from "../times.js";
import { setText } from "./page.js";

/** Clock of the server minus that of this machine, ms. */
let skewMs = 0;

/** Reads the server's time from a page that it has just made. */
export function readServerClock(page: Document): void {
  const timed = page.querySelector<HTMLElement>("[data-now]");
  if (timed !== null) skewMs = Number(timed.dataset["now"]) - Date.now();
}

/** Rewrites every relative time and every running duration. */
export function updateTimes(): void {
  const now = Date.now() + skewMs;
  for (const element of document.querySelectorAll<HTMLElement>("[data-relative]")) {
    setText(element, relativeText(Number(element.dataset["relative"]), now));
  }
  for (const element of document.querySelectorAll<HTMLElement>("[data-running]")) {
    setText(element, `${lengthText(Math.max(0, now - Number(element.dataset["running"])))} …`);
  }
}
