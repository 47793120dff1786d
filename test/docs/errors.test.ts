import { readFile } from 'node:fs/promises';
import test from 'ava';
import { errorCodes } from '../../runtime/errors.js';
import { projectRoot } from '../helpers/paths.js';

test('docs/errors.md lists every error code with its status and meaning, and no other', async (t) => {
  const text = await readFile(`${projectRoot}docs/errors.md`, 'utf8');
  const listed = text.split('\n').filter((line) => line.startsWith('| `'));
  const expected = Object.entries(errorCodes).map(([code, { http, summary }]) => {
    return `| \`${code}\` | ${http} | ${summary.replaceAll('|', '\\|')} |`;
  });
  t.deepEqual([...listed].sort(), expected.sort());
});
