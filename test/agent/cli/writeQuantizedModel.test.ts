import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { writeQuantizedModel } from '../../../agent/cli/writeQuantizedModel.js';
import { quantizeModel } from '../../../calibrate/detptq/quantizeModel.js';
import type { Engine } from '../../../runtime/engines/engine.js';
import { onnxruntimeEngine } from '../../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import { AgentError } from '../../../runtime/errors.js';
import { encodeOnnx } from '../../../runtime/graph/onnxCodec.js';
import { pyramidDetector, pyramidFrames } from '../../helpers/pyramidDetector.js';

test('a network that is only measured beside, and loads but does not run, costs the report one figure', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'detptq-write-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const { manifest, graph } = pyramidDetector();
  const frames = { search: await pyramidFrames(3, 1), heldOut: await pyramidFrames(3, 2) };
  const result = await quantizeModel({
    ...{ manifest, graph, parentDigest: 'a'.repeat(64), frames, recipe: 'fast', engine: onnxruntimeEngine },
    ...{ weightBits: 8, activationBits: 8, threads: 1, seed: 0, toolVersion: '0.0.0' },
  });
  const plain = result.controlGraph('p2');
  let runsOfPlain = 0;
  const engine: Engine = {
    ...onnxruntimeEngine,
    probe: () => onnxruntimeEngine.probe(),
    async load(loaded, options) {
      const session = await onnxruntimeEngine.load(loaded, options);
      if (loaded !== plain) return session;
      const run = async () => {
        runsOfPlain++;
        throw new AgentError('engine_run_failed', 'not this one');
      };
      return { inputs: session.inputs, outputs: session.outputs, run, dispose: () => session.dispose() };
    },
  };
  const { report, paths } = await writeQuantizedModel(
    { ...result, addsWork: true, controlGraph: () => plain },
    {
      ...{ folder, engines: [{ engine, threads: 1 }], onRefused: () => t.fail(), lowering: {}, threads: 1 },
      ...{ frames: frames.heldOut, signal: new AbortController().signal },
      float: {
        manifest,
        graph,
        modelBytes: encodeOnnx(graph),
        digest: 'a'.repeat(64),
        folder,
        manifestText: '',
      },
    },
  );
  t.is(runsOfPlain, 1);
  t.true(report.latency!.quantizedMs > 0);
  t.is(report.latency!.plainMs, undefined);
  t.is(paths.length, 5);
});
