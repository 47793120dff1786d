import test from 'ava';
import { assertServed } from '../../../agent/cli/assertServed.js';
import { readModelFiles } from '../../../runtime/detector/modelFiles.js';
import type { Engine } from '../../../runtime/engines/engine.js';
import { onnxruntimeEngine } from '../../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import { AgentError } from '../../../runtime/errors.js';
import { tinyDetector } from '../../helpers/tinyDetector.js';

const files = await readModelFiles((await tinyDetector()).manifest);
const search = onnxruntimeEngine;

/** Runs what onnxruntime does but for quantizers. */
const picky: Engine = {
  ...onnxruntimeEngine,
  name: 'picky',
  async load(graph, options) {
    if (graph.nodes.some(({ opType }) => opType === 'QuantizeLinear')) {
      throw new AgentError('op_unsupported', 'no quantizers');
    }
    return onnxruntimeEngine.load(graph, options);
  },
};

test('an engine that alone is to serve and refuses the quantized detector is found out before the search', async (t) => {
  await t.throwsAsync(assertServed(files, { serving: [{ engine: picky, threads: 1 }], search }), {
    code: 'op_unsupported',
    message:
      /^picky, which is to serve, does not run tiny quantized: no quantizers; mend: --serving-engine auto/,
  });
});

test('an engine that runs it, and one that others stand behind, may serve', async (t) => {
  const twin = { ...onnxruntimeEngine, name: 'twin' };
  await t.notThrowsAsync(assertServed(files, { serving: [{ engine: twin, threads: 1 }], search }));
  const serving = [
    { engine: picky, threads: 1 },
    { engine: search, threads: 1 },
  ] as const;
  await t.notThrowsAsync(assertServed(files, { serving, search }));
});
