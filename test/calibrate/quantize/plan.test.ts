import test from 'ava';
import { planQuantization, type QuantizationPlan } from '../../../calibrate/quantize/plan.js';
import { prepareGraph } from '../../../calibrate/quantize/prepareGraph.js';
import { withNarrowViews } from '../../../calibrate/quantize/withNarrowViews.js';
import { float32Tensor } from '../../../runtime/graph/tensor.js';
import { graphBuilder } from '../../helpers/graphs.js';
import { pyramidDetector } from '../../helpers/pyramidDetector.js';

const eight = { weightBits: 8, activationBits: 8 };

function pyramidPlan(bits = eight): QuantizationPlan {
  return planQuantization(withNarrowViews(prepareGraph(pyramidDetector().graph), bits), bits);
}

/** Tensors by grid, each grid as one string. */
const gridsOf = ({ grids }: QuantizationPlan) => grids.map(({ tensors }) => tensors.join(' '));

test('there is a grid on every tensor from the first convolution to the inputs of the predictions', (t) => {
  const plan = pyramidPlan();
  t.deepEqual(gridsOf(plan), [
    'image',
    'stem',
    'stem_act',
    'relu_5',
    'pointwise',
    // A max pool moves values.
    'sum pooled',
    'fine',
    'fine_gate',
    // So do upsampling and concatenation: whatever meets in one lies on one grid.
    'fine_act relu_12 upsampled joined',
    'relu_16',
    'relu_21',
    'relu_25',
  ]);
  for (const [tensor, id] of plan.gridOfTensor) t.true(plan.grids[id]!.tensors.includes(tensor));
  t.deepEqual(
    plan.grids.map(({ id }) => id),
    plan.grids.map((_, i) => i),
  );
});

test('every convolution is a layer with its role; shared weights are one layer with all its convolutions', (t) => {
  t.deepEqual(
    pyramidPlan().layers.map(({ name, role, convs }) => [name, role, convs.length]),
    [
      ['stem', 'first', 1],
      ['depthwise', 'depthwise', 1],
      ['pointwise', 'dense', 1],
      ['fine', 'dense', 1],
      ['coarse', 'dense', 1],
      ['merged', 'dense', 1],
      ['tower0', 'dense', 2],
      ['predict0', 'prediction', 2],
    ],
  );
});

test('every grid but the input is chosen by exactly one layer, which stands before it', (t) => {
  const { graph } = pyramidDetector();
  const plan = planQuantization(prepareGraph(graph), eight);
  const owned = plan.layers.flatMap((layer) => layer.grids);
  t.deepEqual(
    owned.toSorted((a, b) => a - b),
    plan.grids.slice(1).map(({ id }) => id),
  );
  const positions = new Map(
    prepareGraph(graph).nodes.flatMap(({ outputs }, position) => outputs.map((output) => [output, position])),
  );
  for (const { position, grids } of plan.layers) {
    for (const tensor of grids.flatMap((id) => plan.grids[id]!.tensors)) {
      t.true(positions.get(tensor)! >= position, tensor);
    }
  }
});

test('the image is quantized over its range, a sigmoid over its own, the rest by search', (t) => {
  const rules = new Map(pyramidPlan().grids.map(({ tensors, rule }) => [tensors[0], rule]));
  t.is(rules.get('image'), 'range');
  t.is(rules.get('fine_gate'), 'unit');
  t.deepEqual(
    [...new Set([...rules].filter(([name]) => !['image', 'fine_gate'].includes(name!)).map(([, r]) => r))],
    ['search'],
  );
});

test('in front of LeakyReLU and SiLU errors are measured behind them', (t) => {
  const plan = pyramidPlan();
  const activationOf = (tensor: string) => plan.grids[plan.gridOfTensor.get(tensor)!]!.activation;
  t.deepEqual([-2, 0, 3].map(activationOf('stem')!.functions[0]!.of), [-0.2, 0, 3]);
  const silu = activationOf('fine')!.functions[0]!.of;
  for (const x of [-3, -0.5, 0, 2]) t.true(Math.abs(silu(x) - x / (1 + Math.exp(-x))) < 1e-12);
  for (const tensor of ['image', 'stem_act', 'pointwise', 'sum', 'relu_5', 'joined'])
    t.is(activationOf(tensor), undefined);
});

