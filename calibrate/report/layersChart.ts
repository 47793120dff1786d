import { pName, pValues } from '../quantize/lpMetric.js';
import type { LayerReport, QuantizeReport } from '../report.js';
import { changeText, countOfText, decibelsText, odolText, percentText, pText } from './format.js';
import { laneHeight, laneMarks, lanesOf } from './layerLanes.js';
import { html, type Markup } from './markup.js';

type P = LayerReport['p'];

/** In units of the drawing, which is scaled to the page's width. */
const width = 1040;
const left = 74;
const right = 12;
const plotWidth = width - left - right;
const rowHeight = 22;
const axisHeight = 34;

/** A change of this much against the kept p, up or down, has the full colour. */
const fullColourChange = 0.2;

/**
 * The p of every layer, with what the search saw at the others, over lanes that show what else was decided or measured:
 * clipping, bits, work. Layers run along x in the order of the network.
 */
export function layersChart({ layers }: Pick<QuantizeReport, 'layers'>): Markup {
  const ps = axisOf(layers);
  const step = plotWidth / Math.max(1, layers.length);
  const pHeight = ps.length * rowHeight;
  const lanes = lanesOf(layers);
  const bottom = pHeight + lanes.length * laneHeight;
  const yOf = (p: P) => pHeight - (ps.indexOf(p) + 0.5) * rowHeight;
  const centre = (index: number) => left + (index + 0.5) * step;

  const rows = ps.map(
    (p) => html`<line class="grid" x1="${left}" x2="${width - right}" y1="${yOf(p)}" y2="${yOf(p)}"/>
<text class="tick" x="${left - 10}" y="${yOf(p) + 4}" text-anchor="end">${pText(p)}</text>
`,
  );
  const columns = layers.map((layer, index) => {
    const x = left + index * step;
    const bars = lanes.map((lane, row) =>
      laneMarks(lane, index, { x, step, bottom: pHeight + (row + 1) * laneHeight }),
    );
    return html`<g class="layer"><title>${tooltip(layer, index)}</title>
<rect class="hit" x="${fixed(x)}" y="0" width="${fixed(step)}" height="${bottom}"/>
${triedCells(layer, { x, step, yOf })}<circle class="kept" cx="${fixed(centre(index))}" cy="${yOf(layer.p)}" r="${fixed(Math.min(5, step * 0.38))}"/>
${bars}</g>
`;
  });
  const laneAxes = lanes.map(({ label, top }, row) => {
    const y = pHeight + (row + 1) * laneHeight;
    return html`<line class="grid" x1="${left}" x2="${width - right}" y1="${y}" y2="${y}"/>
<text class="axis" x="${left - 10}" y="${y - 4}" text-anchor="end">${label}</text>
<text class="tick" x="${left - 10}" y="${y - 18}" text-anchor="end">${top}</text>
`;
  });
  const every = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((count) => count * step >= 28) ?? 1000;
  const ticks = layers.flatMap((_, index) =>
    index === 0 || (index + 1) % every === 0
      ? [
          html`<text class="tick" x="${fixed(centre(index))}" y="${bottom + 16}" text-anchor="middle">${index + 1}</text>`,
        ]
      : [],
  );
  const path = layers.map(({ p }, index) => `${index === 0 ? 'M' : 'L'}${fixed(centre(index))} ${yOf(p)}`);
  const described = ['p', ...lanes.map(({ label }) => label)].join(', ');
  return html`<svg viewBox="0 0 ${width} ${bottom + axisHeight}" role="img" aria-label="By layer: ${described}. The table below has the same figures.">
<text class="axis" transform="translate(14 ${pHeight / 2}) rotate(-90)" text-anchor="middle">p</text>
${rows}<path class="path" d="${path.join('')}"/>
${laneAxes}${columns}${ticks}
<text class="axis" x="${left + plotWidth / 2}" y="${bottom + 31}" text-anchor="middle">layer, from the image to the detections</text>
</svg>`;
}

/** Every p that is ever tried, and whatever else the report holds; ascending. */
function axisOf(layers: readonly LayerReport[]): P[] {
  const all = new Set<P>(pValues.map((_, index) => pName(index)));
  for (const { p, tried } of layers) for (const one of [p, ...tried.map((trial) => trial.p)]) all.add(one);
  const order = (p: P) => (p === 'inf' ? Number.POSITIVE_INFINITY : p);
  return [...all].sort((a, b) => (order(a) < order(b) ? -1 : 1));
}

/** A cell per p that was tried, coloured by how its ODOL compares with the kept p's. */
function triedCells(
  { tried, p: kept }: LayerReport,
  { x, step, yOf }: { x: number; step: number; yOf: (p: P) => number },
): Markup[] {
  const reference = tried.find(({ p }) => p === kept)?.odol;
  return tried.map(({ p, odol }) => {
    const change = reference === undefined ? 0 : odol / reference - 1;
    const strength = Number.isFinite(change) ? Math.min(1, Math.abs(change) / fullColourChange) : 1;
    const kind = p === kept || reference === undefined ? 'same' : change < 0 ? 'better' : 'worse';
    return html`<rect class="tried ${kind}" x="${fixed(x + step * 0.08)}" y="${yOf(p) - rowHeight * 0.42}" width="${fixed(step * 0.84)}" height="${rowHeight * 0.84}" fill-opacity="${fixed(0.12 + 0.78 * strength)}"/>
`;
  });
}

function tooltip(layer: LayerReport, index: number): string {
  const { name, role, weightBits, activationBits, p, clipShare, macs, sqnrDb, tried } = layer;
  const reference = tried.find((trial) => trial.p === p)?.odol ?? Number.NaN;
  return [
    `${index + 1}. ${name}`,
    `${role}, W${weightBits}A${activationBits}, p = ${pText(p)}, ${percentText(clipShare)} clipped`,
    ...(macs === undefined ? [] : [`${countOfText(macs)} multiply-accumulates`]),
    ...(sqnrDb === undefined ? [] : [`signal to quantization noise ${decibelsText(sqnrDb)}`]),
    ...tried.map((trial) => {
      const change = trial.p === p ? 'kept' : changeText(reference, trial.odol);
      return `p = ${pText(trial.p)}: ODOL ${odolText(trial.odol)} (${change})`;
    }),
  ].join('\n');
}

function fixed(value: number): string {
  return value.toFixed(2);
}
