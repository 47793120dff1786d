import type { QuantizeReport } from '../report.js';
import { linearAxis, logAxis } from './axis.js';
import { differenceBetween, scaled, toneOf } from './comparisons.js';
import { controlTitle, exportedControl, type NamedControl, namedControls } from './controls.js';
import {
  changeText,
  countText,
  differenceText,
  odolText,
  percentText,
  pointsText,
  pText,
  signedText,
} from './format.js';
import { type IntervalRow, intervalChart } from './intervalChart.js';
import { html, type Markup } from './markup.js';

/** A log axis where the largest ODOL is so many times the smallest: else the small ones lie in one point. */
const wideRange = 8;

/** What was exported beside everything that it has to beat: figures with their intervals, then paired differences. */
export function accuracySection(report: QuantizeReport): Markup {
  const controls = namedControls(report);
  return html`<section><h2>Accuracy</h2>
<p>On ${countText(report.frames.heldOut, 'held-out frame')}, each on the very graph that would be served. Min-max, p&nbsp;=&nbsp;2 and p&nbsp;=&nbsp;2.4 are what is in
common use, on the network as it came; the best single p and the p per layer have every stage that was kept. Whiskers are
95 % intervals over the choice of frames.${better(report, controls)}</p>
<div class="panels">${agreementChart(controls)}${odolChart(controls)}</div>
${controlsTable(report, controls)}
${differences(report, controls)}
${labelled(report)}
${served(report)}</section>`;
}

function agreementChart(controls: readonly NamedControl[]): Markup {
  const rows = controls.map(({ title, agreement, agreementInterval, isChosen }) =>
    figureRow({ label: title, value: agreement, interval: agreementInterval }, isChosen),
  );
  return intervalChart({
    title: 'Agreement mAP',
    hint: 'right is better',
    rows,
    axis: linearAxis(rows.flatMap(extent)),
    text: percentText,
    tickText: wholePercentText,
  });
}

function odolChart(controls: readonly NamedControl[]): Markup {
  const rows = controls.map(({ title, odol, odolInterval, isChosen }) =>
    figureRow({ label: title, value: odol, interval: odolInterval }, isChosen),
  );
  const odols = controls.map(({ odol }) => odol).filter((odol) => Number.isFinite(odol));
  const isWide = Math.min(...odols) > 0 && Math.max(...odols) > wideRange * Math.min(...odols);
  return intervalChart({
    title: isWide ? 'ODOL, on a logarithmic axis' : 'ODOL',
    hint: 'left is better',
    rows,
    axis: isWide ? logAxis(rows.flatMap(extent)) : linearAxis([0, ...rows.flatMap(extent)]),
    text: odolText,
    tickText: String,
  });
}

function figureRow(row: Omit<IntervalRow, 'tone'>, isChosen: boolean): IntervalRow {
  return { ...row, tone: isChosen ? 'chosen' : 'plain' };
}

function extent({ value, interval: { low, high } }: IntervalRow): number[] {
  return [value, low, high];
}

function controlsTable(report: QuantizeReport, controls: readonly NamedControl[]): Markup {
  const rows = controls.map((control) => {
    const { title, p, odolSearch, odol, agreement, f1, lost, ghosts, meanIou, isChosen } = control;
    return html`<tr${isChosen ? html` class="chosen"` : null}><th scope="row">${title}${isChosen ? html` <span class="tag">exported</span>` : null}</th>
<td>${pText(p)}</td><td>${odolText(odolSearch ?? Number.NaN)}</td><td>${odolText(odol)}</td><td>${percentText(agreement)}</td><td>${percentText(f1)}</td><td>${lost}</td><td>${ghosts}</td><td>${meanIou === null ? '–' : percentText(meanIou)}</td></tr>
`;
  });
  const absent =
    report.controls.perLayerP === null
      ? html`<tr class="absent"><th scope="row">A p per layer</th><td colspan="8">not searched in this run</td></tr>`
      : null;
  return html`<div class="wide" tabindex="0"><table class="controls">
<thead><tr><th scope="col">Control</th><th scope="col">p</th><th scope="col">ODOL, search</th><th scope="col">ODOL</th><th scope="col">Agreement</th><th scope="col">F1</th><th scope="col">Lost</th><th scope="col">Ghosts</th><th scope="col">Mean IoU</th></tr></thead>
<tbody>
${rows}${absent}</tbody></table></div>`;
}

/** A lower held-out ODOL alone does not decide what is exported; where it would have chosen otherwise, it is said. */
function better(report: QuantizeReport, controls: readonly NamedControl[]): Markup | null {
  const exported = exportedControl(report);
  const others = controls
    .filter(({ odol }) => odol < exported.odol)
    .map(({ title }, i) => (i === 0 ? title : title.charAt(0).toLowerCase() + title.slice(1)));
  if (others.length === 0) return null;
  const have = others.length === 1 ? 'has' : 'have';
  return html` ${others.join(', ')} ${have} a lower ODOL than what was exported. That alone does not decide: what is in common
use is there to compare with, and a stage is kept only where it lowers the ODOL by more than one standard error.`;
}