test('a LeakyReLU without an alpha has the standard one', (t) => {
  const g = graphBuilder();
  const a = g.conv(g.input('x', [1, 3, 8, 8]), { weights: [4, 3, 1, 1] });
  const plan = planQuantization(
    prepareGraph(g.build([g.conv(g.node('LeakyRelu', [a]), { weights: [2, 4, 1, 1] })])),
    eight,
  );
  t.is(plan.grids[plan.gridOfTensor.get(a)!]!.activation!.functions[0]!.of(-1), -0.01);
});

for (const activation of ['Relu', 'Clip']) {
  test(`there is no grid between a convolution and a ${activation} that alone reads it`, (t) => {
    const g = graphBuilder();
    const limits =
      activation === 'Clip'
        ? [
            g.constant(float32Tensor([], Float32Array.of(0))),
            g.constant(float32Tensor([], Float32Array.of(6))),
          ]
        : [];
    const a = g.conv(g.input('x', [1, 3, 8, 8]), { weights: [4, 3, 1, 1] });
    const b = g.node(activation, [a, ...limits]);
    const plan = planQuantization(prepareGraph(g.build([g.conv(b, { weights: [2, 4, 1, 1] })])), eight);
    t.deepEqual(gridsOf(plan), ['x', b]);
  });
}

test('a convolution that a ReLU and something else read has a grid of its own', (t) => {
  const g = graphBuilder();
  const a = g.conv(g.input('x', [1, 3, 8, 8]), { weights: [4, 3, 1, 1] });
  const b = g.relu(a);
  const c = g.node('Add', [a, b]);
  const plan = planQuantization(prepareGraph(g.build([g.conv(c, { weights: [2, 4, 1, 1] })])), eight);
  t.deepEqual(gridsOf(plan), ['x', a, b, c]);
});

test('below 8 bits, first, prediction and depthwise weights keep 8, and so do what first and prediction read', (t) => {
  const plan = pyramidPlan({ weightBits: 3, activationBits: 5 });
  t.deepEqual(
    plan.layers.map(({ name, weightBits, activationBits }) => [name, weightBits, activationBits]),
    [
      ['stem', 8, 8],
      ['depthwise', 8, 5],
      ['pointwise', 3, 5],
      ['fine', 3, 5],
      ['coarse', 3, 5],
      ['merged', 3, 5],
      ['tower0', 3, 5],
      ['predict0', 8, 8],
    ],
  );
  t.deepEqual(
    plan.grids.filter(({ bits }) => bits !== 8).map(({ tensors, bits }) => [tensors[0], bits]),
    ['stem_act/narrow', 'relu_5', 'sum', 'fine_act', 'relu_16'].map((tensor) => [tensor, 5]),
  );
});

test('the exceptions are said in sentences, and only those that apply', (t) => {
  t.is(pyramidPlan().exceptions.length, 1);
  const weights = pyramidPlan({ weightBits: 4, activationBits: 8 }).exceptions;
  t.is(weights.length, 2);
  t.regex(weights[1]!, /first convolution, 1 prediction and 1 depthwise convolutions; 5 have 4\./);
  const both = pyramidPlan({ weightBits: 8, activationBits: 3 }).exceptions;
  t.is(both.length, 2);
  t.regex(both[1]!, /Activations of 3 bits are simulated.* 8 codes/);
});

test('a normalisation in the graph stays float; its result is quantized over its range', (t) => {
  const g = graphBuilder();
  const x = g.input('x', [1, 3, 8, 8]);
  const scaled = g.node('Mul', [x, g.weights(1)]);
  const shifted = g.node('Add', [scaled, g.weights(1)]);
  const a = g.relu(g.conv(shifted, { weights: [4, 3, 1, 1] }));
  const plan = planQuantization(prepareGraph(g.build([g.conv(a, { weights: [2, 4, 1, 1] })])), {
    weightBits: 4,
    activationBits: 4,
  });
  t.deepEqual(gridsOf(plan), [shifted, a]);
  t.like(plan.grids[0], { rule: 'range', bits: 8 });
});

