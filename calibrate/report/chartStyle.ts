/** The look of a report's charts and pictures; the colours are those of `reportStyle`. */
export const chartStyle = `
figure { margin: 0; }
figcaption { margin-bottom: 8px; font-weight: 600; font-size: 14px; }
figcaption small { margin-left: 6px; color: var(--muted); font-weight: 400; font-size: 12px; }
.panels { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 380px), 1fr)); gap: 24px 40px; margin: 20px 0 28px; }
.row { display: grid; grid-template-columns: 104px 1fr 64px; align-items: center; gap: 0 12px; min-height: 26px; font-size: 14px; }
.row .name { color: var(--muted); }
.row .value { text-align: right; white-space: nowrap; }
.track { position: relative; display: block; height: 26px; }
.track > span { position: absolute; }
.track .line { top: 0; bottom: 0; border-left: 1px solid var(--rule); }
.track .zero { top: 0; bottom: 0; border-left: 1.5px solid var(--muted); }
.track .whisker { top: 12px; height: 2px; border-radius: 1px; background: currentColor; }
.track .whisker::before, .track .whisker::after { content: ""; position: absolute; top: -4px; width: 2px; height: 10px; background: currentColor; }
.track .whisker::before { left: 0; }
.track .whisker::after { right: 0; }
.track .dot { top: 8px; width: 10px; height: 10px; margin-left: -5px; border-radius: 50%; background: currentColor; box-shadow: 0 0 0 2px var(--page); }
.row.plain .track, .row.undecided .track { color: var(--muted); }
.row.chosen .track { color: var(--accent); }
.row.chosen .name, .row.chosen .value { color: var(--ink); font-weight: 600; }
.row.better .track { color: var(--good); }
.row.worse .track { color: var(--bad); }
.row.axis, .row.axis .track { min-height: 20px; height: 20px; color: var(--muted); font-size: 12px; }
.track .tick { top: 2px; transform: translateX(-50%); white-space: nowrap; }
.stage-bars .row { grid-template-columns: minmax(130px, 170px) minmax(120px, 1fr) 64px minmax(200px, 1.2fr); padding: 5px 0; border-bottom: 1px solid var(--rule); }
.stage-bars .reason { color: var(--muted); font-size: 13px; }
.stage-bars .left-out .name, .stage-bars .left-out .value { color: var(--muted); }
.stage-bars .left-out .reason strong { color: var(--bad); font-weight: 600; }
.track .fill { left: 0; top: 6px; height: 14px; border-radius: 0 3px 3px 0; background: var(--accent); }
.float .fill { background: var(--muted); opacity: 0.55; }
.left-out .fill, .legend .hatched { background: repeating-linear-gradient(135deg, var(--muted) 0 2px, transparent 2px 6px); box-shadow: inset 0 0 0 1px var(--muted); }
.track .beyond { right: -2px; top: -3px; padding: 0 2px; background: var(--page); color: var(--muted); font-size: 20px; line-height: 30px; }
.stage-bars + .legend .key:not(.hatched) { background: var(--accent); }
.pair .row { grid-template-columns: 84px 1fr 72px; }
.pair figcaption strong { color: var(--good); }
svg { display: block; width: 100%; min-width: 760px; height: auto; margin-top: 16px; font: 12px system-ui, "Noto Sans", "DejaVu Sans", sans-serif; }
svg .grid { stroke: var(--rule); }
svg .tick, svg .axis { fill: var(--muted); }
svg .path { fill: none; stroke: var(--accent); stroke-opacity: 0.35; stroke-width: 1.5; }
svg .kept { fill: var(--accent); stroke: var(--page); stroke-width: 1.5; }
svg .share { fill: var(--accent); fill-opacity: 0.55; }
svg .bits { fill: var(--muted); fill-opacity: 0.3; }
svg .bits.reduced { fill: var(--reduced); fill-opacity: 0.8; }
svg .hit { fill: transparent; }
svg .layer:hover .hit { fill: var(--accent-soft); }
.better { fill: var(--good); }
.worse { fill: var(--bad); }
.same { fill: var(--accent-soft); }
.legend .better { color: var(--good); }
.legend .worse { color: var(--bad); }
.legend .reduced { color: var(--reduced); }
.picture { margin: 20px 0 28px; }
.picture div { display: grid; grid-template-columns: 1fr 1fr; gap: 8px; }
.picture img { display: block; width: 100%; height: auto; border-radius: 6px; }
.picture figcaption { margin: 6px 0 0; color: var(--muted); font-weight: 400; font-size: 13px; overflow-wrap: anywhere; }
@media (max-width: 640px) {
  .picture div { grid-template-columns: 1fr; }
  .row { grid-template-columns: 92px 1fr 58px; gap: 0 8px; font-size: 13px; }
  .stage-bars .row { grid-template-columns: 1fr 64px; }
  .stage-bars .track, .stage-bars .reason { grid-column: 1 / -1; }
  .stage-bars .track { order: 3; }
  .stage-bars .reason { order: 4; }
}
@media print {
  svg { min-width: 0; }
  .picture { break-inside: avoid; }
}
`;