/** What was exported against each control, frame by frame: the fair way to compare the two. */
function differences(report: QuantizeReport, controls: readonly NamedControl[]): Markup | null {
  const of = exportedControl(report).name;
  const pairs = controls.flatMap(({ name, odol }) => {
    const inOdol = differenceBetween(report, { of, against: name, figure: 'odol' });
    const inAgreement = differenceBetween(report, { of, against: name, figure: 'agreement' });
    if (!inOdol || !inAgreement) return [];
    return [{ label: controlTitle(name), odol: scaled(inOdol, odol), agreement: inAgreement }];
  });
  if (pairs.length === 0) return null;
  const agreementRows = pairs.map(({ label, agreement }) => ({
    label,
    value: agreement.difference,
    interval: agreement,
    tone: toneOf(agreement, 'above'),
  }));
  const odolRows = pairs.map(({ label, odol }) => ({
    label,
    value: odol.difference,
    interval: odol,
    tone: toneOf(odol, 'below'),
  }));
  return html`<h3>What was exported, less each control</h3>
<p>Paired over the frames, which says more than two intervals side by side. Where a whisker crosses 0, the frames do not
decide.</p>
<div class="panels">${intervalChart({
    title: 'Agreement mAP, points',
    hint: 'right of 0 is better',
    rows: agreementRows,
    axis: linearAxis([0, ...agreementRows.flatMap(extent)]),
    text: (value) => signedText(value, pointsText),
    tickText: (value) => signedText(100 * value, shortText),
  })}${intervalChart({
    title: 'ODOL, of the control’s',
    hint: 'left of 0 is better',
    rows: odolRows,
    axis: linearAxis([0, ...odolRows.flatMap(extent)]),
    text: (value) => signedText(value, percentText),
    tickText: (value) => signedText(value, wholePercentText),
  })}</div>
${comparisonsTable(report)}`;
}

function comparisonsTable({ comparisons }: QuantizeReport): Markup {
  const counts = (value: number) => value.toFixed(1);
  const rows = comparisons.map(
    ({
      of,
      against,
      odol,
      agreement,
      f1,
      lost,
      ghosts,
    }) => html`<tr><th scope="row">${controlTitle(of)}</th><th scope="row">${controlTitle(against)}</th>
<td>${differenceText(odol, { text: odolText })}</td><td>${differenceText(agreement, { text: pointsText })}</td><td>${differenceText(f1, { text: pointsText })}</td><td>${differenceText(lost, { text: counts })}</td><td>${differenceText(ghosts, { text: counts })}</td></tr>
`,
  );
  return html`<details><summary>All paired differences</summary>
<div class="wide" tabindex="0"><table class="dense">
<thead><tr><th scope="col">Of</th><th scope="col">Less that of</th><th scope="col">ODOL</th><th scope="col">Agreement, points</th><th scope="col">F1, points</th><th scope="col">Lost</th><th scope="col">Ghosts</th></tr></thead>
<tbody>
${rows}</tbody></table></div></details>`;
}

function labelled({ labelled }: QuantizeReport): Markup | null {
  if (labelled === null) return null;
  const { float, quantized, difference, n } = labelled;
  return html`<h3>Against labels</h3>
<p>COCO mAP on ${countText(n, 'labelled image')}: ${percentText(float)} in float, <strong>${percentText(quantized)}</strong> quantized:
${differenceText(difference, { text: pointsText, unit: ' points' })}. Where there are labels, they have the last word.</p>`;
}

/** By more than this the written ODOL may not differ from the searched one, nor the served one, whose sums are rounded elsewhere, be higher. */
const servedTolerance = 0.02;

function served({ served }: QuantizeReport): Markup | null {
  if (served === null) return null;
  const { odolSearched, odolWritten, odolServed } = served;
  const riseOf = (odol: number) => (odol === odolSearched ? 0 : odol / odolSearched - 1);
  const isWritten = Math.abs(riseOf(odolWritten)) <= servedTolerance;
  const figures = `ODOL ${odolText(odolSearched)} of the searched graph, ${odolText(odolWritten)} of the file (${differing(odolSearched, odolWritten)}), ${odolText(odolServed)} in the form that serves (${differing(odolSearched, odolServed)})`;
  if (isWritten && riseOf(odolServed) <= servedTolerance)
    return html`<p><strong>What was searched is what serves:</strong> ${figures}.</p>`;
  const what = isWritten ? 'What serves' : 'What was written';
  return html`<p class="verdict lost"><strong>${what} differs from what was searched:</strong> ${figures}. Trust what serves.</p>`;
}

function differing(before: number, after: number): string {
  return before === after ? 'no difference' : changeText(before, after);
}

function wholePercentText(ratio: number): string {
  return `${shortText(ratio * 100)} %`;
}

/** At most one decimal, none where it is 0. */
function shortText(value: number): string {
  return String(Number(value.toFixed(1)));
}
