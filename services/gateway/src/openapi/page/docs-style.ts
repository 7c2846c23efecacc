/** Style of the page of /docs, in light and dark. */
export const DOCS_STYLE = `
:root { color-scheme: light dark; --line: light-dark(#dfe3e8, #343a42); --soft: light-dark(#f5f7f9, #1d2126); --quiet: light-dark(#5b6670, #9aa4ae);
  --red: light-dark(#c8102e, #ff6b7d); }
* { box-sizing: border-box; }
body { margin: 0; display: grid; grid-template-columns: 19rem minmax(0, 1fr); font: 15px/1.55 system-ui, sans-serif;
  background: light-dark(#fff, #14171a); color: light-dark(#1c2126, #e6e9ec); }
nav { position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 1.25rem; border-right: 1px solid var(--line); background: var(--soft); }
nav .home { font-weight: 700; color: var(--red); font-size: 1.15rem; }
nav h2 { font-size: .75rem; text-transform: uppercase; letter-spacing: .06em; color: var(--quiet); margin: 1.2rem 0 .3rem; }
nav ul { list-style: none; margin: 0; padding: 0; font-size: .82rem; }
nav li a { display: flex; gap: .4rem; padding: .12rem 0; color: inherit; }
nav li span { overflow-wrap: anywhere; }
a { color: var(--red); text-decoration: none; }
a:hover { text-decoration: underline; }
a:focus-visible, summary:focus-visible { outline: 2px solid var(--red); outline-offset: 2px; }
main { padding: 2rem clamp(1rem, 4vw, 3.5rem) 6rem; max-width: 62rem; }
h1 { margin: 0 0 .5rem; line-height: 1.2; }
section > h2 { margin: 3rem 0 0; border-bottom: 1px solid var(--line); padding-bottom: .3rem; }
article { padding: 1.25rem 0 .5rem; scroll-margin-top: .5rem; }
article:target > h3 { background: var(--soft); box-shadow: 0 0 0 .5rem var(--soft); border-radius: 2px; }
h3 { margin: 0; font-size: 1.05rem; font-weight: 600; overflow-wrap: anywhere; }
h3 em { font: normal .78rem system-ui, sans-serif; color: var(--quiet); border: 1px solid var(--line); border-radius: 1rem; padding: .05rem .55rem; white-space: nowrap; }
p { margin: .35rem 0; }
b[class] { display: inline-block; min-width: 4.2em; font-size: .78em; text-transform: uppercase; font-family: ui-monospace, monospace; }
.get { color: light-dark(#0b6e4f, #4fd1a1); } .post { color: light-dark(#1f5fbf, #7db3ff); }
.put, .patch { color: light-dark(#8a5a00, #f0b95a); } .delete { color: var(--red); }
code, pre { font: .86em/1.5 ui-monospace, "SF Mono", Menlo, monospace; }
p code, td code { background: var(--soft); padding: .05em .3em; border-radius: 3px; }
pre { background: var(--soft); border: 1px solid var(--line); border-radius: 6px; padding: .7rem .9rem; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0; font-size: .9em; }
td { border-top: 1px solid var(--line); padding: .3rem .8rem .3rem 0; vertical-align: top; }
td:nth-child(1) { width: 9.5rem; } td:nth-child(2) { color: var(--quiet); width: 4rem; }
summary { cursor: pointer; font-size: .9em; color: var(--quiet); }
@media (max-width: 50rem) { body { display: block; } nav { position: static; height: auto; max-height: 40vh; border: 0; border-bottom: 1px solid var(--line); } }
`;
