import type { QuantizeReport } from '../report.js';
import { layersChart } from './layersChart.js';
import { layersTable } from './layersTable.js';
import { html, type Markup } from './markup.js';

/** What was decided for each layer: a chart to see the pattern, a table to look one up. */
export function layersSection(report: QuantizeReport): Markup {
  const searched = report.layers.some(({ tried }) => tried.length > 0);
  const reduced = report.layers.some(
    ({ weightBits, activationBits }) => Math.min(weightBits, activationBits) < 8,
  );
  const tried = searched
    ? html`<li class="better"><span class="key"></span>tried, lower ODOL on the first search frames</li><li class="worse"><span class="key"></span>tried, higher ODOL (full colour: 20 % or more)</li>`
    : null;
  const bits = reduced ? html`<li class="reduced"><span class="key"></span>fewer than 8 bits</li>` : null;
  const noise = report.layers.some(({ sqnrDb }) => sqnrDb !== undefined)
    ? ' SQNR is how far its output lies above its error, everything before it quantized as well: by 20 dB, a tenth of the size is error.'
    : null;
  return html`<section><h2>Layer by layer</h2>
<p>The p of each layer, the share of its activations that its grids clip, its bits and its share of the work.${noise} Point at a
layer for its name and figures.</p>
<div class="wide" tabindex="0">${layersChart(report)}</div>
<ul class="legend"><li><span class="key dot"></span>the p that was exported</li>${tried}${bits}</ul>
${layersTable(report)}
</section>`;
}
