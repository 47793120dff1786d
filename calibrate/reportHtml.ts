import { layersChart } from './report/layersChart.js';
import { layersTable } from './report/layersTable.js';
import { html, Markup } from './report/markup.js';
import { notesSection, provenanceSection } from './report/provenance.js';
import { reportStyle } from './report/style.js';
import { summarySection } from './report/summary.js';
import { controlsSection, stagesSection } from './report/tables.js';
import type { QuantizeReport } from './report.js';

/**
 * Returns the report as one HTML file for people: no script, no resource from elsewhere, which its own policy also
 * forbids. Light or dark as the reader's system is. Everything that came from a model file is escaped.
 */
export function renderReportHtml(report: QuantizeReport): string {
  const { model, bits } = report;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${model} W${bits.weight}A${bits.activation}: DetPTQ report</title>
<style>${new Markup(reportStyle)}</style>
</head>
<body>
<main>
${summarySection(report)}
${controlsSection(report)}
${stagesSection(report)}
${layersSection(report)}
${notesSection(report)}
${provenanceSection(report)}
</main>
</body>
</html>
`;
  return page.text;
}

function layersSection(report: QuantizeReport): Markup {
  const searched = report.layers.some(({ tried }) => tried.length > 0);
  const legend = searched
    ? html`<ul class="legend"><li><span class="key dot"></span>the p that was exported</li><li class="better"><span class="key"></span>tried, lower ODOL on the search frames</li><li class="worse"><span class="key"></span>tried, higher ODOL (full colour: 20 % or more)</li></ul>`
    : html`<ul class="legend"><li><span class="key dot"></span>the p that was exported</li></ul>`;
  return html`<section><h2>p per layer</h2>
<p>Point at a layer for its name and figures.</p>
<div class="wide">${layersChart(report)}</div>
${legend}
${layersTable(report)}
</section>`;
}
