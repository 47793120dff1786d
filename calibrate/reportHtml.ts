import { accuracySection } from './report/accuracy.js';
import { chartStyle } from './report/chartStyle.js';
import { costSection } from './report/cost.js';
import { layersSection } from './report/layers.js';
import { html, Markup } from './report/markup.js';
import { picturesSection, type ReportPicture } from './report/pictures.js';
import { notesSection, provenanceSection } from './report/provenance.js';
import { stagesSection } from './report/stages.js';
import { reportStyle } from './report/style.js';
import { summarySection } from './report/summary.js';
import type { QuantizeReport } from './report.js';

/**
 * Returns the report as one HTML file for people: no script, no resource from elsewhere, which its own policy also
 * forbids. Light or dark as the reader's system is. Everything that came from a model file is escaped.
 *
 * @param pictures held-out frames to show with both models' boxes
 */
export function renderReportHtml(report: QuantizeReport, pictures: readonly ReportPicture[] = []): string {
  const { model, bits } = report;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${model} W${bits.weight}A${bits.activation}: DetPTQ report</title>
<style>${new Markup(reportStyle)}${new Markup(chartStyle)}</style>
</head>
<body>
<main>
${summarySection(report)}
${accuracySection(report)}
${picturesSection(pictures)}
${costSection(report)}
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
