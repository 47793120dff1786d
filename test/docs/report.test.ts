import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { projectRoot } from '../helpers/paths.js';
import { report, variants } from '../helpers/reports.js';

test('the documentation of the report names every key', async (t) => {
  const text = await readFile(join(projectRoot, 'docs/report.md'), 'utf8');
  const measured = variants['everything measured']!;
  const parts = [
    report,
    report.frames,
    report.stages[0]!,
    report.controls,
    measured.layers[0]!,
    measured.exported!,
    report.comparisons[0]!,
    report.served!,
    measured.labelled!,
    report.latency!,
    report.size!,
    report.total,
  ];
  for (const key of parts.flatMap((part) => Object.keys(part))) t.true(text.includes(`\`${key}\``), key);
});
