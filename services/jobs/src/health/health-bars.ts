import { escaped } from "../http/escaped.js";

const BARS_MAX = 8;

/** To a browser, more than nothing of these is too much: it paints them red. */
const BAD = ' low="0.1" high="0.2" optimum="0"';

/** The largest counts, with bars that need no style of their own. */
export function bars(counts: ReadonlyMap<string, number>, { bad = false, known = true } = {}): string {
  if (counts.size === 0) return known ? "<p>None.</p>" : "<p>Unknown.</p>";
  const shown = [...counts].slice(0, BARS_MAX);
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const rows = shown.map(
    ([name, count]) =>
      `<tr><td>${escaped(name)}</td><td class="number">${count}</td><td><meter min="0" max="${total}" value="${count}"${bad ? BAD : ""}>${count}</meter></td></tr>`,
  );
  const more = counts.size > BARS_MAX ? `<p>and ${counts.size - BARS_MAX} more</p>` : "";
  return `<table class="bars"><tbody>${rows.join("")}</tbody></table>${more}`;
}
