import { type Html, html } from "@headline/service/html";

const BARS_MAX = 8;

/** To a browser, more than nothing of these is too much: it paints them red. */
const BAD = html` low="0.1" high="0.2" optimum="0"`;

/** The largest counts, with bars that need no style of their own. */
export function bars(counts: ReadonlyMap<string, number>, { bad = false, known = true } = {}): Html {
  if (counts.size === 0) return known ? html`<p>None.</p>` : html`<p>Unknown.</p>`;
  const shown = [...counts].slice(0, BARS_MAX);
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const rows = shown.map(
    ([name, count]) =>
      html`<tr><td>${name}</td><td class="number">${count}</td><td><meter min="0" max="${total}" value="${count}"${bad ? BAD : ""}>${count}</meter></td></tr>`,
  );
  const more = counts.size > BARS_MAX ? html`<p>and ${counts.size - BARS_MAX} more</p>` : "";
  return html`<table class="bars"><tbody>${rows}</tbody></table>${more}`;
}
