import { readStored, store } from "../device/storage.js";
import { readRoute, route } from "./routes.js";

/** Scroll positions by page, restored when going back. */
const scrollOf = new Map<number, number>();
/** Key under which they survive a reload of this tab. */
const KEY = "headline.places";
let entry = 0;
let entriesMade = 0;

/** Whether the reader has returned to the page; a new one starts at its top. */
let returned = false;
/** False while one page replaces another: then the browser scrolls, not the reader. */
let settled = false;

/** Follows the address. `beforeLeaving` is called while the old page is still shown. */
export function followAddress(beforeLeaving: () => void): void {
  history.scrollRestoration = "manual";
  for (const [at, y] of readStored<[number, number][]>(KEY, "sessionStorage") ?? []) scrollOf.set(at, y);
  addEventListener("pagehide", () => store(KEY, [...scrollOf], "sessionStorage"));
  claimEntry();
  addEventListener("scroll", () => settled && scrollOf.set(entry, scrollY), { passive: true });
  addEventListener("hashchange", () => {
    beforeLeaving();
    settled = false;
    claimEntry();
    route.value = readRoute(location.hash);
  });
}

/** Scrolls the page that was just opened to where it stood before; a new one to `otherwise`. */
export function restoreScroll(otherwise: number): void {
  scrollTo(0, returned ? (scrollOf.get(entry) ?? otherwise) : otherwise);
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
