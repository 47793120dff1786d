import test from 'ava';
import { prepareGraph } from '../../../../calibrate/quantize/prepareGraph.js';
import { channelClasses } from '../../../../calibrate/stages/inputScaling/channelFlow.js';
import type { Graph } from '../../../../runtime/graph/graph.js';
import { float32Tensor } from '../../../../runtime/graph/tensor.js';
import { graphBuilder } from '../../../helpers/graphs.js';
import { unevenNetwork } from '../../../helpers/scaledNetwork.js';

/** Classes of what the stem and a block made, renumbered in the order in which they first come; -1 is pinned. */
function classesAround({ graph, between }: { graph: Graph; between: string }): {
  stem: number[];
  made: number[];
} {
  const classes = channelClasses(graph);
  const numbers = new Map([[0, -1]]);
  const renumbered = (tensor: string) =>
    classes.classesOf(tensor).map((index) => {
      if (!numbers.has(index)) numbers.set(index, numbers.size - 1);
      return numbers.get(index)!;
    });
  const stem = graph.nodes.find(({ opType }) => opType === 'Conv')!.outputs[0]!;
  return { stem: renumbered(stem), made: renumbered(between) };
}

const all = [0, 1, 2, 3, 4, 5, 6, 7];
const pinned = all.map(() => -1);
const slice = (
  g: ReturnType<typeof graphBuilder>,
  x: string,
  [start, end, step = 1]: readonly [number, number, number?],
) => g.node('Slice', [x, g.ints(start), g.ints(end), g.ints(-3), g.ints(step)]);

test('channels keep their places through activations, pools, resizes, padding, gates and factors', (t) => {
  const network = unevenNetwork((g, stem) => {
    const leaky = g.node('LeakyRelu', [stem]);
    const padded = g.node('Pad', [leaky, g.ints(0, 0, 1, 1, 0, 0, 1, 1)]);
    const pooled = g.node('MaxPool', [padded], { attributes: { kernel_shape: [2, 2], strides: [2, 2] } });
    const scales = g.constant(float32Tensor([4], Float32Array.of(1, 1, 2, 2)));
    const larger = g.node('Resize', [pooled, '', scales], { attributes: { mode: 'linear' } });
    const gate = g.node('HardSigmoid', [
      g.conv(g.node('GlobalAveragePool', [larger]), { weights: [8, 8, 1, 1] }),
    ]);
    const gated = g.node('Mul', [gate, larger]);
    const mask = g.node('Sigmoid', [g.conv(gated, { weights: [1, 8, 1, 1] })]);
    return g.node('Div', [g.node('Mul', [gated, mask]), g.weights(1)]);
  });
  t.deepEqual(classesAround(network), { stem: all, made: all });
});

test('a concatenation, a split and slices keep track of each channel', (t) => {
  const network = unevenNetwork(
    (g, stem) => {
      const [head = '', tail = ''] = g.nodeWithOutputs('Split', [stem, g.ints(3, 5)], {
        count: 2,
        attributes: { axis: 1 },
      });
      const swapped = g.node('Concat', [tail, head], { attributes: { axis: -3 } });
      // 3 4 5 6 7 0 1 2: every second from the end of the first half on, then the first four.
      return g.node('Concat', [slice(g, swapped, [-4, 8, 2]), slice(g, swapped, [-99, 4])], {
        attributes: { axis: 1 },
      });
    },
    { channels: 6 },
  );
  t.deepEqual(classesAround(network), { stem: all, made: [7, 1, 3, 4, 5, 6] });
});

test('a channel shuffle is followed', (t) => {
  const network = unevenNetwork((g, stem) => {
    const parts = g.node('Reshape', [stem, g.ints(1, 2, 4, 12, 12)]);
    const turned = g.node('Transpose', [parts], { attributes: { perm: [0, 2, 1, 3, 4] } });
    return g.node('Reshape', [turned, g.ints(1, 8, 12, 12)]);
  });
  t.deepEqual(classesAround(network).made, [0, 4, 1, 5, 2, 6, 3, 7]);
});

test('a reshape that is no channel shuffle pins', (t) => {
  const turnedOtherwise = unevenNetwork((g, stem) => {
    const parts = g.node('Reshape', [stem, g.ints(1, 2, 4, 12, 12)]);
    const turned = g.node('Transpose', [parts], { attributes: { perm: [0, 2, 1, 4, 3] } });
    return g.node('Reshape', [turned, g.ints(1, 8, 12, 12)]);
  });
  t.deepEqual(classesAround(turnedOtherwise), { stem: pinned, made: pinned });
  const otherArea = unevenNetwork((g, stem) => {
    const parts = g.node('Reshape', [stem, g.ints(1, 4, 2, 16, 9)]);
    const turned = g.node('Transpose', [parts], { attributes: { perm: [0, 2, 1, 3, 4] } });
    return g.node('Reshape', [turned, g.ints(1, 8, 12, 12)]);
  });
  t.deepEqual(classesAround(otherArea), { stem: pinned, made: pinned });
});

test('a chain of sums is one class for each channel', (t) => {
  const network = unevenNetwork((g, stem) => {
    const once = g.node('Add', [stem, g.conv(stem, { weights: [8, 8, 1, 1] })]);
    return g.node('Add', [g.conv(g.relu(once), { weights: [8, 8, 1, 1] }), once]);
  });
  t.deepEqual(classesAround(network), { stem: all, made: all });
});

