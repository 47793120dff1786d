import test, { type ExecutionContext } from 'ava';
import type { Graph } from '../../../runtime/graph/graph.js';
import { extractSubgraph } from '../../../runtime/graph/passes/extractSubgraph.js';
import { inferShapes } from '../../../runtime/graph/passes/inferShapes.js';
import { float32Tensor } from '../../../runtime/graph/tensor.js';
import type { Convolution, IntegerGraph, Operation } from '../../../runtime/lowering/integerGraph.js';
import { quantizeBeforeMoving } from '../../../runtime/lowering/qdq/quantizeBeforeMoving.js';
import { translateQdq } from '../../../runtime/lowering/qdq/translateQdq.js';
import { runOnce } from '../../helpers/graphRuns.js';
import { randomFeeds } from '../../helpers/graphs.js';
import { referenceOutputs, shareOfOtherCodes } from '../../helpers/loweredRuns.js';
import { plainGrid, qdqBuilder, qdqGraph } from '../../helpers/qdqGraphs.js';

/** A bias in float32 becomes whole steps of 2e-5 to 5e-5. */
const headStep = 1e-4;

function lowered(graph: Graph): IntegerGraph {
  const result = translateQdq(graph);
  if (result.graph === undefined) throw new Error(result.reason);
  return result.graph;
}

const kinds = (graph: IntegerGraph): Operation['kind'][] => graph.operations.map(({ kind }) => kind);

