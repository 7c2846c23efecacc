/** Entry of the script of every page. The server alone renders: the script fetches the page again and moves the differences in. */
import { readServerClock, updateTimes } from "./clock.js";
import { enhanceFilters, onSubmit } from "./forms.js";
import { closeStream, openStream } from "./live.js";
import { hasStopped, refreshSoon } from "./refresh.js";

const TICK_MS = 1_000;
const NOTICE_MS = 6_000;

document.addEventListener("submit", (event) => void onSubmit(event));

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return closeStream();
  openStream();
  refreshSoon();
});

// A page that comes back from the browser's cache has stopped refreshing.
addEventListener("pageshow", (event) => {
  if (event.persisted && hasStopped()) location.reload();
});

for (const form of document.querySelectorAll<HTMLFormElement>("form.filters")) enhanceFilters(form);
dismissNotice();
readServerClock(document);
setInterval(updateTimes, TICK_MS);
if (!document.hidden) openStream();

/** Takes the notice out of the address at once and off the page after a while. */
function dismissNotice(): void {
  const notice = document.querySelector(".notice");
  if (notice === null) return;
  const here = new URL(location.href);
  here.searchParams.delete("notice");
  history.replaceState(null, "", here);
  setTimeout(() => notice.remove(), NOTICE_MS);
}
