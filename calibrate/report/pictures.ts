import { html, type Markup } from './markup.js';

/** A held-out frame with the boxes that each model draws, as JPEGs in base64. */
export interface ReportPicture {
  readonly name: string;
  readonly floatJpeg: string;
  readonly quantizedJpeg: string;
}

/** What the two models see, side by side; nothing where there is no picture. */
export function picturesSection(pictures: readonly ReportPicture[]): Markup | null {
  if (pictures.length === 0) return null;
  return html`<section><h2>Before and after</h2>
<p>Held-out frames with the detections of the float model on the left and of the quantized one on the right (narrow pages: above and
below).</p>
${pictures.map(
  ({ name, floatJpeg, quantizedJpeg }) => html`<figure class="picture"><div>
${picture(floatJpeg, `${name} with the float model’s boxes`)}${picture(quantizedJpeg, `${name} with the quantized model’s boxes`)}</div>
<figcaption>${name}</figcaption></figure>
`,
)}</section>`;
}

function picture(jpeg: string, description: string): Markup {
  return html`<img alt="${description}" src="data:image/jpeg;base64,${jpeg}">`;
}
