/** The look of a report: light or dark as the reader's system is, and plain on paper. */
export const reportStyle = `
:root {
  color-scheme: light dark;
  --page: #fcfcfa; --panel: #ffffff; --ink: #1b1e23; --muted: #646b75; --rule: #e4e4de;
  --accent: #2f5bd0; --good: #23804f; --bad: #c4581b; --reduced: #8a4fc4; --good-soft: #eaf5ee; --bad-soft: #fbf0e8; --accent-soft: #eef2fd;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #131519; --panel: #1a1d22; --ink: #e7e9ec; --muted: #99a1ac; --rule: #2c3038;
    --accent: #8aabff; --good: #62c893; --bad: #ef9a63; --reduced: #c39af0; --good-soft: #17271f; --bad-soft: #2c2018; --accent-soft: #1c2438;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif;
  font-variant-numeric: tabular-nums; print-color-adjust: exact; -webkit-print-color-adjust: exact;
}
main { max-width: 1080px; margin: 0 auto; padding: 48px 24px 72px; }
h1 { margin: 0 0 16px; font-size: 34px; line-height: 1.15; letter-spacing: -0.02em; overflow-wrap: anywhere; }
h2 { margin: 56px 0 8px; font-size: 20px; letter-spacing: -0.01em; }
p { margin: 8px 0 16px; max-width: 74ch; }
section > p { color: var(--muted); }
.kicker { margin: 0 0 6px; color: var(--muted); font-size: 13px; letter-spacing: 0.06em; text-transform: uppercase; }
.bits { color: var(--accent); font-weight: 500; white-space: nowrap; }
.lead { font-size: 18px; overflow-wrap: anywhere; }
.muted { color: var(--muted); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 280px), 1fr)); gap: 12px; margin: 28px 0; padding: 0; list-style: none; }
.figures li { display: flex; flex-direction: column; padding: 16px 18px; border: 1px solid var(--rule); border-radius: 10px; background: var(--panel); }
.figures .label { color: var(--muted); font-size: 13px; }
.figures .value { font-size: 28px; font-weight: 600; letter-spacing: -0.02em; line-height: 1.3; }
.figures .what { color: var(--muted); font-size: 13px; }
.verdict { max-width: none; margin: 0; padding: 14px 18px; border-left: 4px solid var(--accent); border-radius: 0 10px 10px 0; background: var(--accent-soft); }
.verdict.won { border-color: var(--good); background: var(--good-soft); }
.verdict.lost { border-color: var(--bad); background: var(--bad-soft); }
.wide { overflow-x: auto; }
table { width: 100%; margin-top: 12px; border-collapse: collapse; }
th, td { padding: 9px 14px 9px 0; border-bottom: 1px solid var(--rule); text-align: right; vertical-align: top; font-weight: 400; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
thead th { color: var(--muted); font-size: 13px; vertical-align: bottom; }
tfoot th, tfoot td { border-bottom: 0; font-weight: 600; }
tr.chosen th, tr.chosen td { background: var(--accent-soft); font-weight: 600; }
tr.chosen th:first-child { box-shadow: inset 4px 0 0 var(--accent); padding-left: 14px; }
table.controls th:first-child { padding-left: 14px; }
tr.absent th, tr.absent td { color: var(--muted); }
.tag { margin-left: 6px; padding: 2px 8px; border-radius: 99px; background: var(--accent); color: var(--page); font-size: 12px; font-weight: 600; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 24px; margin: 10px 0 0; padding: 0; color: var(--muted); font-size: 13px; list-style: none; }
.legend .key { display: inline-block; width: 11px; height: 11px; margin-right: 7px; border-radius: 2px; background: currentColor; vertical-align: -1px; }
.legend .key.dot { border-radius: 50%; color: var(--accent); }
details { margin-top: 20px; }
h3 { margin: 36px 0 4px; font-size: 16px; }
.dense { font-size: 14px; }
.dense th:nth-child(2) { text-align: left; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
summary { padding: 10px 0; cursor: pointer; font-weight: 600; }
.layers { font-size: 14px; }
.layers th, .layers td { padding: 7px 14px 7px 0; }
.layers th:nth-child(3), .layers td:nth-child(3) { text-align: left; }
.layers th[scope=row], .layers th:nth-child(2) { text-align: left; white-space: normal; overflow-wrap: anywhere; min-width: 22ch; }
.layers .tried, .layers th:last-child { text-align: left; white-space: normal; }
.tried > span:not(.muted) { display: inline-block; margin: 0 14px 2px 0; color: var(--muted); }
.tried small { margin-left: 6px; font-size: 12px; }
.tried .kept { color: var(--accent); font-weight: 600; }
.tried .least small { color: var(--good); font-weight: 600; }
.notes { padding-left: 20px; max-width: 74ch; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 6px 24px; margin: 12px 0 0; }
dt { color: var(--muted); }
dd { margin: 0; max-width: 74ch; overflow-wrap: anywhere; }
.glossary { margin-top: 20px; padding-top: 16px; border-top: 1px solid var(--rule); font-size: 14px; }
@media (max-width: 640px) {
  table { font-size: 14px; }
  .figures { grid-template-columns: 1fr 1fr; }
  .figures li { padding: 12px 14px; }
  .figures .value { font-size: 22px; }
  main { padding: 28px 16px 48px; }
  h1 { font-size: 27px; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: 10px; }
}
@media print {
  :root {
    --page: #ffffff; --panel: #ffffff; --ink: #000000; --muted: #444444; --rule: #cccccc;
    --accent: #2f5bd0; --good: #23804f; --bad: #c4581b; --reduced: #8a4fc4; --good-soft: #eaf5ee; --bad-soft: #fbf0e8; --accent-soft: #eef2fd;
  }
  body { font-size: 11pt; }
  main { max-width: none; padding: 0; }
  h2 { break-after: avoid; margin-top: 28px; }
  .figures { grid-template-columns: repeat(4, 1fr); margin: 16px 0; }
  .figures li { padding: 8px 10px; }
  .figures .value { font-size: 14pt; }
  th, td { padding: 5px 10px 5px 0; }
  tr, svg, figure, table:not(.layers), .figures, .verdict, dd { break-inside: avoid; }
  .wide { overflow: visible; }
  .layers { font-size: 8pt; }
  .layers th, .layers td { padding: 2px 8px 2px 0; }
  .tried > span:not(.muted) { margin: 0 8px 0 0; }
  .tried small { margin-left: 3px; font-size: 7pt; }
  details::details-content { content-visibility: visible; block-size: auto; }
}
@page { margin: 16mm; }
`;
