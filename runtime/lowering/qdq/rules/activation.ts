import { floatAttribute, type Node } from '../../../graph/graph.js';
import type { Activation, Grid } from '../../integerGraph.js';
import type { CodeView, FeatureDims } from '../codeView.js';
import { type Pending, type Translation, unbounded } from '../translation.js';
import type { Rule } from './rule.js';

/** A function of one value, on codes. */
export const activationRule: Rule = (node, translation) => {
  const activation = activationOf(node);
  if (!activation) return;
  onCodes(node, translation, ({ input, output }, tensor) =>
    translation.addOnGrid({ kind: 'activation', input, output, activation }, tensor),
  );
};

/** Every value that a hard sigmoid takes. */
const unitGrid: Grid = { scale: Math.fround(1 / 255), zeroPoint: 0 };

/** A gate on a grid of its own and the product: no engine that is written for has a hard swish of codes. */
export const hardSwishRule: Rule = (node, translation) =>
  onCodes(node, translation, ({ input, output }, tensor) => {
    const gate = `${output}/gate`;
    const activation = { name: 'hardSigmoid', slope: 1 / 6, offset: 0.5 } as const;
    translation.add({ kind: 'activation', input, output: gate, activation }, { ...tensor, grid: unitGrid });
    return translation.addOnGrid({ kind: 'product', inputs: [input, gate], output }, tensor);
  });

/** Has what makes a node's output of its first input's codes added as soon as the output's grid is known. */
function onCodes(
  { inputs, outputs }: Node,
  translation: Translation,
  add: (names: { input: string; output: string }, tensor: { grid: Grid; dims: FeatureDims }) => CodeView,
): void {
  const view = translation.views.get(inputs[0]!);
  const [name = ''] = outputs;
  const dims = translation.dims(name);
  if (!view || !dims) return;
  translation.pending.set(name, {
    dims,
    ...unbounded,
    quantized: (output, grid) => {
      const input = translation.materialize(view);
      return input === undefined ? undefined : add({ input, output }, { grid, dims });
    },
  });
}

function activationOf(node: Node): Activation | undefined {
  switch (node.opType) {
    case 'LeakyRelu':
      return { name: 'leakyRelu', slope: floatAttribute(node, 'alpha', 0.01) };
    case 'Sigmoid':
      return { name: 'sigmoid' };
    case 'HardSigmoid':
      return {
        name: 'hardSigmoid',
        slope: floatAttribute(node, 'alpha', 0.2),
        offset: floatAttribute(node, 'beta', 0.5),
      };
    default:
      return undefined;
  }
}

/** Relu, Clip, Min and Max with constant bounds: of a convolution or sum a range of codes, of codes an activation. */
export const clipRule: Rule = (node, translation) => {
  const [input = ''] = node.inputs;
  const [name = ''] = node.outputs;
  const bounds = boundsOf(node, translation);
  if (bounds === undefined) return;
  const before = translation.pending.get(input);
  if (before !== undefined) {
    const low = Math.min(Math.max(before.low, bounds.low), bounds.high);
    const high = Math.max(Math.min(before.high, bounds.high), bounds.low);
    translation.pending.set(name, { dims: before.dims, quantized: before.quantized, low, high });
    return;
  }
  const view = translation.views.get(input);
  const dims = translation.dims(name);
  if (!view || !dims) return;
  const clip: Pending['quantized'] = (output, grid) => {
    const tensor = translation.materialize(view);
    if (tensor === undefined) return undefined;
    const activation = { name: 'clip', ...bounds } as const;
    return translation.addOnGrid({ kind: 'activation', input: tensor, output, activation }, { grid, dims });
  };
  translation.pending.set(name, { dims, ...unbounded, quantized: clip });
};

function boundsOf(
  { opType, inputs }: Node,
  translation: Translation,
): { low: number; high: number } | undefined {
  if (opType === 'Relu') return { ...unbounded, low: 0 };
  const bound = (index: number, absent: number): number | undefined => {
    if ((inputs[index] ?? '') === '') return absent;
    const constant = translation.constant(inputs[index]);
    return constant?.dtype === 'float32' && constant.data.length === 1 ? Number(constant.data[0]) : undefined;
  };
  if (inputs.length < 2 || (opType !== 'Clip' && inputs.length !== 2)) return undefined;
  const low = opType === 'Min' ? unbounded.low : bound(1, unbounded.low);
  const high = opType === 'Max' ? unbounded.high : bound(opType === 'Min' ? 1 : 2, unbounded.high);
  return low === undefined || high === undefined ? undefined : { low, high };
}
