import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { projectRoot } from '../helpers/paths.js';

for (const folder of ['runtime', 'calibrate']) {
  test(`${folder} never reads the time of day, which may jump`, (t) => {
    const files = readdirSync(join(projectRoot, folder), { recursive: true, encoding: 'utf8' });
    const sources = files.filter((path) => path.endsWith('.ts'));
    t.true(sources.length > 20);
    for (const path of sources) {
      t.notRegex(readFileSync(join(projectRoot, folder, path), 'utf8'), /\bDate\.now\b|\bnew Date\b/, path);
    }
  });
}