test('a convolution parts classes', (t) => {
  const network = unevenNetwork((g, stem) => g.conv(g.relu(stem), { weights: [8, 8, 1, 1] }));
  t.deepEqual(classesAround(network), { stem: all, made: all.map((i) => i + 8) });
});

test('a SiLU or hard swish carries channels on; where something else reads its gate, it pins', (t) => {
  for (const gate of ['Sigmoid', 'HardSigmoid']) {
    const gated = unevenNetwork((g, stem) => g.node('Mul', [g.node(gate, [stem]), stem]));
    t.deepEqual(classesAround(gated), { stem: all, made: all });
  }
  // Another reader of the gate would see it before it is undone.
  const shared = unevenNetwork((g, stem) => {
    const gate = g.node('Sigmoid', [stem]);
    return g.node('Add', [g.node('Mul', [gate, stem]), gate]);
  });
  t.deepEqual(classesAround(shared), { stem: pinned, made: pinned });
});

test('what does not scale with its input pins', (t) => {
  const blocks: Record<string, (g: ReturnType<typeof graphBuilder>, x: string) => string> = {
    tanh: (g, x) => g.node('Mul', [x, g.node('Tanh', [x])]),
    ReLU6: (g, x) => {
      const [low, high] = [0, 6].map((value) => g.constant(float32Tensor([], Float32Array.of(value))));
      return g.node('Clip', [x, low!, high!]);
    },
    constantSum: (g, x) => g.node('Add', [x, g.weights(1, 8, 12, 12)]),
    broadcastSum: (g, x) => g.node('Add', [x, g.node('GlobalAveragePool', [x])]),
    onesPad: (g, x) => {
      const one = g.constant(float32Tensor([], Float32Array.of(1)));
      return g.node('Pad', [x, g.ints(0, 0, 1, 1, 0, 0, 1, 1), one]);
    },
    square: (g, x) => g.node('Mul', [x, x]),
    reciprocal: (g, x) => g.node('Div', [g.weights(1, 8, 12, 12), x]),
  };
  for (const [name, block] of Object.entries(blocks)) {
    const { stem, made } = classesAround(unevenNetwork(block));
    t.deepEqual({ stem, made }, { stem: pinned, made: pinned }, name);
  }
});

test('the image, what the network returns and all behind its prediction convolutions are pinned', (t) => {
  const g = graphBuilder();
  const image = g.input('x', [1, 3, 8, 8]);
  const features = g.relu(g.conv(image, { weights: [4, 3, 1, 1] }));
  const returned = g.conv(features, { weights: [4, 4, 1, 1] });
  const predicted = g.conv(g.relu(returned), { weights: [2, 4, 1, 1] });
  const decoded = g.relu(predicted);
  const graph = prepareGraph(g.build([returned, g.node('Reshape', [decoded, g.ints(1, -1)])]));
  const classes = channelClasses(graph);
  for (const tensor of [image, returned, predicted, decoded]) {
    t.true(
      classes.classesOf(tensor).every((index) => index === 0),
      tensor,
    );
  }
  t.false(classes.classesOf(features).includes(0));
});

test('convolutions that share weights have the same classes; those that share a bias, the same outputs', (t) => {
  const g = graphBuilder();
  const level = (name: string) => g.relu(g.conv(g.input(name, [1, 3, 8, 8]), { weights: [4, 3, 1, 1] }));
  const [fine, coarse, apart] = [level('a'), level('b'), level('c')];
  const [weights, bias] = [g.weights(4, 4, 1, 1), g.weights(4)];
  const zero = g.constant(float32Tensor([4], new Float32Array(4)));
  const towers = [
    g.node('Conv', [fine, weights]),
    g.node('Conv', [coarse, weights, bias]),
    g.node('Conv', [apart, g.weights(4, 4, 1, 1), bias]),
    g.node('Conv', [apart, g.weights(4, 4, 1, 1), zero]),
    g.node('Conv', [fine, g.weights(4, 4, 1, 1), zero]),
  ];
  const graph = prepareGraph(
    g.build(towers.map((tower) => g.conv(g.relu(tower), { weights: [2, 4, 1, 1] }))),
  );
  const classes = channelClasses(graph);
  t.deepEqual(classes.classesOf(fine), classes.classesOf(coarse));
  t.notDeepEqual(classes.classesOf(fine), classes.classesOf(apart));
  const made = towers.map((tower) => classes.classesOf(tower));
  t.deepEqual(made[1], made[0]);
  t.deepEqual(made[2], made[0]);
  t.false(made[0]!.includes(0));
  // Nothing is lost by writing zeros again.
  t.is(new Set([...made[0]!, ...made[3]!, ...made[4]!]).size, 12);
});

test('weights that something else reads pin both sides of the convolution', (t) => {
  const network = unevenNetwork((g, stem) => {
    const weights = g.weights(8, 8, 12, 12);
    const whole = g.node('Conv', [stem, weights]);
    return g.node('Mul', [
      stem,
      g.node('Add', [whole, g.node('ReduceMean', [weights], { attributes: { axes: [0], keepdims: 1 } })]),
    ]);
  });
  const classes = channelClasses(network.graph);
  const conv = network.graph.nodes.filter(({ opType }) => opType === 'Conv')[1]!;
  t.true(
    [...classes.classesOf(conv.inputs[0]!), ...classes.classesOf(conv.outputs[0]!)].every((i) => i === 0),
  );
});