/** Each computes on codes what its quantizers, one by one, compute in float. */
const cases: Record<string, { graph: Graph; kinds: Operation['kind'][] }> = {
  'a convolution with stride, padding and a bias': {
    graph: qdqGraph((g, x) => g.convOnGrid(x, { weights: [5, 3, 3, 3], stride: 2, pad: 1 })),
    kinds: ['convolution'],
  },
  'a ReLU behind a convolution, as a range of codes': {
    graph: qdqGraph((g, x) => g.onGrid(g.relu(g.codedConv(x, { weights: [4, 3, 3, 3] })), plainGrid)),
    kinds: ['convolution'],
  },
  'a depthwise convolution': {
    graph: qdqGraph((g, x) => g.convOnGrid(x, { weights: [3, 1, 3, 3], pad: 1, group: 3 })),
    kinds: ['convolution'],
  },
  'a convolution that nobody quantizes': {
    graph: qdqGraph((g, x) => g.codedConv(x, { weights: [4, 3, 3, 3], pad: 1 })),
    kinds: ['convolution'],
  },
  'a sum of two tensors on grids of their own': {
    graph: qdqGraph((g, x) => {
      const a = g.convOnGrid(x, { weights: [4, 3, 1, 1] });
      const b = g.convOnGrid(x, { weights: [4, 3, 1, 1] }, { scale: 0.0207, zeroPoint: 90 });
      return g.onGrid(g.node('Add', [a, b]), { scale: 0.0511, zeroPoint: 100 });
    }),
    kinds: ['convolution', 'convolution', 'sum'],
  },
  'a tensor and its sigmoid multiplied': {
    graph: qdqGraph((g, x) => {
      const a = g.convOnGrid(x, { weights: [4, 3, 1, 1] });
      const gate = g.onGrid(g.node('Sigmoid', [a]), { scale: 0.00391, zeroPoint: 0 });
      return g.onGrid(g.node('Mul', [a, gate]), plainGrid);
    }),
    kinds: ['convolution', 'activation', 'product'],
  },
  'a factor per channel, as a depthwise convolution': {
    graph: qdqGraph((g, x) => {
      const factors = g.constant(float32Tensor([1, 3, 1, 1], Float32Array.of(0.5, -1.5, 0)));
      return g.convOnGrid(g.onGrid(g.node('Mul', [x, factors]), plainGrid), { weights: [4, 3, 1, 1] });
    }),
    kinds: ['convolution', 'convolution'],
  },
  'activations on grids of their own': {
    graph: qdqGraph((g, x) => {
      const a = g.convOnGrid(x, { weights: [4, 3, 1, 1] });
      const b = g.onGrid(g.node('LeakyRelu', [a], { attributes: { alpha: 0.1 } }), {
        scale: 0.0167,
        zeroPoint: 30,
      });
      const c = g.onGrid(g.node('HardSigmoid', [b]), { scale: 0.00391, zeroPoint: 0 });
      return g.onGrid(g.node('Relu', [c]), { scale: 0.0051, zeroPoint: 3 });
    }),
    kinds: ['convolution', 'activation', 'activation', 'activation'],
  },
  'pooling and enlargement': {
    graph: qdqGraph((g, x) => {
      const pooled = g.onGrid(
        g.node('MaxPool', [g.convOnGrid(x, { weights: [4, 3, 1, 1] })], {
          attributes: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
        }),
      );
      const scales = g.constant(float32Tensor([4], Float32Array.of(1, 1, 2, 2)));
      const attributes = { mode: 'linear', coordinate_transformation_mode: 'half_pixel' };
      const resized = g.onGrid(g.node('Resize', [pooled, '', scales], { attributes }));
      return g.onGrid(g.node('GlobalAveragePool', [resized]), { scale: 0.0113, zeroPoint: 128 });
    }),
    kinds: ['convolution', 'maxPool', 'resize', 'averagePool'],
  },
  'a concatenation on one grid, read whole': {
    graph: qdqGraph((g, x) => {
      const a = g.convOnGrid(x, { weights: [4, 3, 1, 1] });
      const b = g.convOnGrid(x, { weights: [2, 3, 1, 1] });
      const joined = g.onGrid(g.node('Concat', [a, b], { attributes: { axis: 1 } }));
      return g.convOnGrid(joined, { weights: [3, 6, 1, 1] });
    }),
    kinds: ['convolution', 'convolution', 'gatherChannels', 'convolution'],
  },
  'a concatenation of grids, each requantized': {
    graph: qdqGraph((g, x) => {
      const a = g.convOnGrid(x, { weights: [4, 3, 1, 1] });
      const b = g.convOnGrid(x, { weights: [2, 3, 1, 1] }, { scale: 0.0207, zeroPoint: 90 });
      return g.onGrid(g.node('Concat', [a, b], { attributes: { axis: 1 } }));
    }),
    kinds: ['convolution', 'convolution', 'requantization', 'gatherChannels'],
  },
  'a channel shuffle and a slice, as one gathering': {
    graph: qdqGraph((g, x) => {
      const a = g.convOnGrid(x, { weights: [6, 3, 1, 1] });
      const apart = g.onGrid(g.node('Reshape', [a, g.ints(1, 2, 3, 8, 8)]));
      const turned = g.onGrid(g.node('Transpose', [apart], { attributes: { perm: [0, 2, 1, 3, 4] } }));
      const joined = g.onGrid(g.node('Reshape', [turned, g.ints(1, 6, 8, 8)]));
      const half = g.onGrid(g.node('Slice', [joined, g.ints(3), g.ints(6), g.ints(1)]));
      return g.convOnGrid(half, { weights: [2, 3, 3, 3] });
    }),
    kinds: ['convolution', 'gatherChannels', 'convolution'],
  },
  'a Focus, as a convolution of stride 2': {
    graph: qdqGraph((g, x) => {
      const part = (row: number, column: number) =>
        g.node('Slice', [x, g.ints(row, column), g.ints(8, 8), g.ints(2, 3), g.ints(2, 2)]);
      return convOfParts(g, part);
    }),
    kinds: ['convolution'],
  },
  'a Focus as torch exports it, rows and columns sliced one after the other': {
    graph: qdqGraph((g, x) => {
      const every = (from: string, [axis, start]: readonly [number, number]) =>
        g.node('Slice', [from, g.ints(start), g.ints(2 ** 31), g.ints(axis), g.ints(2)]);
      const part = (row: number, column: number) => every(every(x, [2, row]), [3, column]);
      return convOfParts(g, part);
    }),
    kinds: ['convolution'],
  },
  'every second column of an image': {
    graph: qdqGraph((g, x) => {
      const columns = g.node('Slice', [x, g.ints(1), g.ints(8), g.ints(3), g.ints(2)]);
      return g.convOnGrid(g.onGrid(columns, { scale: 0.0163, zeroPoint: 128 }), {
        weights: [4, 3, 3, 3],
        pad: 1,
      });
    }),
    kinds: ['convolution'],
  },
  'a Focus written as a SpaceToDepth, its channels in another order': {
    graph: qdqGraph((g, x) => {
      const moved = g.onGrid(focused(g, x), { scale: 0.0163, zeroPoint: 128 });
      return g.convOnGrid(moved, { weights: [4, 12, 3, 3], pad: 1 });
    }),
    kinds: ['convolution'],
  },
  'an image that is quantized behind its Focus': {
    graph: floatFocus(),
    kinds: ['convolution'],
  },
};

/** @param part takes every second pixel, from a row and a column on */
function convOfParts(
  g: ReturnType<typeof qdqBuilder>,
  part: (row: number, column: number) => string,
): string {
  const parts = [part(0, 0), part(1, 0), part(0, 1), part(1, 1)];
  const joined = g.node('Concat', parts, { attributes: { axis: 1 } });
  const image = g.onGrid(joined, { scale: 0.0163, zeroPoint: 128 });
  return g.convOnGrid(image, { weights: [4, 12, 3, 3], pad: 1 });
}

