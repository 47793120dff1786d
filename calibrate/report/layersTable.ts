import type { LayerReport, QuantizeReport } from '../report.js';
import { countOfText, decibelsText, odolText, percentText, pText } from './format.js';
import { html, type Markup } from './markup.js';

/** Every layer with what was decided for it and what was tried; folded away until it is asked for. */
export function layersTable({ layers }: Pick<QuantizeReport, 'layers'>): Markup {
  const hasNoise = layers.some(({ sqnrDb }) => sqnrDb !== undefined);
  return html`<details class="all-layers"><summary>All ${layers.length} layers</summary>
<div class="wide" tabindex="0"><table class="layers">
<thead><tr><th scope="col">#</th><th scope="col">Layer</th><th scope="col">Role</th><th scope="col">Weights</th><th scope="col">Activations</th><th scope="col">p</th><th scope="col">Clipped</th><th scope="col">MACs</th>${hasNoise ? html`<th scope="col">SQNR</th>` : null}<th scope="col">Tried: p and ODOL on the first search frames</th></tr></thead>
<tbody>
${layers.map((layer, index) => layerRow(layer, { index, hasNoise }))}</tbody></table></div></details>`;
}

function layerRow(layer: LayerReport, { index, hasNoise }: { index: number; hasNoise: boolean }): Markup {
  const { name, role, weightBits, activationBits, p, clipShare, macs, sqnrDb } = layer;
  const noise = hasNoise ? html`<td>${decibelsText(sqnrDb ?? Number.NaN)}</td>` : null;
  return html`<tr><td>${index + 1}</td><th scope="row">${name}</th><td>${role}</td><td>${weightBits} bit</td><td>${activationBits} bit</td>
<td>${pText(p)}</td><td>${percentText(clipShare)}</td><td>${countOfText(macs ?? Number.NaN)}</td>${noise}<td class="tried">${tried(layer)}</td></tr>
`;
}

function tried({ tried, p: exported }: LayerReport): Markup {
  if (tried.length === 0)
    return html`<span class="muted">nothing: every p gives the same scales, or none was searched</span>`;
  const least = Math.min(...tried.map(({ odol }) => odol));
  return html`${tried.map(({ p, odol }) => {
    const marks = [odol === least && 'least', p === exported && 'kept'].filter(Boolean).join(' ');
    return html`<span class="${marks}">${pText(p)}<small>${odolText(odol)}</small></span> `;
  })}`;
}
