import test from 'ava';
import { loadOnFirst, type ServingEngine } from '../../../agent/engines/engineOrder.js';
import { readModelFiles } from '../../../runtime/detector/modelFiles.js';
import type { Engine } from '../../../runtime/engines/engine.js';
import { onnxruntimeEngine } from '../../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import { AgentError, type ErrorCode } from '../../../runtime/errors.js';
import { tinyDetector } from '../../helpers/tinyDetector.js';

const { manifest } = await tinyDetector();
const files = await readModelFiles(manifest);

const onnxruntime: ServingEngine = { engine: onnxruntimeEngine, threads: 1 };

function failing(code: ErrorCode): ServingEngine {
  const load = async () => {
    throw new AgentError(code, `this engine says ${code}`);
  };
  const engine: Engine = { ...onnxruntimeEngine, name: code, load };
  return { engine, threads: 1 };
}

const refusals = ['op_unsupported', 'engine_load_failed', 'engine_unavailable'] as const;

test('a model that engines refuse is loaded on the first that takes it, and each refusal is told', async (t) => {
  const told: string[] = [];
  const { detector, engine } = await loadOnFirst(
    files,
    [failing(refusals[0]), failing(refusals[1]), failing(refusals[2]), onnxruntime],
    { onRefused: ({ message }, { name }, next) => told.push(`${name}, ${next.name}: ${message}`) },
  );
  await detector.dispose();
  t.is(engine, onnxruntimeEngine);
  t.deepEqual(told, [
    'op_unsupported, engine_load_failed: this engine says op_unsupported',
    'engine_load_failed, engine_unavailable: this engine says engine_load_failed',
    'engine_unavailable, onnxruntime: this engine says engine_unavailable',
  ]);
});

test('what the last engine refuses is not loaded, and an engine that was named is the last', async (t) => {
  const onRefused = () => t.fail('there is no other engine');
  await t.throwsAsync(loadOnFirst(files, [failing('op_unsupported')], { onRefused }), {
    code: 'op_unsupported',
  });
});

test('a failure that says nothing of the model is not taken for a refusal', async (t) => {
  const onRefused = () => t.fail('the next engine is not asked');
  const engines = [failing('worker_died'), onnxruntime] as const;
  await t.throwsAsync(loadOnFirst(files, engines, { onRefused }), { code: 'worker_died' });
});