test('a Focus cuts and joins the image on one grid', (t) => {
  const g = graphBuilder();
  const x = g.input('x', [1, 3, 8, 8]);
  const slices = [0, 1].map((start) => g.node('Slice', [x, g.ints(start), g.ints(8), g.ints(3), g.ints(2)]));
  const focus = g.node('Concat', slices, { attributes: { axis: 1 } });
  const a = g.relu(g.conv(focus, { weights: [4, 6, 1, 1] }));
  const plan = planQuantization(prepareGraph(g.build([g.conv(a, { weights: [2, 4, 1, 1] })])), eight);
  t.deepEqual(gridsOf(plan), [[x, ...slices, focus].join(' '), a]);
  t.is(plan.grids[0]!.rule, 'range');
});

test('an image that is also read by something else than convolutions stays float', (t) => {
  const g = graphBuilder();
  const x = g.input('x', [1, 3, 8, 8]);
  const a = g.conv(x, { weights: [3, 3, 1, 1] });
  const c = g.node('Add', [a, g.node('Neg', [x])]);
  const plan = planQuantization(prepareGraph(g.build([g.conv(c, { weights: [2, 3, 1, 1] })])), eight);
  t.false(plan.gridOfTensor.has(x));
});

test('the arithmetic on shapes that exporters write gets no grid', (t) => {
  const g = graphBuilder();
  const a = g.relu(g.conv(g.input('x', [1, 3, 8, 8]), { weights: [4, 3, 3, 3], pad: 1, stride: 2 }));
  const b = g.relu(g.conv(a, { weights: [4, 4, 3, 3], pad: 1, stride: 2 }));
  const size = g.node('Slice', [g.node('Shape', [a]), g.ints(2), g.ints(4), g.ints(0)]);
  const sizes = g.node('Concat', [g.ints(1, 4), size], { attributes: { axis: 0 } });
  const up = g.node('Resize', [b, '', '', sizes], { attributes: { mode: 'nearest' } });
  const sum = g.node('Add', [up, a]);
  const graph = prepareGraph(g.build([g.conv(sum, { weights: [2, 4, 1, 1] })]));
  t.deepEqual(gridsOf(planQuantization(graph, eight)), ['x', a, `${b} ${up}`, sum]);
});

test('a cubic resize leaves the range of its input and has a grid of its own', (t) => {
  const build = (mode: string) => {
    const g = graphBuilder();
    const a = g.relu(g.conv(g.input('x', [1, 3, 8, 8]), { weights: [4, 3, 1, 1] }));
    const scales = g.constant(float32Tensor([4], Float32Array.of(1, 1, 2, 2)));
    const up = g.node('Resize', [a, '', scales], { attributes: { mode } });
    return planQuantization(prepareGraph(g.build([g.conv(up, { weights: [2, 4, 1, 1] })])), eight).grids
      .length;
  };
  t.deepEqual(['nearest', 'linear', 'cubic'].map(build), [2, 2, 3]);
});

test('tensors that are to stay float get no grid, what only moves them gets one of its own, and the plan says so', (t) => {
  const graph = prepareGraph(pyramidDetector().graph);
  const floatTensors = new Set(['stem', 'sum']);
  const plan = planQuantization(graph, { ...eight, floatTensors });
  t.deepEqual(gridsOf(plan).slice(0, 6), ['image', 'stem_act', 'relu_5', 'pointwise', 'pooled', 'fine']);
  t.true([...floatTensors].every((tensor) => !plan.gridOfTensor.has(tensor)));
  t.deepEqual(plan.exceptions.slice(1), ['Not quantized, so that what makes them runs in float: stem, sum.']);
});

