import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { chooseEngine, chooseEngines } from '../../../agent/engines/chooseEngine.js';
import type { EngineTrial } from '../../../agent/engines/engineTrial.js';
import { readVerdict, writeVerdict } from '../../../agent/engines/engineVerdict.js';
import type { EnginePurpose } from '../../../agent/engines/rankEngines.js';
import type { ThreadSetting, ThreadTime } from '../../../agent/engines/threadTimes.js';
import { getEngine } from '../../../runtime/engines/registry.js';
import { engineTest } from '../../helpers/requires.js';
import { tempFolder } from '../../helpers/tempFolder.js';

const detector = { name: 'tiny', digest: '0'.repeat(64) };

/** An engine with the times that a test gives it. */
async function trialOf(engine: string, times: Omit<EngineTrial, 'engine' | 'version'>): Promise<EngineTrial> {
  const { version } = await getEngine(engine).probe();
  return { engine, version: version ?? 'absent', ...times };
}

async function verdictOf(trials: EngineTrial[]): Promise<string> {
  const folder = join(tempFolder(), 'state');
  const path = join(folder, 'engines.json');
  await writeVerdict(path, folder, { detector, trials });
  return path;
}

const alone = (ms: number): ThreadTime[] => [{ threads: 1, ms }];
const wasm = await trialOf('tfjs-wasm', { float: alone(1), quantized: alone(9), searchMs: 1 });
const ort = await trialOf('onnxruntime', { float: alone(5), quantized: alone(5), searchMs: 5 });

async function chosen(purpose: EnginePurpose, verdictPath: string, name = 'auto'): Promise<string> {
  return (await chooseEngine({ name, purpose, threads: 'auto', verdictPath })).name;
}

const wasmTest = await engineTest('tfjs-wasm');

wasmTest('auto takes the engine that was measured to be the best for the purpose', async (t) => {
  const path = await verdictOf([ort, wasm]);
  t.is(await chosen('float', path), 'tfjs-wasm');
  t.is(await chosen('quantized', path), 'onnxruntime');
  t.is(await chosen('search', path), 'tfjs-wasm');
});

test('auto takes the first engine that works where nothing was measured', async (t) => {
  t.is(await chosen('float', join(tempFolder(), 'none.json')), 'onnxruntime');
  t.is(await chosen('search', await verdictOf([])), 'onnxruntime');
});

test('a measurement of another version of an engine does not count', async (t) => {
  const path = await verdictOf([{ ...wasm, version: '0.0.1' }, ort]);
  t.is(await chosen('float', path), 'onnxruntime');
});

test('an engine that has gone since it was measured is passed over, and named it is an error with the mend', async (t) => {
  // This process keeps no library of LiteRT.
  const gone = { engine: 'litert', version: '2.3.0', float: alone(1), quantized: alone(1), searchMs: null };
  const path = await verdictOf([gone, ort]);
  t.is(await chosen('quantized', path), 'onnxruntime');
  const message = /litert: LiteRT's library is not installed; mend: detptq engines install litert/;
  await t.throwsAsync(chosen('quantized', path, 'litert'), { code: 'engine_unavailable', message });
});

wasmTest(
  'a measurement of another device or program, and a file that is no measurement, do not count',
  async (t) => {
    const path = await verdictOf([ort, wasm]);
    t.deepEqual(await readVerdict(path), { detector, trials: [ort, wasm] });
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace(/"fingerprint": "/, '$&Another CPU, '));
    t.is(await readVerdict(path), undefined);
    await writeFile(path, text.slice(0, 40));
    t.is(await chosen('float', path), 'onnxruntime');
  },
);

test('an engine that is named is taken whatever was measured, and an unknown one is refused', async (t) => {
  const path = await verdictOf([wasm, ort]);
  t.is(await chosen('float', path, 'onnxruntime'), 'onnxruntime');
  await t.throwsAsync(chosen('float', path, 'abacus'), { code: 'engine_unknown' });
});

test('behind the fastest engine auto has the first that works, an engine that is named stands alone', async (t) => {
  const verdictPath = await verdictOf([ort, wasm]);
  const namesOf = async (purpose: 'float' | 'quantized', name: string) =>
    (await chooseEngines({ name, purpose, threads: 'auto', verdictPath })).map(({ engine }) => engine.name);
  t.deepEqual(await namesOf('float', 'auto'), ['tfjs-wasm', 'onnxruntime']);
  t.deepEqual(await namesOf('quantized', 'auto'), ['onnxruntime']);
  t.deepEqual(await namesOf('float', 'tfjs-wasm'), ['tfjs-wasm']);
});

test('threads are those asked for, with auto those that were measured to serve best, else those for what was not', async (t) => {
  const scaling = [
    { threads: 1, ms: 9 },
    { threads: 2, ms: 6 },
  ];
  const verdictPath = await verdictOf([{ ...ort, float: scaling }]);
  const threadsFor = async (purpose: 'float' | 'quantized', threads: ThreadSetting, path = verdictPath) =>
    (await chooseEngines({ name: 'onnxruntime', purpose, threads, verdictPath: path }))[0].threads;
  t.is(await threadsFor('float', 'auto'), 2);
  t.is(await threadsFor('quantized', 'auto'), 1);
  t.is(await threadsFor('float', 3), 3);
  t.is(await threadsFor('float', 'auto', await verdictOf([])), 1);
  const older = await verdictOf([{ ...ort, float: scaling, version: '0.0.1' }]);
  t.is(await threadsFor('float', 'auto', older), 1);
  const query = { name: 'onnxruntime', purpose: 'float', threads: 'auto', verdictPath: older } as const;
  t.is((await chooseEngines({ ...query, unmeasuredThreads: 4 }))[0].threads, 4);
});
