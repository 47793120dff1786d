import type { Interval } from '../evaluate/bootstrap.js';
import type { Axis } from './axis.js';
import { html, type Markup } from './markup.js';

export interface IntervalRow {
  readonly label: string;
  readonly value: number;
  readonly interval: Interval;
  /** `chosen` is what the reader has come for; the others say on which side of the zero line a difference lies. */
  readonly tone: 'chosen' | 'plain' | 'better' | 'worse' | 'undecided';
}

export interface IntervalChart {
  readonly title: string;
  /** Says which side is the better one. */
  readonly hint: string;
  readonly rows: readonly IntervalRow[];
  readonly axis: Axis;
  readonly text: (value: number) => string;
  /** Shorter, for the axis. */
  readonly tickText: (value: number) => string;
}

/**
 * A dot for each figure and a whisker over its 95 % interval, above an axis. Of elements, not of SVG, so that text keeps
 * its size however narrow the page.
 */
export function intervalChart({ title, hint, rows, axis, text, tickText }: IntervalChart): Markup {
  const description = rows.map(({ label, value, interval: { low, high } }) =>
    Number.isFinite(value)
      ? `${label}: ${text(value)}, ${text(low)} to ${text(high)}`
      : `${label}: no number`,
  );
  const zero = axis.ticks.includes(0)
    ? html`<span class="zero" style="left:${percent(axis.place(0))}"></span>`
    : null;
  return html`<figure class="intervals" role="img" aria-label="${title}, ${hint}. ${description.join('; ')}.">
<figcaption>${title} <small>${hint}</small></figcaption>
${rows.map((row) => rowOf(row, { axis, text, zero }))}<div class="row axis"><span></span><span class="track">${axis.ticks.map(
    (tick) => html`<span class="tick" style="left:${percent(axis.place(tick))}">${tickText(tick)}</span>`,
  )}</span><span></span></div>
</figure>`;
}

function rowOf(
  { label, value, interval: { low, high }, tone }: IntervalRow,
  { axis, text, zero }: { axis: Axis; text: (value: number) => string; zero: Markup | null },
): Markup {
  const grid = axis.ticks.map(
    (tick) => html`<span class="line" style="left:${percent(axis.place(tick))}"></span>`,
  );
  const marks = Number.isFinite(value)
    ? html`${whisker(axis, { low, high })}<span class="dot" style="left:${percent(axis.place(value))}"></span>`
    : null;
  return html`<div class="row ${tone}"><span class="name">${label}</span><span class="track">${grid}${zero}${marks}</span><span class="value">${Number.isFinite(value) ? text(value) : '–'}</span></div>
`;
}

function whisker(axis: Axis, { low, high }: Interval): Markup | null {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return null;
  const [from, to] = [axis.place(low), axis.place(high)];
  return html`<span class="whisker" style="left:${percent(from)};width:${percent(to - from)}"></span>`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)}%`;
}
