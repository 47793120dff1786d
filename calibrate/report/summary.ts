import type { QuantizeReport } from '../report.js';
import { chosenControl } from './controls.js';
import { bytesText, changeText, countText, durationText, odolText, percentText, pText } from './format.js';
import { html, type Markup } from './markup.js';

/** What was quantized, what was chosen, what it is worth and what it cost: a sentence, then the figures. */
export function summarySection(report: QuantizeReport): Markup {
  const { model, bits, recipe, frames, total } = report;
  const chosen = chosenControl(report);
  const assignment =
    report.chosen === 'perLayerP'
      ? 'a p of its own for every layer'
      : `one p for all layers, p = ${pText(chosen.p)}`;
  return html`<header>
<p class="kicker">DetPTQ quantization report</p>
<h1>${model} <span class="bits">W${bits.weight}A${bits.activation}</span></h1>
<p class="lead">The detector <strong>${model}</strong> was quantized to ${bits.weight}-bit weights and
${bits.activation}-bit activations by the recipe <strong>${recipe}</strong>, with <strong>${assignment}</strong>. On
${countText(frames.heldOut, 'held-out frame')} its detections agree with the float model’s to
<strong>${percentText(chosen.agreement)}</strong> (agreement mAP), at an ODOL of
<strong>${odolText(chosen.odol)}</strong>. The search took ${durationText(total.seconds)}.</p>
<ul class="figures">
${figure('Agreement mAP', percentText(chosen.agreement), 'held-out, float model 100 %')}
${figure('ODOL', odolText(chosen.odol), 'held-out, float model 0')}
${figure('Cost', `${total.passes.toFixed(1)} passes`, durationText(total.seconds))}
${figure('Peak memory', bytesText(total.peakRssBytes), 'resident, the whole process')}
</ul>
${verdict(report)}
</header>`;
}

function figure(label: string, value: string, what: string): Markup {
  return html`<li><span class="label">${label}</span><span class="value">${value}</span><span class="what">${what}</span></li>`;
}

/** Says plainly whether the per-layer p won over the honest control. */
function verdict({ controls, chosen, frames, recipe }: QuantizeReport): Markup {
  const { bestGlobalP, perLayerP } = controls;
  if (perLayerP === null) {
    return html`<p class="verdict"><strong>No per-layer p was searched:</strong> the recipe ${recipe} stops at the best
single p.</p>`;
  }
  const figures = html`ODOL ${odolText(perLayerP.odol)} against ${odolText(bestGlobalP.odol)} for the best single p
(${changeText(bestGlobalP.odol, perLayerP.odol)}), on ${countText(frames.heldOut, 'held-out frame')}`;
  const onSearch = changeText(bestGlobalP.odolSearch, perLayerP.odolSearch);
  return chosen === 'perLayerP'
    ? html`<p class="verdict won"><strong>The per-layer p won:</strong> ${figures}. The gain exceeds one standard error
over the frames, so it was exported.</p>`
    : html`<p class="verdict lost"><strong>The per-layer p did not win:</strong> ${figures}. That is no gain of more than
one standard error over the frames, so the best single p was exported. On the frames that it was searched on, its ODOL
changed by ${onSearch}.</p>`;
}
