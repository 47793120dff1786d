import type { QuantizeReport } from '../report.js';
import { bytesText, millisecondsText, timesText } from './format.js';
import { html, type Markup } from './markup.js';

/** Inference time and file size beside the float model's; nothing where neither was measured. */
export function costSection({ latency, size }: Pick<QuantizeReport, 'latency' | 'size'>): Markup | null {
  if (latency === null && size === null) return null;
  return html`<section><h2>Speed and size</h2>
<div class="panels">
${
  latency &&
  pair({
    title: 'Inference',
    hint: inferenceHint(latency),
    float: latency.floatMs,
    quantized: latency.quantizedMs,
    text: millisecondsText,
  })
}${
  size &&
  pair({
    title: 'Model file',
    hint: 'ONNX, weights of 4 bits and less packed',
    float: size.floatBytes,
    quantized: size.quantizedBytes,
    text: bytesText,
  })
}</div></section>`;
}

function inferenceHint(latency: NonNullable<QuantizeReport['latency']>): string {
  const { engine, threads, lowering, plainMs } = latency;
  const session = `median of runs in turns, ${engine}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  const form = lowering === undefined ? '' : `; quantized ${lowering}`;
  const added = plainMs === undefined ? '' : `; ${millisecondsText(plainMs)} without what stages add`;
  return `${session}${form}${added}`;
}

function pair({
  title,
  hint,
  float,
  quantized,
  text,
}: {
  title: string;
  hint: string;
  float: number;
  quantized: number;
  text: (value: number) => string;
}): Markup {
  const largest = Math.max(float, quantized);
  const row = (name: string, value: number, tone: string) =>
    html`<div class="row ${tone}"><span class="name">${name}</span><span class="track"><span class="fill" style="width:${((100 * value) / largest).toFixed(2)}%"></span></span><span class="value">${text(value)}</span></div>
`;
  return html`<figure class="pair"><figcaption>${title} <strong>${timesText(float, quantized)}</strong> <small>${hint}</small></figcaption>
${row('Float', float, 'float')}${row('Quantized', quantized, 'kept')}</figure>`;
}
