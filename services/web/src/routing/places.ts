import { keep, readKept } from "../device/kept.js";
import { readRoute, route } from "./routes.js";

/** Scroll positions by page, restored when going back. */
const placeOf = new Map<number, number>();
/** They survive a reload of this tab. */
const KEPT = "headline.places";
let entry = 0;
let entriesMade = 0;

/** Whether the page was come back to; else it starts at its top. */
let returned = false;
/** Not while one page gives way to another: then the scrolling is the browser's. */
let settled = false;

/** Follows the address. `beforeLeaving` is called while the old page is still shown. */
export function followAddress(beforeLeaving: () => void): void {
  history.scrollRestoration = "manual";
  for (const [at, y] of readKept<[number, number][]>(KEPT, "sessionStorage") ?? []) placeOf.set(at, y);
  addEventListener("pagehide", () => keep(KEPT, [...placeOf], "sessionStorage"));
  claimEntry();
  addEventListener("scroll", () => settled && placeOf.set(entry, scrollY), { passive: true });
  addEventListener("hashchange", () => {
    beforeLeaving();
    settled = false;
    claimEntry();
    route.value = readRoute(location.hash);
  });
}

/** Scrolls the page that was just opened to where it stood before; a new one to `otherwise`. */
export function scrollToPlace(otherwise: number): void {
  scrollTo(0, returned ? (placeOf.get(entry) ?? otherwise) : otherwise);
  settled = true;
}

/** Whether there is a page of ours to go back to. */
export function canGoBack(): boolean {
  return entry > 0;
}

function claimEntry(): void {
  const known: unknown = history.state?.entry;
  returned = typeof known === "number";
  if (typeof known === "number") {
    entry = known;
    entriesMade = Math.max(entriesMade, known + 1);
    return;
  }
  entry = entriesMade;
  entriesMade += 1;
  history.replaceState({ entry }, "");
}
