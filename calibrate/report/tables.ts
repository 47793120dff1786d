import type { QuantizeReport } from '../report.js';
import { chosenControl, type NamedControl, namedControls } from './controls.js';
import { durationText, odolText, percentText, pText } from './format.js';
import { html, type Markup } from './markup.js';

/** The chosen assignment beside everything that it has to beat. */
export function controlsSection(report: QuantizeReport): Markup {
  const controls = namedControls(report);
  const worst = Math.max(...controls.map(({ odol }) => odol).filter(Number.isFinite), 0);
  const rows = controls.map(({ name, title, p, odolSearch, odol, agreement }) => {
    const isChosen = name === report.chosen;
    return html`<tr${isChosen ? html` class="chosen"` : null}><th scope="row">${title}${isChosen ? html` <span class="tag">exported</span>` : null}</th>
<td>${pText(p)}</td><td>${odolText(odolSearch)}</td><td>${odolText(odol)}${bar(odol / worst, 'loss')}</td><td>${percentText(agreement)}${bar(agreement, 'gain')}</td></tr>
`;
  });
  const absent =
    report.controls.perLayerP === null
      ? html`<tr class="absent"><th scope="row">A p per layer</th><td colspan="4">not searched by this recipe</td></tr>`
      : null;
  return html`<section><h2>Controls</h2>
<p>How the exported choice compares with the fixed p that are in common use and with the best single p, each measured
on the very graph that would be served.${better(report, controls)}</p>
<div class="wide"><table class="figures-table">
<thead><tr><th scope="col">Control</th><th scope="col">p</th><th scope="col">ODOL, search frames</th><th scope="col">ODOL, held-out</th><th scope="col">Agreement, held-out</th></tr></thead>
<tbody>
${rows}${absent}</tbody></table></div></section>`;
}

/** The choice is made on the search frames; where the held-out ones would have chosen otherwise, it is said. */
function better(report: QuantizeReport, controls: readonly NamedControl[]): Markup | null {
  const chosen = chosenControl(report);
  const others = controls
    .filter(({ odol }) => odol < chosen.odol)
    .map(({ title }) => title.charAt(0).toLowerCase() + title.slice(1));
  if (others.length === 0) return null;
  const lower = `${others.join(', ')} ${others.length === 1 ? 'has' : 'have'} a lower ODOL`;
  return html` The choice was made on the search frames: on the held-out ones, ${lower}.`;
}

const stageTitles: ReadonlyMap<string, string> = new Map([
  ['float', 'Float model observed'],
  ['globalP', 'Best single p'],
  ['perLayerP', 'A p per layer'],
]);

/** What each stage achieved and cost. */
export function stagesSection({ stages, total }: QuantizeReport): Markup {
  const rows = stages.map(
    ({
      name,
      odol,
      agreement,
      passes,
      seconds,
    }) => html`<tr><th scope="row">${stageTitles.get(name) ?? name}</th>
<td>${odolText(odol)}</td><td>${percentText(agreement)}</td><td>${passes.toFixed(1)}</td><td>${durationText(seconds)}</td></tr>
`,
  );
  return html`<section><h2>Stages</h2>
<div class="wide"><table>
<thead><tr><th scope="col">After</th><th scope="col">ODOL, held-out</th><th scope="col">Agreement, held-out</th><th scope="col">Passes</th><th scope="col">Time</th></tr></thead>
<tbody>
${rows}</tbody>
<tfoot><tr><th scope="row">In all</th><td></td><td></td><td>${total.passes.toFixed(1)}</td><td>${durationText(total.seconds)}</td></tr></tfoot>
</table></div></section>`;
}

/** A thin bar as long as the share of its cell; nothing where the share is no number. */
function bar(share: number, kind: 'loss' | 'gain'): Markup | null {
  if (!Number.isFinite(share)) return null;
  const percent = (Math.min(1, Math.max(0, share)) * 100).toFixed(1);
  return html`<span class="bar ${kind}"><span style="width:${percent}%"></span></span>`;
}