/** What onnxruntime's preprocessing makes of YOLOX's Focus: its slices take pixels column by column. */
function focused(g: ReturnType<typeof qdqBuilder>, x: string): string {
  const blocks = g.node('SpaceToDepth', [x], { attributes: { blocksize: 2 } });
  const order = g.ints(0, 1, 2, 6, 7, 8, 3, 4, 5, -3, -2, -1);
  return g.node('Gather', [blocks, order], { attributes: { axis: 1 } });
}

/** @param extra makes another output of the moved, float image */
function floatFocus(extra?: (g: ReturnType<typeof qdqBuilder>, moved: string) => string): Graph {
  const g = qdqBuilder();
  const moved = focused(g, g.input('x', [1, 3, 8, 8]));
  const image = g.onGrid(moved, { scale: 0.0163, zeroPoint: 128 });
  const outputs = [g.convOnGrid(image, { weights: [4, 12, 3, 3], pad: 1 })];
  return g.build(extra ? [...outputs, extra(g, moved)] : outputs);
}

/** But for a code in a thousand elements, whose value lies in the middle between two but for float rounding. */
async function sameCodes(t: ExecutionContext, graph: Graph, integers: IntegerGraph): Promise<void> {
  const feeds = randomFeeds(graph);
  const [wanted, got] = [await runOnce(graph, feeds), referenceOutputs(integers, feeds)];
  for (const { tensor, floatName } of integers.outputs) {
    const scale = integers.tensors.get(tensor)!.grid?.scale ?? headStep;
    t.true(shareOfOtherCodes(wanted[floatName]!, got[floatName]!, scale) <= 0.001, floatName);
  }
}

for (const [title, { graph, kinds: expected }] of Object.entries(cases)) {
  test(`lowers ${title}, to the same values`, async (t) => {
    const integers = lowered(graph);
    t.deepEqual(kinds(integers), expected);
    t.is(integers.tail.nodes.length, 0);
    await sameCodes(t, graph, integers);
  });
}

test('takes a normalisation in the graph into the image', async (t) => {
  const g = qdqBuilder();
  const x = g.input('x', [1, 3, 8, 8]);
  const factors = g.constant(float32Tensor([1, 3, 1, 1], Float32Array.of(0.5, 0.25, 2)));
  const shifts = g.constant(float32Tensor([3, 1, 1], Float32Array.of(0.1, 0.2, -0.3)));
  const normal = g.onGrid(g.node('Add', [g.node('Mul', [x, factors]), shifts]));
  const graph = g.build([g.convOnGrid(normal, { weights: [4, 3, 3, 3] })]);
  const integers = lowered(graph);
  t.deepEqual(kinds(integers), ['convolution']);
  await sameCodes(t, graph, integers);
});

test('lowers int8 activations as uint8 ones', async (t) => {
  const signed = { scale: 0.0313, zeroPoint: -8, signed: true };
  const graph = qdqGraph((g, x) =>
    g.convOnGrid(g.convOnGrid(x, { weights: [4, 3, 1, 1] }, signed), { weights: [2, 4, 1, 1] }, signed),
  );
  const integers = lowered(graph);
  const tensor = integers.tensors.get(integers.operations[0]!.output)!;
  t.deepEqual(tensor.grid, { scale: Math.fround(0.0313), zeroPoint: 120 });
  await sameCodes(t, graph, integers);
});

test('what it does not know is a part in float, with all back to values in codes', (t) => {
  const graph = qdqGraph((g, x) => {
    const [a, b] = [g.convOnGrid(x, { weights: [4, 3, 1, 1] }), g.convOnGrid(x, { weights: [4, 3, 1, 1] })];
    const flat = g.node('Reshape', [a, g.ints(1, 4, 64)]);
    const turned = g.node('Transpose', [flat], { attributes: { perm: [0, 2, 1] } });
    const likeness = g.node('MatMul', [g.node('Reshape', [b, g.ints(1, 4, 64)]), turned]);
    const mixed = g.node('MatMul', [likeness, flat]);
    const strange = g.onGrid(g.node('Reshape', [mixed, g.ints(1, 4, 8, 8)]));
    return g.convOnGrid(strange, { weights: [2, 4, 1, 1] });
  });
  const result = translateQdq(graph);
  if (result.graph === undefined) throw new Error(result.reason);
  t.deepEqual(kinds(result.graph), ['convolution', 'convolution', 'floatPart', 'convolution']);
  t.deepEqual(result.convolutions, { lowered: 3, total: 3 });
  t.is(result.stoppedAt, undefined);
  const [, , part] = result.graph.operations;
  t.deepEqual(part?.kind === 'floatPart' && [...part.inputs].sort(), [
    result.graph.operations[0]!.output,
    result.graph.operations[1]!.output,
  ]);
});

