import { nothingToDo, type QuantizeReport, type StageReport } from '../report.js';
import { durationText, odolText, percentText } from './format.js';
import { html, type Markup } from './markup.js';

const titles: ReadonlyMap<string, string> = new Map([
  ['float', 'Float model observed'],
  ['p2 at 8 bits', 'p = 2, weights at 8 bits'],
  ['p2', 'p = 2'],
  ['scaling', 'Input scaling'],
  ['preActivations', 'Pre-activations'],
  ['floatIslands', 'Layers in float'],
  ['reconstruction', 'Weights rebuilt'],
  ['mixedPrecision', 'Mixed precision'],
  ['globalP', 'Best single p'],
  ['moments', 'Moment matching'],
  ['perLayerP', 'A p per layer'],
  ['retune', 'Single grids re-tuned'],
]);

/** A stage that was left out may be far worse than all others: its bar ends here, times the largest kept one. */
const longestBar = 1.25;

/** What each stage achieved and cost, and why it was kept or left out. */
export function stagesSection({ stages, total }: QuantizeReport): Markup {
  const hasSearch = stages.some(({ odolSearch }) => odolSearch !== null);
  return html`<section><h2>Stages</h2>
<p>The ODOL on held-out frames after each stage. One that does not lower it by more than a standard error is left out, and the next
one goes on from what was there before.</p>
${bars(stages)}
<div class="wide" tabindex="0"><table class="stages">
<thead><tr><th scope="col">After</th>${hasSearch ? html`<th scope="col">ODOL, search</th>` : null}<th scope="col">ODOL</th><th scope="col">Agreement</th><th scope="col">Passes</th><th scope="col">Time</th></tr></thead>
<tbody>
${stages.map((stage) => tableRow(stage, { hasSearch }))}</tbody>
<tfoot><tr><th scope="row">In all</th>${hasSearch ? html`<td></td>` : null}<td></td><td></td><td>${total.passes.toFixed(1)}</td><td>${durationText(total.seconds)}</td></tr></tfoot>
</table></div></section>`;
}

function isLeftOut({ kept, reason }: StageReport): boolean {
  return !kept && reason !== nothingToDo;
}

function titleOf({ name }: StageReport): string {
  return titles.get(name) ?? name;
}

function bars(stages: readonly StageReport[]): Markup | null {
  const finite = (of: readonly StageReport[]) => of.map(({ odol }) => odol).filter(Number.isFinite);
  const largest = Math.max(0, ...finite(stages.filter(({ kept }) => kept))) || Math.max(0, ...finite(stages));
  if (largest === 0) return null;
  const limit = Math.min(largest * longestBar, Math.max(...finite(stages)));
  return html`<figure class="stage-bars"><figcaption class="unseen">ODOL by stage</figcaption>
${stages.map((stage) => barRow(stage, limit))}</figure>
${stages.some(isLeftOut) ? legend : null}`;
}

const legend = html`<ul class="legend"><li><span class="key"></span>kept</li><li><span class="key hatched"></span>left out</li></ul>`;

function barRow(stage: StageReport, limit: number): Markup {
  const { odol, kept, reason } = stage;
  if (reason === nothingToDo) {
    return html`<div class="row left-out"><span class="name">${titleOf(stage)}</span><span></span><span class="value">–</span><span class="reason">${reason}</span></div>
`;
  }
  const share = Number.isFinite(odol) ? Math.min(1, odol / limit) : 0;
  const beyond = odol > limit ? html`<span class="beyond" aria-hidden="true">›</span>` : null;
  return html`<div class="row ${kept ? 'kept' : 'left-out'}"><span class="name">${titleOf(stage)}</span><span class="track"><span class="fill" style="width:${(share * 100).toFixed(2)}%"></span>${beyond}</span><span class="value">${odol === 0 ? '0' : odolText(odol)}</span><span class="reason">${kept ? null : html`<strong>left out:</strong> `}${reason}</span></div>
`;
}

function tableRow(stage: StageReport, { hasSearch }: { hasSearch: boolean }): Markup {
  const { odolSearch, odol, agreement, passes, seconds, kept, reason } = stage;
  const outcome = kept ? null : reason === nothingToDo ? ', nothing to do' : ', left out';
  return html`<tr${kept ? null : html` class="absent"`}><th scope="row">${titleOf(stage)}${outcome}</th>
${hasSearch ? html`<td>${odolText(odolSearch ?? Number.NaN)}</td>` : null}<td>${odolText(odol)}</td><td>${percentText(agreement)}</td><td>${passes.toFixed(1)}</td><td>${durationText(seconds)}</td></tr>
`;
}
