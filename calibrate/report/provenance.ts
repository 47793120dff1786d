import type { QuantizeReport } from '../report.js';
import { html, type Markup } from './markup.js';

/** Facts that a reader of the figures has to know. */
export function notesSection({ notes }: Pick<QuantizeReport, 'notes'>): Markup {
  return html`<section><h2>Notes</h2>
<ul class="notes">
${notes.map((note) => html`<li>${note}</li>\n`)}</ul>
<dl class="glossary">
<dt>p</dt><dd>The exponent of the Lp metric by which a layer’s quantization ranges are chosen. A small p clips outliers
hard; ∞ clips nothing (min-max).</dd>
<dt>Best single p</dt><dd>One p for all layers. From 2 on it goes up and down as long as the ODOL over a few search frames
falls. The best that is found takes the place of 2 only where it beats it by more than one standard error, over all search frames
and then over the held-out ones.</dd>
<dt>ODOL</dt><dd>Object Detection Output Loss: how far the scores and boxes are from the float model’s. 0 is the float
model; no labels are needed. Figures of different models or frames do not compare.</dd>
<dt>Agreement mAP</dt><dd>COCO’s mAP with the float model’s detections in place of labels. It says how alike the two models
are, not how good they are. Choosing by ODOL flatters it, for both look at the float model.</dd>
<dt>Lost, ghosts</dt><dd>Detections from a score of 0.3 on that only the float model has, or only the quantized one.</dd>
<dt>95 %</dt><dd>Bootstrap interval over the held-out frames. It covers the choice of those frames, not that of the calibration
frames.</dd>
<dt>Held-out frames</dt><dd>Frames on which no scale and no p was sought. They decide which stages are kept, the best single p
and the p per layer among them.</dd>
<dt>Pass</dt><dd>The work of one forward of the network over all search frames.</dd>
</dl></section>`;
}

/** All that is needed to make the same file again. */
export function provenanceSection(report: QuantizeReport): Markup {
  const { model, parent, recipe, bits, frames, seed, engine, latency, toolVersion, versions } = report;
  const facts: readonly (readonly [string, string | number])[] = [
    ['Model', model],
    ['Float model’s digest', parent],
    ['Recipe', recipe],
    ['Bits', `weights ${bits.weight}, activations ${bits.activation}`],
    ['Search frames', frames.search],
    ['Held-out frames', frames.heldOut],
    ['Search frames’ digest', frames.digest],
    ['Held-out frames’ digest', frames.heldOutDigest],
    ['Seed', seed],
    ['Engine', engine],
    ...(latency && latency.engine !== engine ? [['Engine that serves', latency.engine] as const] : []),
    ['detptq-agent', toolVersion],
    ...Object.entries(versions),
  ];
  return html`<section><h2>Provenance</h2>
<dl class="facts">
${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>\n`)}</dl></section>`;
}
