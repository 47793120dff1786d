import type { QuantizeReport } from '../report.js';
import { differenceBetween, scaled } from './comparisons.js';
import { exportedControl } from './controls.js';
import {
  bytesText,
  changeText,
  countText,
  differenceText,
  durationText,
  intervalText,
  millisecondsText,
  odolText,
  percentText,
  pointsText,
  pText,
  timesText,
} from './format.js';
import { html, type Markup } from './markup.js';

/** What was quantized, what was chosen, what it is worth and what it cost: a sentence, then the figures. */
export function summarySection(report: QuantizeReport): Markup {
  const { model, bits, recipe, frames, total } = report;
  const exported = exportedControl(report);
  const assignment =
    report.chosen === 'perLayerP'
      ? 'a p of its own for every layer'
      : `one p for all layers, p = ${pText(report.controls.bestGlobalP.p)}`;
  return html`<header>
<p class="kicker">DetPTQ quantization report</p>
<h1>${model} <span class="bits">W${bits.weight}A${bits.activation}</span></h1>
<p class="lead">The detector <strong>${model}</strong> was quantized to ${bits.weight}-bit weights and
${bits.activation}-bit activations${bits.activation < 8 ? ' (simulated: engines execute 8 bits)' : ''} by the recipe <strong>${recipe}</strong>, with <strong>${assignment}</strong>. On
${countText(frames.heldOut, 'held-out frame')} its detections agree with the float model’s to
<strong>${percentText(exported.agreement)}</strong> (agreement mAP), at an ODOL of
<strong>${odolText(exported.odol)}</strong>.${gains(report)} The search took ${durationText(total.seconds)}.</p>
<ul class="figures">
${labelledFigure(report)}${figure('Agreement mAP', percentText(exported.agreement), `95 %: ${intervalText(exported.agreementInterval, percentText)}`)}
${figure('ODOL', odolText(exported.odol), `95 %: ${intervalText(exported.odolInterval, odolText)}`)}
${costFigures(report)}${figure('Search', `${total.passes.toFixed(1)} passes`, `${durationText(total.seconds)}, ${bytesText(total.peakRssBytes)} at most`)}
</ul>
${verdict(report)}
</header>`;
}

/** How much faster and smaller, in words. */
function gains({ latency, size }: QuantizeReport): string {
  const faster =
    latency && `is ${timesText(latency.floatMs, latency.quantizedMs)} as fast as the float model`;
  const smaller = size && `needs ${percentText(size.quantizedBytes / size.floatBytes)} of its space on disk`;
  const both = [faster, smaller].filter((part) => part !== null);
  return both.length === 0 ? '' : ` It ${both.join(' and ')}.`;
}

function labelledFigure({ labelled }: QuantizeReport): Markup | null {
  if (labelled === null) return null;
  const { quantized, difference, n } = labelled;
  const change = differenceText(difference, { text: pointsText, unit: ' points' });
  return figure('mAP on labels', percentText(quantized), `${change} against float, n = ${n}`);
}

function costFigures({ latency, size }: QuantizeReport): Markup {
  return html`${
    latency &&
    figure(
      'Inference',
      millisecondsText(latency.quantizedMs),
      `${millisecondsText(latency.floatMs)} in float, ${timesText(latency.floatMs, latency.quantizedMs)}`,
    )
  }
${size && figure('Model file', bytesText(size.quantizedBytes), `${bytesText(size.floatBytes)} in float, ${timesText(size.floatBytes, size.quantizedBytes)}`)}
`;
}

function figure(label: string, value: string, what: string): Markup {
  return html`<li><span class="label">${label}</span><span class="value">${value}</span><span class="what">${what}</span></li>`;
}

/** Says plainly whether the per-layer p won over the honest control. */
function verdict(report: QuantizeReport): Markup {
  const { controls, chosen, frames, recipe } = report;
  const { bestGlobalP, perLayerP } = controls;
  const reason = report.stages.find(({ name }) => name === 'perLayerP')?.reason ?? null;
  if (perLayerP === null) {
    return html`<p class="verdict"><strong>No per-layer p was searched:</strong> this run, of the recipe ${recipe}, has one
p for all layers.</p>`;
  }
  const figures = html`ODOL ${odolText(perLayerP.odol)} against ${odolText(bestGlobalP.odol)} for the best single p
on ${countText(frames.heldOut, 'held-out frame')}, ${pairedFigures(report)}`;
  const onSearch = changeText(bestGlobalP.odolSearch ?? Number.NaN, perLayerP.odolSearch ?? Number.NaN);
  return chosen === 'perLayerP'
    ? html`<p class="verdict won"><strong>The per-layer p won:</strong> ${figures}. The gain exceeds one standard error
over the frames, so it was exported.</p>`
    : html`<p class="verdict lost"><strong>The per-layer p did not win:</strong> ${figures}. The stage was left
out, so the best single p was exported: ${reason}. On the frames that it was searched on, its ODOL
changed by ${onSearch}.</p>`;
}

/** The difference of the two in ODOL and in agreement, with intervals where they were compared frame by frame. */
function pairedFigures(report: QuantizeReport): string {
  const { bestGlobalP, perLayerP } = report.controls;
  const pair = { of: 'perLayerP', against: 'bestGlobalP' } as const;
  const odol = differenceBetween(report, { ...pair, figure: 'odol' });
  const agreement = differenceBetween(report, { ...pair, figure: 'agreement' });
  if (!odol || !agreement) return changeText(bestGlobalP.odol, perLayerP?.odol ?? Number.NaN);
  const relative = differenceText(scaled(odol, bestGlobalP.odol), { text: percentText });
  return `${relative}, and ${differenceText(agreement, { text: pointsText, unit: ' points' })} of agreement`;
}
