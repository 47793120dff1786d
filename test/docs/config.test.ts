import { readFile } from 'node:fs/promises';
import test from 'ava';
import { type ConfigKey, configKeys } from '../../agent/config/configKeys.js';
import { projectRoot } from '../helpers/paths.js';

const code = (value: unknown) => (value === undefined ? '' : `\`${value}\``);

function rangeOf({ enum: choices, minimum, exclusiveMinimum, maximum }: ConfigKey): string {
  const numbers = maximum === undefined ? [] : [`${minimum ?? `> ${exclusiveMinimum}`} to ${maximum}`];
  return [...(choices ?? []).map(code), ...numbers].join(', ');
}

test('docs/config.md lists every key with its default, unit, range and meaning, and no other', async (t) => {
  const text = await readFile(`${projectRoot}docs/config.md`, 'utf8');
  const listed = text.split('\n').filter((line) => line.startsWith('| `'));
  const expected = configKeys.map((key) => {
    return `| \`${key.path}\` | ${code(key.default)} | ${key.unit ?? ''} | ${rangeOf(key)} | ${key.description} |`;
  });
  t.deepEqual(listed, expected);
});

test('every key of the configuration is described and says whether it needs a restart', (t) => {
  for (const { path, description, requiresRestart } of configKeys) {
    t.regex(description ?? '', /\.$/, path);
    t.is(typeof requiresRestart, 'boolean', path);
  }
});
