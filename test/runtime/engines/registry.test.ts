import test from 'ava';
import { engineNames, getEngine, selectEngine } from '../../../runtime/engines/registry.js';

test('every engine is found by its name', (t) => {
  for (const name of engineNames) t.is(getEngine(name).name, name);
});

test('an unknown engine is refused with the names that are known', async (t) => {
  t.throws(() => getEngine('abacus'), { code: 'engine_unknown', message: /onnxruntime.*"abacus"/ });
  await t.throwsAsync(selectEngine('abacus'), { code: 'engine_unknown' });
});

test('auto selects an engine that works here', async (t) => {
  const engine = await selectEngine('auto');
  t.true((await engine.probe()).available);
  t.is(await selectEngine(engine.name), engine);
});
