/** The dashboard's looks: dense, quiet, light or dark as the visitor's system is; tables are cards on a phone. */
export const stylesheet = `
:root {
  color-scheme: light dark;
  --ground: #f6f7f9; --surface: #ffffff; --raised: #f0f2f5; --line: #d9dee5; --line-strong: #b4bdc8;
  --text: #1a2027; --quiet: #56616d; --accent: #0b5cad; --accent-text: #ffffff; --focus: #0b5cad;
  --green: #14713a; --green-fill: #2f9e57; --red: #b3261e; --red-fill: #d64539; --amber: #8a5200; --amber-fill: #d98e1f;
  --violet: #6a3fb5; --violet-fill: #8e63d6; --blue: #0b5cad; --blue-fill: #3b8ae0; --gray: #56616d; --gray-fill: #98a2ae;
  --red-ground: #fdf0ef; --blue-ground: #eef5fc;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0f1317; --surface: #161b21; --raised: #1d242b; --line: #2b343d; --line-strong: #46525e;
    --text: #e3e8ed; --quiet: #9aa6b2; --accent: #3d8fe0; --accent-text: #06121f; --focus: #7db8f3;
    --green: #5ecb85; --green-fill: #3aa864; --red: #ff8f86; --red-fill: #e0584d; --amber: #e8b04c; --amber-fill: #d49a33;
    --violet: #bd9df7; --violet-fill: #9a75dd; --blue: #7db8f3; --blue-fill: #4a97e6; --gray: #9aa6b2; --gray-fill: #6d7985;
    --red-ground: #2c1816; --blue-ground: #13212f;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--text); font: 13px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; font-variant-numeric: tabular-nums; }
a { color: var(--accent); text-decoration: none; }
@media (prefers-color-scheme: dark) { a { color: var(--blue); } }
a:hover { text-decoration: underline; }
a.plain { color: inherit; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; border-radius: 3px; }
main:focus { outline: none; }
code, pre { font: 12px/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: -100vw; top: 4px; z-index: 2; background: var(--surface); padding: 6px 10px; }
.skip:focus { left: 8px; }
.quiet, small { color: var(--quiet); }
.bad { color: var(--red); font-weight: 600; }
.odd { color: var(--amber); font-weight: 600; }
.busy { color: var(--blue); font-weight: 600; }

header { display: flex; align-items: center; gap: 4px 20px; padding: 0 20px; background: var(--surface); border-bottom: 1px solid var(--line); flex-wrap: wrap; }
.brand { font-weight: 650; font-size: 14px; color: var(--text); padding: 10px 0; }
nav { display: flex; gap: 2px; align-self: stretch; }
nav a { display: flex; align-items: center; padding: 10px 10px 8px; color: var(--quiet); border-bottom: 2px solid transparent; }
nav a:hover { color: var(--text); text-decoration: none; }
nav a[aria-current] { color: var(--text); border-bottom-color: var(--accent); font-weight: 600; }
.live { margin: 0 0 0 auto; color: var(--quiet); font-size: 12px; display: flex; align-items: center; gap: 6px; white-space: nowrap; }
.live::before { content: ""; width: 8px; height: 8px; border-radius: 50%; background: var(--gray-fill); }
.live[data-state="on"]::before { background: var(--green-fill); }
.live[data-state="error"]::before { background: var(--red-fill); }

main { display: block; padding: 14px 20px 40px; max-width: 1560px; margin: 0 auto; }
h1 { font-size: 19px; line-height: 1.3; margin: 2px 0 12px; font-weight: 650; overflow-wrap: anywhere; }
h2 { font-size: 13px; margin: 22px 0 8px; font-weight: 650; }
.notice, .warning { margin: 0 0 12px; padding: 8px 12px; border: 1px solid var(--line); border-left: 3px solid var(--blue-fill); background: var(--blue-ground); border-radius: 4px; overflow-wrap: anywhere; }
.warning { border-left-color: var(--red-fill); background: var(--red-ground); }
.empty { padding: 28px; text-align: center; color: var(--quiet); background: var(--surface); border: 1px solid var(--line); border-radius: 6px; }
#toast:not(:empty) { position: fixed; left: 50%; bottom: 20px; transform: translateX(-50%); margin: 0; max-width: min(560px, calc(100vw - 32px)); background: var(--text); color: var(--surface); padding: 10px 14px; border-radius: 6px; overflow-wrap: anywhere; }

.summary { display: flex; flex-wrap: wrap; margin: 0 0 14px; background: var(--surface); border: 1px solid var(--line); border-radius: 6px; overflow: hidden; }
.summary > div { flex: 1 1 auto; padding: 8px 14px 9px; border-right: 1px solid var(--line); min-width: 96px; }
.summary > div:last-child { border-right: 0; }
.summary dt { color: var(--quiet); font-size: 11.5px; }
.summary dd { margin: 0; font-size: 15px; font-weight: 600; overflow-wrap: anywhere; }
.summary dd .quiet { font-size: 12px; font-weight: 400; }
.scheduler-running::first-letter, .scheduler-paused::first-letter, .scheduler-stopped::first-letter { text-transform: uppercase; }
.scheduler-running { color: var(--green); }
.scheduler-paused, .scheduler-stopping { color: var(--amber); }
.scheduler-stopped { color: var(--red); }

.filters { display: flex; flex-wrap: wrap; gap: 8px 10px; align-items: flex-end; margin: 0 0 12px; }
.filters label { display: grid; gap: 2px; color: var(--quiet); font-size: 11.5px; }
.filters .grow { flex: 0 1 300px; }
input, select, button, .button { font: inherit; height: 30px; border: 1px solid var(--line-strong); border-radius: 5px; background: var(--surface); color: var(--text); padding: 0 9px; }
input, select { width: 100%; }
input::placeholder { color: var(--quiet); opacity: 1; }
button, .button { display: inline-flex; align-items: center; justify-content: center; cursor: pointer; white-space: nowrap; }
button:hover, .button:hover { background: var(--raised); text-decoration: none; }
button:disabled { opacity: .55; cursor: default; }
.danger { color: var(--red); border-color: var(--red); }
.buttons { display: flex; gap: 6px; flex-wrap: wrap; align-items: center; }
.buttons form { display: contents; }
td .buttons { flex-wrap: nowrap; }
td button { height: 25px; padding: 0 8px; font-size: 12px; border-color: var(--line); background: var(--raised); }
td button:hover { border-color: var(--line-strong); background: var(--surface); }
.bar { display: flex; flex-wrap: wrap; gap: 8px 12px; align-items: center; margin: 0 0 14px; }
.more { margin: 12px 0; }

.scroll { overflow-x: auto; background: var(--surface); border: 1px solid var(--line); border-radius: 6px; }
table { border-collapse: collapse; width: 100%; }
th { text-align: left; font-weight: 600; font-size: 11.5px; color: var(--quiet); padding: 7px 10px; border-bottom: 1px solid var(--line); white-space: nowrap; background: var(--raised); }
td { padding: 6px 10px; border-bottom: 1px solid var(--line); vertical-align: top; }
tr:last-child td { border-bottom: 0; }
tbody tr:hover td { background: color-mix(in srgb, var(--raised) 55%, transparent); }
td small, td .id { display: block; color: var(--quiet); font-size: 11.5px; }
td small:empty { display: none; }
th.number, td.number { text-align: right; white-space: nowrap; }
td.when { white-space: nowrap; }
td.job { min-width: 170px; max-width: 280px; overflow-wrap: anywhere; font-weight: 600; }
td.job small, td.job .id { font-weight: 400; }
td.trigger { max-width: 260px; overflow-wrap: anywhere; }
td.outcome { min-width: 190px; max-width: 380px; }
summary code { word-break: break-all; }
td.tags { max-width: 140px; }
.tag { display: inline-block; border: 1px solid var(--line); border-radius: 9px; padding: 0 7px; font-size: 11.5px; line-height: 17px; color: var(--quiet); margin: 1px 0; }
details summary { cursor: pointer; overflow-wrap: anywhere; }
.failure { color: var(--red); }
pre { margin: 8px 0; padding: 10px 12px; background: var(--raised); border-radius: 4px; overflow: auto; max-height: 380px; white-space: pre-wrap; overflow-wrap: anywhere; color: var(--text); }
@media (prefers-reduced-motion: no-preference) { tr.fresh { animation: fresh 1.2s ease-out; } }
@keyframes fresh { from { background: var(--blue-ground); } }

.pill { display: inline-flex; align-items: center; gap: 6px; white-space: nowrap; font-weight: 600; color: var(--gray); }
.pill::before { content: ""; width: 8px; height: 8px; border-radius: 50%; background: currentColor; flex: none; }
.pill.executed, .pill.job-scheduled, .pill.node-running { color: var(--green); }
.pill.error, .pill.job-overdue, .pill.job-orphan, .pill.node-stale { color: var(--red); }
.pill.missed, .pill.max_instances, .pill.job-paused, .pill.node-paused, .pill.node-stopping { color: var(--amber); }
.pill.running { color: var(--blue); }
.pill.lost, .pill.job-pending { color: var(--violet); }
.pill.missed::before, .pill.max_instances::before, .pill.job-paused::before, .pill.lost::before { border-radius: 1px; }
.pill.queued::before, .pill.submitted::before, .pill.cancelled::before { background: none; border: 2px solid currentColor; }

.columns { display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); gap: 0 28px; }
.columns > section h2, .columns > div > section:first-child h2 { margin-top: 4px; }
.attributes { margin: 0; background: var(--surface); border: 1px solid var(--line); border-radius: 6px; }
.attributes > div { display: grid; grid-template-columns: 150px minmax(0, 1fr); gap: 10px; padding: 5px 12px; border-bottom: 1px solid var(--line); }
.attributes > div:last-child { border-bottom: 0; }
.attributes dt { color: var(--quiet); }
.attributes dd { margin: 0; overflow-wrap: anywhere; }
.upcoming { margin: 0; padding: 6px 12px 6px 34px; background: var(--surface); border: 1px solid var(--line); border-radius: 6px; }
.upcoming li { padding: 1.5px 0; }
.upcoming li::marker { color: var(--quiet); }
.reschedule { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 6px 8px; }
.reschedule label { grid-column: 1 / -1; color: var(--quiet); font-size: 11.5px; }
.reschedule p { grid-column: 1 / -1; margin: 2px 0; overflow-wrap: anywhere; }
.reschedule input[aria-invalid] { border-color: var(--red); }

.picture { background: var(--surface); border: 1px solid var(--line); border-radius: 6px; padding: 10px 14px 8px; margin: 0 0 14px; }
.picture-text { margin: 0 0 8px; color: var(--quiet); }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 0 0 10px; padding: 0; font-size: 12px; }
.legend li { display: inline-flex; align-items: center; gap: 6px; }
.legend li::before { content: ""; width: 14px; height: 10px; border-radius: 2px; background: var(--gray-fill); }
.legend .executed::before { background: var(--green-fill); }
.legend .error::before { background: var(--red-fill); }
.legend .missed::before { background: var(--amber-fill); }
.legend .max_instances::before { background: var(--amber-fill); outline: 1px dashed var(--amber); outline-offset: 1px; }
.legend .running::before { background: var(--blue-fill); }
.legend .lost::before { background: var(--violet-fill); }
.timeline { display: block; }
.timeline text { fill: var(--text); font-size: 11.5px; unicode-bidi: plaintext; }
.timeline text.hour { fill: var(--quiet); font-size: 11px; text-anchor: middle; }
.timeline line.hour { stroke: var(--line); stroke-width: 1; }
.timeline .lane { fill: var(--raised); }
.timeline .unknown { fill: var(--line); opacity: .5; }
.timeline g rect { stroke-width: 1; }
.timeline rect.queued, .timeline rect.submitted, .timeline rect.cancelled { fill: var(--gray-fill); stroke: var(--gray-fill); }
.timeline rect.executed { fill: var(--green-fill); stroke: var(--green-fill); }
.timeline rect.running { fill: var(--blue-fill); stroke: var(--blue-fill); }
.timeline rect.error { fill: var(--red-fill); stroke: var(--red-fill); }
.timeline rect.missed { fill: var(--amber-fill); stroke: var(--amber-fill); }
.timeline rect.max_instances { fill: var(--amber-fill); stroke: var(--amber); stroke-dasharray: 2 2; }
.timeline rect.lost { fill: var(--violet-fill); stroke: var(--violet-fill); }

@media (max-width: 760px) {
  header { padding: 0 12px; gap: 0 12px; }
  nav { order: 3; width: 100%; overflow-x: auto; }
  nav a { padding: 6px 9px 7px; }
  main { padding: 12px 12px 32px; }
  .summary { display: grid; grid-template-columns: repeat(3, 1fr); }
  .summary > div { border: 0; min-width: 0; padding: 6px 10px; }
  .summary .wide { grid-column: 1 / -1; border-top: 1px solid var(--line); }
  .summary dt { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
  .filters label { flex: 1 1 120px; }
  .filters .grow { flex: 1 1 100%; }
  .columns { grid-template-columns: minmax(0, 1fr); }
  .attributes > div { grid-template-columns: 112px minmax(0, 1fr); }
  input, select, button, .button { height: 36px; }
  td button { height: 34px; padding: 0 12px; }
  .columns > div > section:first-child h2 { margin-top: 22px; }
  .scroll { background: none; border: 0; overflow: visible; }
  table, tbody, td { display: block; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tbody { display: grid; gap: 8px; }
  tr { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 7px 12px; background: var(--surface); border: 1px solid var(--line); border-radius: 6px; padding: 9px 12px 10px; }
  td, td.job, td.trigger, td.outcome, td.tags { padding: 0; border: 0; min-width: 0; max-width: none; }
  td::before { content: attr(data-label); display: block; color: var(--quiet); font-weight: 400; font-size: 11.5px; line-height: 1.3; }
  td.job, td.trigger, td.outcome, td.actions { grid-column: 1 / -1; }
  td.number { text-align: left; }
  td.job { font-size: 14px; order: -1; }
  td.job::before, td.actions::before { display: none; }
  td:empty { display: none; }
  tbody tr:hover td { background: none; }
}
`;
