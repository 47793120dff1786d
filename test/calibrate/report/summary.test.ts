import test from 'ava';
import { renderReportHtml } from '../../../calibrate/reportHtml.js';
import { report, textOf, variants } from '../../helpers/reports.js';

test('it says plainly whether the per-layer p won', (t) => {
  const won = textOf(renderReportHtml(report));
  t.regex(won, /The per-layer p won: ODOL 0\.165 against 0\.220 .*, −25\.0 % \(95 %: −34\.1 % to −11\.4 %\)/);
  const lost = textOf(renderReportHtml({ ...report, chosen: 'bestGlobalP' }));
  t.regex(lost, /The per-layer p did not win: .* so the best single p was exported/);
  const absent = textOf(renderReportHtml(variants['no per-layer search']!));
  t.regex(absent, /No per-layer p was searched: .*fast/);
  t.regex(absent, /A p per layer not searched in this run/);
});

test('the summary names model, bits, recipe, frames, cost and what was chosen', (t) => {
  const text = textOf(renderReportHtml(report));
  t.regex(text, /tiny W4A4/);
  t.regex(text, /by the recipe balanced ?, with a p of its own for every layer/);
  t.regex(text, /On 31 held-out frames .* 81\.0 % \(agreement mAP\), at an ODOL of 0\.165/);
  t.regex(text, /43\.5 passes 1 min 18 s/);
  t.regex(text, /940 MB/);
});

test('speed and size stand beside those of the float model', (t) => {
  const text = textOf(renderReportHtml(report));
  t.regex(text, /It is 2\.1× as fast as the float model and needs 27\.7 % of its space on disk\./);
  t.regex(
    text,
    /Inference 2\.1× .*onnxruntime, 2 threads; quantized lowered to .* Float 23\.4 ms Quantized 11\.2 ms/,
  );
  t.regex(text, /Model file 3\.6× .* Float 4\.7 MB Quantized 1\.3 MB/);
  t.notRegex(textOf(renderReportHtml(variants['nothing measured beyond the search']!)), /Speed and size/);
});

test('labels have the last word where there are some', (t) => {
  const text = textOf(renderReportHtml(variants['everything measured']!));
  t.regex(text, /mAP on labels 26\.2 % −0\.3 points \(95 %: −2\.3 to \+2\.7\) against float, n = 400/);
  t.notRegex(textOf(renderReportHtml(report)), /mAP on labels/);
});