test('errors of a grid are measured behind the activation that alone reads it, also where a pool stands between', (t) => {
  const g = graphBuilder();
  const a = g.conv(g.input('x', [1, 3, 8, 8]), { weights: [4, 3, 1, 1] });
  const pooled = g.node('MaxPool', [a], { attributes: { kernel_shape: [2, 2] } });
  const b = g.node('LeakyRelu', [pooled], { attributes: { alpha: { type: 'float', value: 0.5 } } });
  const c = g.conv(b, { weights: [4, 4, 1, 1] });
  const slices = [0, 2].map((start) => g.node('Slice', [c, g.ints(start), g.ints(start + 2), g.ints(1)]));
  const d = g.node('Concat', [g.node('LeakyRelu', [slices[0]!]), slices[1]!], { attributes: { axis: 1 } });
  const plan = planQuantization(prepareGraph(g.build([g.conv(d, { weights: [2, 4, 1, 1] })])), eight);
  const activationOf = (tensor: string) => plan.grids[plan.gridOfTensor.get(tensor)!]!.activation;
  t.is(activationOf(a)!.functions[0]!.of(-2), -1);
  t.is(activationOf(b), undefined);
  // Its other half is read by no activation.
  t.is(activationOf(c), undefined);
});

test('a grid that a LeakyReLU alone fills knows the one before it', (t) => {
  const g = graphBuilder();
  const a = g.conv(g.input('x', [1, 3, 8, 8]), { weights: [4, 3, 1, 1] });
  const alone = g.node('LeakyRelu', [a]);
  const pooled = g.node('MaxPool', [alone], { attributes: { kernel_shape: [1, 1] } });
  const b = g.conv(pooled, { weights: [4, 4, 1, 1] });
  const gated = g.node('Mul', [b, g.node('Sigmoid', [b])]);
  const c = g.conv(gated, { weights: [4, 4, 1, 1] });
  const d = g.conv(gated, { weights: [4, 4, 1, 1] });
  const joined = g.node('Concat', [g.node('LeakyRelu', [c]), d], { attributes: { axis: 1 } });
  const plan = planQuantization(prepareGraph(g.build([g.conv(joined, { weights: [2, 8, 1, 1] })])), eight);
  const idOf = (tensor: string) => plan.gridOfTensor.get(tensor)!;
  const before = (tensor: string) => plan.grids[idOf(tensor)]!.before;
  t.is(before(alone), idOf(a));
  t.is(before(pooled), idOf(a));
  for (const tensor of [a, b, gated, c, joined]) t.is(before(tensor), undefined);
});

test('attention is not rounded, from what queries and keys are scaled by to the sum that takes it up', (t) => {
  const g = graphBuilder();
  const a = g.conv(g.input('x', [1, 3, 4, 4]), { weights: [4, 3, 1, 1] });
  const [q, k, v] = [1, 2, 3].map(() => g.conv(a, { weights: [4, 4, 1, 1] }));
  const [rows, columns, values] = [q, k, v].map((made) => g.node('Reshape', [made!, g.ints(1, 4, 16)]));
  const turned = (tensor: string) => g.node('Transpose', [tensor], { attributes: { perm: [0, 2, 1] } });
  const scaled = g.node('Mul', [g.weights(1), rows!]);
  const likeness = g.node('MatMul', [turned(scaled), columns!]);
  const weighed = g.node('Mul', [likeness, g.weights(1)]);
  const shares = g.node('Softmax', [weighed], { attributes: { axis: -1 } });
  const mixed = g.node('MatMul', [values!, turned(shares)]);
  const map = g.node('Reshape', [mixed, g.ints(1, 4, 4, 4)]);
  const sum = g.node('Add', [a, map]);
  const read = g.node('Reshape', [mixed, g.ints(1, 4, 4, 4)]);
  const outputs = [sum, read].map((tensor) => g.conv(tensor, { weights: [2, 4, 1, 1] }));
  const { gridOfTensor, exceptions } = planQuantization(prepareGraph(g.build(outputs)), eight);
  t.is(exceptions.at(-1), 'Attention is float within.');
  for (const tensor of [rows!, scaled, columns!, likeness, weighed, shares, values!, mixed, map])
    t.false(gridOfTensor.has(tensor), tensor);
  for (const tensor of [q!, k!, v!, sum, read]) t.true(gridOfTensor.has(tensor), tensor);
});

