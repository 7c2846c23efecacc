/** Of the sign-in form and the tasks page; the dashboard brings its own. */
export const STYLES = `:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { margin: 0; }
header { display: flex; flex-wrap: wrap; gap: 0.4rem 1rem; align-items: center; padding: 0.6rem 1.2rem; border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); }
header form { margin-left: auto; }
form.row { display: flex; flex-wrap: wrap; gap: 0.8rem; align-items: end; }
form.row label { margin: 0; }
ul.chips { display: flex; flex-wrap: wrap; gap: 0.4rem; list-style: none; padding: 0; }
ul.chips li { padding: 0.1rem 0.6rem; border-radius: 1rem; border: 1px solid color-mix(in srgb, currentColor 25%, transparent); }
tr.out { opacity: 0.7; }
svg { max-width: 760px; width: 100%; height: auto; }
ul.legend { display: flex; flex-wrap: wrap; gap: 0.2rem 1.2rem; list-style: none; margin: 0 0 0.6rem; padding: 0; }
ul.legend li::before { content: "● "; }
svg.chart polyline { fill: none; stroke: currentColor; stroke-width: 2; }
svg.chart circle { fill: currentColor; }
.series-0 { color: light-dark(#5b626c, #a7adb7); }
.series-1 { color: light-dark(#c8102e, #ff8a7a); }
.series-2 { color: light-dark(#1668c7, #7db8f3); }
.series-3 { color: light-dark(#1e7e46, #5ecb8b); }
small { opacity: 0.6; }
main { padding: 1.2rem; overflow-x: auto; }
main.sign-in { max-width: 22rem; margin: 12vh auto 0; }
h1 { font-size: 1.25rem; }
label { display: block; margin: 0.8rem 0; }
input { display: block; box-sizing: border-box; width: 100%; padding: 0.5rem; font: inherit; }
button { padding: 0.45rem 1rem; font: inherit; cursor: pointer; }
.problem { padding: 0.5rem 0.8rem; border-left: 4px solid #c0392b; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: 0.35rem 0.6rem; text-align: left; border-bottom: 1px solid color-mix(in srgb, currentColor 15%, transparent); vertical-align: top; }
.number { text-align: right; }
td.number, td.time { white-space: nowrap; }
tr.failure td:first-child { color: light-dark(#c0392b, #ff8a7a); font-weight: 600; }
tr.success td:first-child { color: light-dark(#1e7e46, #5ecb8b); font-weight: 600; }
code { overflow-wrap: anywhere; }
h2 { font-size: 1.05rem; margin: 1.2rem 0 0.4rem; }
h3 { font-size: 0.95rem; margin: 0.9rem 0 0.3rem; opacity: 0.75; }
.verdict { margin: 0; padding-left: 0.7rem; border-left: 6px solid; }
.well { color: light-dark(#1e7e46, #5ecb8b); }
.unwell { color: light-dark(#c0392b, #ff8a7a); }
.columns { display: grid; gap: 0 2.5rem; grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); }
.columns section { overflow-x: auto; }
.columns td { overflow-wrap: anywhere; }
.columns :is(.number, .time, .success td:first-child, .failure td:first-child:not([colspan])) { overflow-wrap: normal; }
table.bars td:last-child { width: 40%; min-width: 5rem; }
meter { display: block; width: 100%; margin-top: 0.25rem; }
@media (max-width: 40rem) {
  main { padding: 0.8rem; }
  th, td { padding: 0.3rem; }
  td:first-child, th:first-child { padding-left: 0; }
  td:last-child, th:last-child { padding-right: 0; }
  table.bars td:last-child { width: 25%; min-width: 3rem; }
  .columns :is(.success, .failure) td:nth-child(2) { min-width: 6.4rem; }
  table.cards :is(td, td.number) { display: block; border: 0; padding: 0; text-align: left; white-space: normal; overflow-wrap: anywhere; }
  table.cards, table.cards tbody { display: block; }
  table.cards thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table.cards tr { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 0.3rem 0.8rem; padding: 0.6rem 0; border-bottom: 1px solid color-mix(in srgb, currentColor 15%, transparent); }
  table.cards td:empty { display: none; }
  table.cards td.wide { grid-column: 1 / -1; }
  table.cards td[data-label]::before { content: attr(data-label); display: block; font-size: 0.8rem; opacity: 0.75; }
}
`;
