import test from 'ava';
import { parsePythonLiteral } from '../../../../runtime/detector/recognize/pythonLiteral.js';

test('plain data reads as Python prints it', (t) => {
  t.deepEqual(
    parsePythonLiteral("{0: 'person', 1: \"driver's seat\"}"),
    new Map([
      [0, 'person'],
      [1, "driver's seat"],
    ]),
  );
  t.deepEqual(parsePythonLiteral(' [640, 480.5, -1e-3, .5] '), [640, 480.5, -0.001, 0.5]);
  t.deepEqual(parsePythonLiteral("('a',)"), ['a']);
  t.deepEqual(
    parsePythonLiteral("{'nms': True, 'half': False, 'x': None}"),
    new Map<string, unknown>([
      ['nms', true],
      ['half', false],
      ['x', null],
    ]),
  );
  t.deepEqual(parsePythonLiteral('[]'), []);
  t.is(parsePythonLiteral("'caf\\u00e9 \\'n\\' \\x41\\\\ \\n'"), "café 'n' A\\ \n");
  t.deepEqual(parsePythonLiteral("{'__proto__': 'x'}"), new Map([['__proto__', 'x']]));
});

test('whatever is no literal of plain data is undefined', (t) => {
  for (const text of [
    '',
    'person',
    '[1, 2',
    '{1}',
    "{'a' 1}",
    "'open",
    '[1] [2]',
    '__import__("os")',
    '1 + 1',
    `${'['.repeat(30)}${']'.repeat(30)}`,
  ]) {
    t.is(parsePythonLiteral(text), undefined, text);
  }
});
