import test from 'ava';
import { productRoundings } from '../../../calibrate/quantize/productRoundings.js';
import { sumRoundings } from '../../../calibrate/quantize/sumRoundings.js';
import { codesOfPairs, mistakes, randomPairGrids } from '../../helpers/codePairs.js';
import { enginesUnderTest } from '../../helpers/engines.js';

const engines = await enginesUnderTest();
const { dequantized, fixedPoint21, ...fused } = sumRoundings;
const { aroundStep, aroundCode, fusedAroundCode } = productRoundings;

/** What an engine is said to do, by one of these formulas. */
const said = [
  ['Add', 'onnxruntime', { optimization: 'none' }, { dequantized }],
  ['Add', 'onnxruntime', {}, fused],
  ['Add', 'tfjs-wasm', {}, { dequantized }],
  ['Add', 'litert', { lowering: {} }, { fixedPoint21 }],
  ['Mul', 'onnxruntime', { optimization: 'none' }, { dequantized: productRoundings.dequantized }],
  ['Mul', 'onnxruntime', {}, { aroundCode, fusedAroundCode }],
  ['Mul', 'tfjs-wasm', {}, { dequantized: productRoundings.dequantized }],
  ['Mul', 'litert', { lowering: {} }, { aroundStep }],
] as const;

for (const [opType, title, options, formulas] of said) {
  const { engine, available, name } = engines.find(({ engine }) => engine.name === title)!;
  const engineTest = available ? test : test.skip;
  engineTest(`${opType}, ${name}: codes of all pairs by ${Object.keys(formulas).join(' or ')}`, async (t) => {
    const wrong = new Map(Object.keys(formulas).map((formula) => [formula, 0]));
    for (let seed = 1; seed <= 30; seed++) {
      const grids = randomPairGrids(seed, (a, b) => (opType === 'Add' ? a + b : 100 * a * b));
      const codes = await codesOfPairs({ engine, ...options }, opType, grids);
      for (const [formula, of] of Object.entries(formulas))
        wrong.set(formula, wrong.get(formula)! + mistakes(of(grids), grids, codes));
    }
    t.true([...wrong.values()].includes(0), JSON.stringify([...wrong]));
  });
}
