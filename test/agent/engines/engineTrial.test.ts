import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { type TrialOptions, tryEngine } from '../../../agent/engines/engineTrial.js';
import { trialDetector } from '../../../agent/engines/trialDetector.js';
import { readModelFiles } from '../../../runtime/detector/modelFiles.js';
import type { Engine, LoadOptions } from '../../../runtime/engines/engine.js';
import { onnxruntimeEngine } from '../../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import { AgentError } from '../../../runtime/errors.js';
import type { Graph } from '../../../runtime/graph/graph.js';
import { tempFolder } from '../../helpers/tempFolder.js';
import { tinyDetector } from '../../helpers/tinyDetector.js';

const { manifest } = await tinyDetector();
const detector = await trialDetector(await readModelFiles(manifest), onnxruntimeEngine);

function optionsIn(cacheFolder: string): TrialOptions {
  const { signal } = new AbortController();
  return { servingThreads: [1, 2], concurrency: 2, searchThreads: 1, lowering: { cacheFolder }, signal };
}

/** onnxruntime, seen through `onLoad`. */
function watched(onLoad: (graph: Graph, options?: LoadOptions) => void): Engine {
  return {
    ...onnxruntimeEngine,
    load(graph, options) {
      onLoad(graph, options);
      return onnxruntimeEngine.load(graph, options);
    },
  };
}

test('an engine is tried in the form that serves, which is kept for serving, and for a search as the graph stands', async (t) => {
  const cacheFolder = join(await tempFolder(), 'engine-cache');
  const loads: (readonly [Graph, boolean])[] = [];
  const engine = watched((graph, options) => loads.push([graph, options?.lowering !== undefined]));
  const findings = await tryEngine(engine, detector, optionsIn(cacheFolder));
  t.deepEqual(loads, [
    [detector.float, true],
    [detector.float, true],
    [detector.quantized!, true],
    [detector.quantized!, true],
    [detector.quantized!, false],
  ]);
  t.regex(findings.quantizedNote ?? '', /^(?:lowered to integer operators|runs as it stands)/);
  t.is((await readdir(cacheFolder)).length, 2);
  for (const times of [findings.float, findings.quantized]) {
    t.deepEqual(
      times.map(({ threads }) => threads),
      [1, 2],
    );
    t.true(times.every(({ ms }) => ms > 0));
  }
  t.true(findings.searchMs! > 0);
});

test('an engine that refuses the quantized detector is tried in float, and says why', async (t) => {
  const engine = watched((graph) => {
    if (graph === detector.quantized) throw new AgentError('op_unsupported', 'no QuantizeLinear here');
  });
  const { float, ...findings } = await tryEngine(engine, detector, optionsIn(await tempFolder()));
  t.is(float.length, 2);
  t.deepEqual(findings, { quantized: [], searchMs: null, quantizedNote: 'no QuantizeLinear here' });
});

test('an engine that has no say in its threads is tried once', async (t) => {
  const { takesThreads: _, ...engine } = onnxruntimeEngine;
  const { float, quantized } = await tryEngine(engine, detector, optionsIn(await tempFolder()));
  t.deepEqual([float.length, quantized.length], [1, 1]);
});