test('what attention shares with a convolution is rounded, the rest of a split is not', (t) => {
  const g = graphBuilder();
  const a = g.conv(g.input('x', [1, 3, 4, 4]), { weights: [4, 3, 1, 1] });
  const heads = g.node('Reshape', [g.conv(a, { weights: [12, 4, 1, 1] }), g.ints(1, 12, 16)]);
  const [q, k, v] = g.nodeWithOutputs('Split', [heads, g.ints(4, 4, 4)], {
    count: 3,
    attributes: { axis: 1 },
  });
  const likeness = g.node('MatMul', [g.node('Transpose', [q!], { attributes: { perm: [0, 2, 1] } }), k!]);
  const shares = g.node('Softmax', [likeness], { attributes: { axis: -1 } });
  const mixed = g.node('Reshape', [g.node('MatMul', [v!, shares]), g.ints(1, 4, 4, 4)]);
  const placed = g.conv(g.node('Reshape', [v!, g.ints(1, 4, 4, 4)]), { weights: [4, 4, 1, 1] });
  const sum = g.node('Add', [mixed, placed]);
  const { gridOfTensor } = planQuantization(
    prepareGraph(g.build([g.conv(sum, { weights: [2, 4, 1, 1] })])),
    eight,
  );
  for (const tensor of [q!, k!]) t.false(gridOfTensor.has(tensor), tensor);
  for (const tensor of [heads, v!, placed]) t.true(gridOfTensor.has(tensor), tensor);
});

test('every convolution that reads what the first one reads is a first one', (t) => {
  const g = graphBuilder();
  const x = g.input('x', [1, 3, 8, 8]);
  const branches = [1, 2].map(() => g.conv(x, { weights: [4, 3, 1, 1] }));
  const a = g.relu(g.conv(g.node('Add', branches), { weights: [4, 4, 1, 1] }));
  const graph = prepareGraph(g.build([g.conv(a, { weights: [2, 4, 1, 1] })]));
  const { layers } = planQuantization(graph, { weightBits: 4, activationBits: 8 });
  t.deepEqual(
    layers.map(({ role, weightBits }) => [role, weightBits]),
    [
      ['first', 8],
      ['first', 8],
      ['dense', 4],
      ['prediction', 8],
    ],
  );
});

test('a graph without two convolutions in a row is not quantizable', (t) => {
  const none = graphBuilder();
  const one = graphBuilder();
  const fed = graphBuilder();
  const filters = fed.input('filters', [3, 3, 1, 1]);
  const graphs = [
    none.build([none.relu(none.input('x', [1, 3, 8, 8]))]),
    one.build([one.relu(one.conv(one.input('x', [1, 3, 8, 8]), { weights: [4, 3, 1, 1] }))]),
    fed.build([fed.node('Conv', [fed.node('Conv', [fed.input('x', [1, 3, 8, 8]), filters]), filters])]),
  ];
  for (const graph of graphs) t.throws(() => planQuantization(graph, eight), { code: 'not_quantizable' });
});

test('bits out of range are refused, naming which', (t) => {
  const { graph } = pyramidDetector();
  for (const bits of [0, 1, 9, 4.5, Number.NaN]) {
    const weights = { weightBits: bits, activationBits: 8 };
    const activations = { weightBits: 8, activationBits: bits };
    t.throws(() => planQuantization(graph, weights), { code: 'bits_out_of_range', message: /^weightBits/ });
    t.throws(() => planQuantization(graph, activations), {
      code: 'bits_out_of_range',
      message: /^activationBits/,
    });
  }
});

test('a graph below opset 13 is raised to it, or refused with the way out', (t) => {
  const old = graphBuilder({ opset: 11 });
  t.is(prepareGraph(old.build([old.relu(old.input('x', [1]))])).opsets.get(''), 13);

  const g = graphBuilder({ opset: 12 });
  const wide = g.build([g.node('Softmax', [g.input('x', [1, 4, 6, 6])])]);
  const error = t.throws(() => prepareGraph(wide), { code: 'onnx_unsupported' });
  t.regex(error!.message, /opset 13 .*got 12/);
});
