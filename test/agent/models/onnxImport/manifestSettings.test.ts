import test from 'ava';
import { applySettings, settingValues } from '../../../../agent/models/onnxImport/manifestSettings.js';
import { manifestJson } from '../../../helpers/manifests.js';

const apply = (...settings: readonly (readonly [string, string])[]) =>
  applySettings(manifestJson(), new Map(settings));

test('text is JSON where it is, and itself where it is not or where the schema wants text', (t) => {
  t.like(apply(['input.color', 'BGR'], ['input.mean', '[1, 2.5, 3]'], ['postprocess.classAware', 'false']), {
    input: { color: 'BGR', mean: [1, 2.5, 3], std: [1, 1, 1] },
    postprocess: { classAware: false },
  });
  t.like(apply(['name', '123'], ['head.outputs.packed', '855']), {
    name: '123',
    head: { outputs: { packed: '855' } },
  });
  t.deepEqual(
    settingValues(
      new Map([
        ['a', '[1]'],
        ['b', 'x'],
      ]),
    ),
    new Map<string, unknown>([
      ['a', [1]],
      ['b', 'x'],
    ]),
  );
});

test('a number in a key is a place in a list', (t) => {
  const before = { ...manifestJson(), head: { type: 'ssd', priors: [{ step: 16 }, { step: 32 }] } };
  const after = applySettings(before, new Map([['head.priors.1.widths', '[5]']]));
  t.deepEqual(after.head, { type: 'ssd', priors: [{ step: 16 }, { step: 32, widths: [5] }] });
  t.deepEqual(before.head.priors[1], { step: 32 });
});

test("the file's own keys and parts of what has none are wrong usage", (t) => {
  for (const key of ['model.sha256', 'model', 'manifestVersion', 'name.first', 'constructor.name']) {
    t.throws(() => apply([key, '1']), { code: 'usage' }, key);
  }
  t.is(({} as { polluted?: unknown }).polluted, undefined);
});