test('a part in float does not round again what was only moved since it came in', async (t) => {
  const graph = qdqGraph((g, x) => {
    const made = g.convOnGrid(x, { weights: [4, 3, 1, 1] });
    const flat = g.onGrid(g.node('Reshape', [made, g.ints(1, 4, 64)]));
    const turned = g.onGrid(g.node('Transpose', [flat], { attributes: { perm: [0, 2, 1] } }));
    const rounded = g.onGrid(g.node('MatMul', [flat, turned]), { scale: 0.4, zeroPoint: 100 });
    const mixed = g.node('MatMul', [rounded, flat]);
    const strange = g.onGrid(g.node('Reshape', [mixed, g.ints(1, 4, 8, 8)]), { scale: 1.1, zeroPoint: 128 });
    return g.convOnGrid(strange, { weights: [2, 4, 1, 1] });
  });
  const integers = lowered(graph);
  t.deepEqual(kinds(integers), ['convolution', 'floatPart', 'convolution']);
  const part = integers.operations[1];
  if (part?.kind !== 'floatPart') return t.fail();
  t.deepEqual(
    part.graph.nodes.map(({ opType }) => opType).filter((opType) => opType.endsWith('Linear')),
    ['QuantizeLinear', 'DequantizeLinear'],
  );
  const ports = [part.graph.inputs, part.graph.outputs].map((values) => values.map(({ name }) => name));
  const original = extractSubgraph(inferShapes(graph), { from: ports[0]!, to: ports[1]! });
  const { scale, zeroPoint } = integers.tensors.get(part.inputs[0]!)!.grid!;
  const codes = Float32Array.from({ length: 256 }, (_, code) => scale * (code - zeroPoint));
  const feeds = { [ports[0]![0]!]: float32Tensor([1, 4, 8, 8], codes) };
  t.deepEqual(await runOnce(part.graph, feeds), await runOnce(original, feeds));
});

test('a convolution in a part in float does not count as lowered', (t) => {
  const graph = qdqGraph((g, x) => {
    const first = g.convOnGrid(x, { weights: [4, 3, 1, 1] });
    const inFloat = g.onGrid(g.conv(g.node('Tanh', [first]), { weights: [4, 4, 1, 1] }));
    return g.convOnGrid(inFloat, { weights: [2, 4, 1, 1] });
  });
  const result = translateQdq(graph);
  if (result.graph === undefined) throw new Error(result.reason);
  t.deepEqual(kinds(result.graph), ['convolution', 'floatPart', 'convolution']);
  t.deepEqual(result.convolutions, { lowered: 2, total: 3 });
});

test('leaves what it does not know to the tail where no convolution is behind it', (t) => {
  const graph = qdqGraph((g, x) => {
    const first = g.convOnGrid(x, { weights: [4, 3, 1, 1] });
    return g.relu(g.onGrid(g.node('Tanh', [first])));
  });
  const result = translateQdq(graph);
  t.true(result.graph !== undefined);
  if (result.graph === undefined) return;
  t.deepEqual(kinds(result.graph), ['convolution']);
  t.deepEqual(result.convolutions, { lowered: 1, total: 1 });
  t.regex(result.stoppedAt ?? '', /^Tanh/);
  t.deepEqual(result.graph.tail.outputs, graph.outputs);
  t.deepEqual(
    result.graph.tail.inputs.map(({ name }) => name),
    result.graph.outputs.map(({ floatName }) => floatName),
  );
});

test('names the convolution itself where its weights are what keeps it from being lowered', (t) => {
  const graph = qdqGraph((g, x) => {
    const scale = g.constant(float32Tensor([], Float32Array.of(0.01)));
    const zeroPoint = g.constant({ dtype: 'uint8', dims: [], data: Uint8Array.of(100) });
    const codes = g.constant({ dtype: 'uint8', dims: [4, 4, 1, 1], data: new Uint8Array(16).fill(255) });
    const first = g.convOnGrid(x, { weights: [4, 3, 1, 1] });
    return g.onGrid(g.node('Conv', [first, g.node('DequantizeLinear', [codes, scale, zeroPoint])]));
  });
  const result = translateQdq(graph);
  if (result.graph === undefined) throw new Error(result.reason);
  t.regex(result.stoppedAt ?? '', /^Conv/);
});

