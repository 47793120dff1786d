import test from 'ava';
import { type QuantizeResult, quantizeModel } from '../../calibrate/detptq/quantizeModel.js';
import type { Engine } from '../../runtime/engines/engine.js';
import { onnxruntimeEngine } from '../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import { enginesUnderTest } from '../helpers/engines.js';
import { pyramidDetector, pyramidFrames } from '../helpers/pyramidDetector.js';

/** The same search on every engine: what it finds may depend on the engine's precision alone. */
const engines = (await enginesUnderTest()).filter(
  ({ engine }) => engine !== onnxruntimeEngine && !engine.servesOnly,
);

const bits = [
  { weightBits: 8, activationBits: 8 },
  { weightBits: 4, activationBits: 8 },
];

async function search(engine: Engine, options: (typeof bits)[number]): Promise<QuantizeResult> {
  const [search, heldOut] = [await pyramidFrames(4, 1), await pyramidFrames(4, 2)];
  return quantizeModel({
    ...pyramidDetector(),
    ...options,
    frames: { search, heldOut },
    rebuildingEngine: onnxruntimeEngine,
    ...{ parentDigest: 'a'.repeat(64), recipe: 'balanced', engine, threads: 1, seed: 11, toolVersion: '0' },
  });
}

for (const { weightBits, activationBits } of bits) {
  for (const { name, engine, available, isImitated } of engines) {
    // Every stage compiles graphs of its own: minutes on an imitated GPU.
    const engineTest = available && !isImitated ? test.serial : test.serial.skip;

    engineTest(
      `${name}: a search at W${weightBits}A${activationBits} finds what onnxruntime's does`,
      async (t) => {
        const expected = (await search(onnxruntimeEngine, { weightBits, activationBits })).report;
        const { report } = await search(engine, { weightBits, activationBits });
        t.is(report.engine, engine.name);
        const same = report.layers.filter(({ p }, layer) => p === expected.layers[layer]!.p);
        t.true(same.length >= 0.95 * expected.layers.length, `${same.length} of ${expected.layers.length}`);
        t.is(report.chosen, expected.chosen);
        // Not those that were tried and left out: on a few pictures a walk goes another way at a tie.
        for (const control of ['minmax', 'p2', 'p2_4', expected.chosen] as const) {
          const [got, wanted] = [report.controls[control]!.odol, expected.controls[control]!.odol];
          t.true(Math.abs(got / wanted - 1) < 0.01, `${control}: ${got} in place of ${wanted}`);
        }
      },
    );
  }
}
