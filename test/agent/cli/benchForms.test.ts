import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { compareForms } from '../../../agent/cli/forms/compareForms.js';
import { type EngineForms, formsText } from '../../../agent/cli/forms/formsText.js';
import { outputDistance } from '../../../agent/cli/forms/outputDistance.js';
import { quickerTogether } from '../../../agent/cli/forms/quickerTogether.js';
import { drawnPicture } from '../../../agent/engines/drawnPicture.js';
import { readModelFiles } from '../../../runtime/detector/modelFiles.js';
import { onnxruntimeEngine } from '../../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import { float32Tensor } from '../../../runtime/graph/tensor.js';
import { document, printedError, runCli } from '../../helpers/cli.js';
import { quantizedTiny } from '../../helpers/quantizedTiny.js';
import { tempFolder } from '../../helpers/tempFolder.js';
import { tinyDetector } from '../../helpers/tinyDetector.js';

test('bench --lowering measures each form that is written otherwise, and --keep keeps what it found', async (t) => {
  const state = join(tempFolder(), 'state');
  const model = await quantizedTiny();
  const args = ['bench', model, '--lowering', '--keep', '--engine', 'onnxruntime', '--runs', '3', '--json'];
  const [result, ...others] = document<EngineForms[]>(
    await runCli(args, { env: { DETPTQ_STATE_DIR: state } }),
  );
  t.deepEqual(others, []);
  t.like(result, { engine: 'onnxruntime', chosen: [{ model: 'tiny', threads: 1 }] });
  const channels = result!.forms.find(({ forms }) => forms.channels === 'packed')!;
  t.true(channels.ratio > 0);
  t.is(channels.distance, 0);
  // It has no LeakyReLU.
  t.false(result!.forms.some(({ forms }) => forms.leakyRelu !== undefined));
  const kept = JSON.parse(await readFile(join(state, 'quicker-forms.json'), 'utf8'));
  t.deepEqual(kept.engines, { onnxruntime: result!.quicker });
});

test('a detector is loaded in the forms that are kept, and one form is no mistake for another in the cache', async (t) => {
  const { graph } = await readModelFiles(await quantizedTiny());
  const cacheFolder = join(tempFolder(), 'cache');
  const names = new Set<string>();
  for (const chosen of [{}, { channels: 'packed' }, { channels: 'unheard of' }]) {
    const lowering = { cacheFolder, chosen: { onnxruntime: chosen } };
    const session = await onnxruntimeEngine.load(graph, { lowering });
    await session.dispose();
    for (const name of await readdir(cacheFolder)) names.add(name);
  }
  t.is(names.size, 2);
});

test('bench --lowering wants quantized detectors, and --keep wants --lowering', async (t) => {
  const { manifest } = await tinyDetector();
  const float = await runCli(['bench', manifest, '--lowering', '--json']);
  t.is(float.status, 2);
  t.regex(printedError(float).message, /expected quantized detectors, got .*, which is in float/);
  const alone = await runCli(['bench', manifest, '--keep', '--json']);
  t.regex(printedError(alone).message, /expected --lowering with --keep/);
});

test('forms that are written alike are run once and left out', async (t) => {
  const files = await readModelFiles(await quantizedTiny());
  const loaded: number[] = [];
  const { choices, write } = onnxruntimeEngine.forms!;
  const forms = {
    choices,
    write: (...given: Parameters<typeof write>) => {
      const form = write(...given);
      const load = (threads: number) => {
        loaded.push(threads);
        return form.load(threads);
      };
      return { ...form, load };
    },
  };
  const { signal } = new AbortController();
  const subjects = [{ files, threads: 2, picture: drawnPicture() }];
  const others = [{ silu: 'float' }, { channels: 'packed' }];
  const { results } = await compareForms(others, { forms, subjects, runs: 1, signal, onRound: () => {} });
  t.deepEqual(
    results.map((result) => result.forms),
    [{ channels: 'packed' }],
  );
  t.deepEqual(loaded, [2, 2]);
});

test('of each choice the quickest form is taken, if it gains and computes the same', (t) => {
  const result = (choice: string, form: string, ratio: number, distance = 0.01) => {
    return { forms: { [choice]: form }, ratio, distance };
  };
  const results = [
    result('a', 'quick', 0.8),
    result('a', 'quicker', 0.7),
    result('b', 'hardly', 0.99),
    result('c', 'wrong', 0.5, 1),
    result('d', 'quick', 0.9),
  ];
  t.deepEqual(quickerTogether(results), { a: 'quicker', d: 'quick' });
  t.deepEqual(quickerTogether([]), {});
});

test('the distance of outputs is that of the tensor that differs most', (t) => {
  const of = (...values: number[]) => float32Tensor([2], Float32Array.from(values));
  t.is(outputDistance({ a: of(3, 4), b: of(3, 4) }, { a: of(3, 4), b: of(3, 9) }), 5 / Math.hypot(3, 9));
  t.is(outputDistance({ a: of(0, 0) }, { a: of(0, 0) }), 0);
  t.is(outputDistance({ a: of(1, 0) }, { a: of(0, 0) }), Number.POSITIVE_INFINITY);
});

test('people are told what was found and what becomes of it', (t) => {
  const found = (quicker: EngineForms['quicker'], ratio: number | null): EngineForms[] => [
    {
      engine: 'onnxruntime',
      chosen: [{ model: 'tiny', threads: 1, ms: 2 }],
      forms: [{ forms: { channels: 'packed' }, ratio: 0.9, distance: 0.0123 }],
      ...{ quicker, ratio },
    },
  ];
  const text = formsText(found({ channels: 'packed' }, 0.91), true);
  t.regex(text, /channels +packed +0\.900 +1\.23 %/);
  t.regex(text, /quicker: channels packed, together 0\.910 of the time; kept/);
  t.regex(formsText(found({}, 1), true), /nothing is quicker .*; what was kept before is dropped/);
  t.regex(formsText([], false), /no engine has a choice/);
});