test('takes the zero points off asymmetric weights, and leaves those as they are that then do not fit int8', (t) => {
  const graphOf = (code: number) =>
    qdqGraph((g, x) => {
      const scale = g.constant(float32Tensor([], Float32Array.of(0.01)));
      const zeroPoint = g.constant({ dtype: 'uint8', dims: [], data: Uint8Array.of(100) });
      const data = new Uint8Array(12).fill(code);
      const codes = g.constant({ dtype: 'uint8', dims: [4, 3, 1, 1], data });
      return g.onGrid(g.node('Conv', [x, g.node('DequantizeLinear', [codes, scale, zeroPoint])]));
    });
  const [convolution] = translateQdq(graphOf(7)).graph!.operations;
  t.deepEqual([...(convolution as Convolution).weights], new Array(12).fill(-93));
  const result = translateQdq(graphOf(255));
  if (result.graph !== undefined) return t.fail('was lowered');
  t.regex(result.reason, /^the weights of Conv .* are no constants that fit int8 less their zero points$/);
});

test('takes the zero points of channels off 4-bit weights', (t) => {
  const graph = qdqGraph((g, x) => {
    const scale = g.constant(float32Tensor([2], Float32Array.of(0.01, 0.02)));
    const zeroPoint = g.constant({ dtype: 'int4', dims: [2], data: Int8Array.of(-8, 7) });
    const codes = g.constant({ dtype: 'int4', dims: [2, 3, 1, 1], data: Int8Array.of(-8, 0, 7, -8, 0, 7) });
    const attributes = { axis: 0 };
    return g.onGrid(
      g.node('Conv', [x, g.node('DequantizeLinear', [codes, scale, zeroPoint], { attributes })]),
    );
  });
  const [convolution] = translateQdq(graph).graph!.operations;
  t.deepEqual([...(convolution as Convolution).weights], [0, 8, 15, -15, -7, 0]);
});

test('refuses, with the reason, a batch whose size is open and an image that is also read in float', (t) => {
  const g = qdqBuilder();
  const image = g.onGrid(g.input('x', ['batch', 3, 8, 8]));
  const open = g.buildRaw([
    { name: g.convOnGrid(image, { weights: [4, 3, 1, 1] }), dtype: 'float32', dims: [] },
  ]);
  t.like(translateQdq(open), {
    graph: undefined,
    reason: 'expected input "x" to have fixed dimensions, got [batch, 3, 8, 8]',
  });
  const both = qdqGraph((h, x) => [h.convOnGrid(x, { weights: [4, 3, 1, 1] }), h.node('Tanh', ['x'])]);
  const result = translateQdq(both);
  t.is(result.graph, undefined);
  if (result.graph === undefined) t.regex(result.reason, /its input "x" is read in float by Tanh/);
});

test('refuses several images at once, with the reason', (t) => {
  const g = qdqBuilder();
  const made = g.convOnGrid(g.onGrid(g.input('x', [2, 3, 8, 8])), { weights: [4, 3, 1, 1] });
  const result = translateQdq(g.buildRaw([{ name: made, dtype: 'float32', dims: [2, 4, 8, 8] }]));
  if (result.graph !== undefined) return t.fail('was lowered');
  t.regex(result.reason, /^it takes 2 images at once \(Conv .*\), expected 1$/);
});

test('a moved image that is also read in float keeps its quantizer behind the move', (t) => {
  const graph = floatFocus((g, moved) => g.node('Tanh', [moved]));
  t.is(quantizeBeforeMoving(graph), graph);
  const result = translateQdq(graph);
  if (result.graph !== undefined) return t.fail('was lowered');
  t.regex(result.reason, /^what Conv .* reads is not on one grid of 8 bits from the image on$/);
});

test('a channel whose bias is too large for its scale keeps its value', async (t) => {
  const g = qdqBuilder();
  const image = g.onGrid(g.input('x', [1, 1, 4, 4]), { scale: 0.0163, zeroPoint: 128 });
  const weights = g.node(
    'DequantizeLinear',
    [
      g.constant({ dtype: 'int8', dims: [2, 1, 1, 1], data: Int8Array.of(50, 40) }),
      g.constant(float32Tensor([2], Float32Array.of(1e-12, 0.01))),
    ],
    { attributes: { axis: 0 } },
  );
  const bias = g.constant(float32Tensor([2], Float32Array.of(1.5, 0.25)));
  const graph = g.build([g.onGrid(g.node('Conv', [image, weights, bias]))]);
  await sameCodes(t, graph, lowered(graph));
});
