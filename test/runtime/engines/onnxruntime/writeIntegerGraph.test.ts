import test from 'ava';
import type { ChosenForms } from '../../../../runtime/engines/loweringForms.js';
import {
  channelAlignments,
  kernelChoices,
  kernelForms,
} from '../../../../runtime/engines/onnxruntime/integer/kernelChoices.js';
import { writeIntegerGraph } from '../../../../runtime/engines/onnxruntime/integer/writeIntegerGraph.js';
import type { ValueInfo } from '../../../../runtime/graph/graph.js';
import { encodeOnnx } from '../../../../runtime/graph/onnxCodec.js';
import { float32Tensor } from '../../../../runtime/graph/tensor.js';
import { layoutChannels } from '../../../../runtime/lowering/layout/layoutChannels.js';
import { lowerQdq } from '../../../../runtime/lowering/lowerQdq.js';
import { runOnce } from '../../../helpers/graphRuns.js';
import { randomFeeds } from '../../../helpers/graphs.js';
import { integerOutputs, referenceOutputs, shareOfOtherCodes } from '../../../helpers/loweredRuns.js';
import { plainGrid, type qdqBuilder, qdqGraph } from '../../../helpers/qdqGraphs.js';

type Builder = ReturnType<typeof qdqBuilder>;

const unit = { scale: 0.00391, zeroPoint: 0 };
const wide = { scale: 0.0511, zeroPoint: 100 };

/** A step of the bias in int32 is 2e-5 to 5e-5 of a head's unit. */
const headStep = 1e-4;

const conv = (g: Builder, x: string) => g.convOnGrid(x, { weights: [6, 3, 3, 3], pad: 1 });
const leaky = (g: Builder, x: string) => g.node('LeakyRelu', [x], { attributes: { alpha: 0.1 } });

const bodies: Record<string, (g: Builder, x: string) => string> = {
  'a convolution': conv,
  'a convolution and its ReLU': (g, x) => g.onGrid(g.relu(g.codedConv(x, { weights: [6, 3, 3, 3] }))),
  'a strided 6x6 convolution of the image': (g, x) =>
    g.convOnGrid(x, { weights: [6, 3, 6, 6], stride: 2, pad: 2 }),
  'a strided 7x7 convolution of the image': (g, x) =>
    g.convOnGrid(x, { weights: [6, 3, 7, 7], stride: 2, pad: 3 }),
  'a depthwise convolution': (g, x) =>
    g.convOnGrid(conv(g, x), { weights: [6, 1, 3, 3], stride: 2, pad: 1, group: 6 }),
  'a convolution in groups': (g, x) => g.convOnGrid(conv(g, x), { weights: [4, 3, 3, 3], group: 2 }),
  'a 1x1 head': (g, x) => g.codedConv(conv(g, x), { weights: [5, 6, 1, 1] }),
  'a 3x3 head': (g, x) => g.codedConv(conv(g, x), { weights: [5, 6, 3, 3], pad: 1 }),
  'a strided 3x3 head': (g, x) => g.codedConv(conv(g, x), { weights: [5, 6, 3, 3], pad: 1, stride: 2 }),
  'a LeakyReLU, by a table': (g, x) => g.onGrid(leaky(g, conv(g, x)), unit),
  'a sigmoid': (g, x) => g.onGrid(g.node('Sigmoid', [conv(g, x)]), unit),
  'a SiLU': (g, x) => {
    const a = conv(g, x);
    return g.onGrid(g.node('Mul', [a, g.onGrid(g.node('Sigmoid', [a]), unit)]));
  },
  'a HardSigmoid': (g, x) => g.onGrid(g.node('HardSigmoid', [conv(g, x)]), unit),
  'a HardSwish': (g, x) => g.onGrid(g.node('HardSwish', [conv(g, x)]), plainGrid),
  'a HardSwish as a gate': (g, x) => {
    const a = conv(g, x);
    const gate = g.onGrid(g.node('HardSigmoid', [a], { attributes: { alpha: 1 / 6 } }), unit);
    return g.onGrid(g.node('Mul', [a, gate]), plainGrid);
  },
  'a Clip between grids': (g, x) =>
    g.onGrid(
      g.node('Clip', [
        g.onGrid(leaky(g, conv(g, x)), { scale: 0.0207, zeroPoint: 60 }),
        bound(g, -0.3),
        bound(g, 0.8),
      ]),
      wide,
    ),
  'a sum and its ReLU': (g, x) =>
    g.onGrid(g.relu(g.onGrid(g.node('Add', [conv(g, x), conv(g, x)]), wide)), unit),
  'a sum in a range of codes': (g, x) => {
    const sum = g.onGrid(g.node('Add', [conv(g, x), conv(g, x)]), wide);
    return g.onGrid(g.node('Clip', [sum, bound(g, -0.5), bound(g, 0.5)]), wide);
  },
  'a product': (g, x) => g.onGrid(g.node('Mul', [conv(g, x), conv(g, x)]), wide),
  'a maximum': (g, x) =>
    g.onGrid(
      g.node('MaxPool', [conv(g, x)], {
        attributes: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
      }),
    ),
  'an average': (g, x) =>
    g.onGrid(g.node('AveragePool', [conv(g, x)], { attributes: { kernel_shape: [2, 2], strides: [2, 2] } })),
  'an average of everything': (g, x) => g.onGrid(g.node('GlobalAveragePool', [conv(g, x)])),
  'a repetition of pixels': (g, x) =>
    g.onGrid(
      resized(g, conv(g, x), {
        mode: 'nearest',
        coordinate_transformation_mode: 'asymmetric',
        nearest_mode: 'floor',
      }),
    ),
  'a concatenation and a slice of it': (g, x) => {
    const joined = g.onGrid(g.node('Concat', [conv(g, x), conv(g, x)], { attributes: { axis: 1 } }));
    const part = g.onGrid(g.node('Slice', [joined, g.ints(4), g.ints(9), g.ints(1)]));
    return g.convOnGrid(part, { weights: [5, 1, 3, 3], group: 5 });
  },
  'a requantized member of a concatenation': (g, x) =>
    g.onGrid(
      g.node('Concat', [conv(g, x), g.onGrid(leaky(g, conv(g, x)), wide)], { attributes: { axis: 1 } }),
    ),
  'a tail': (g, x) => g.node('Tanh', [conv(g, x)]),
};

function bound(g: Builder, value: number): string {
  return g.constant(float32Tensor([], Float32Array.of(value)));
}

function resized(g: Builder, x: string, attributes: Record<string, string>): string {
  return g.node('Resize', [x, '', g.constant(float32Tensor([4], Float32Array.of(1, 1, 2, 2)))], {
    attributes,
  });
}

/** What is chosen for this processor, and each other form on its own. */
const forms: ChosenForms[] = [
  {},
  ...Object.entries(kernelForms()).flatMap(([choice, all]) => all.map((form) => ({ [choice]: form }))),
];

for (const [title, body] of Object.entries(bodies)) {
  test(`${title}: onnxruntime's integer operators compute what the integer graph says, in every form`, async (t) => {
    const graph = qdqGraph(body, { dims: [1, 3, 16, 16], opset: 14 });
    const result = lowerQdq(graph);
    if (result.graph === undefined) throw new Error(result.reason);
    const feeds = randomFeeds(graph);
    const written = new Set<string>();
    for (const chosen of forms) {
      const choices = kernelChoices(result.graph, chosen);
      const integers = layoutChannels(result.graph, channelAlignments[choices.channels]);
      const file = Buffer.from(encodeOnnx(writeIntegerGraph(integers, choices))).toString('latin1');
      if (written.has(file)) continue;
      written.add(file);
      const got = await integerOutputs(integers, feeds, choices);
      const wanted = referenceOutputs(integers, feeds);
      // Between float32 values a sigmoid is not rounded.
      const others = chosen.silu === 'float' ? 0.1 : 0.001;
      for (const { tensor, floatName } of integers.outputs) {
        if (got[floatName] === undefined) continue;
        const scale = integers.tensors.get(tensor)!.grid?.scale ?? headStep;
        const share = shareOfOtherCodes(wanted[floatName]!, got[floatName]!, scale);
        t.true(share <= others, `${floatName} ${JSON.stringify(chosen)} ${share}`);
      }
      for (const { name } of graph.outputs) t.true(got[name] !== undefined);
    }
  });
}

test('an interpolation of pixels is rounded as the graph rounds it', async (t) => {
  const attributes = { mode: 'linear', coordinate_transformation_mode: 'half_pixel' };
  const graph = qdqGraph((g, x) => g.onGrid(resized(g, conv(g, x), attributes)), {
    dims: [1, 3, 16, 16],
    opset: 14,
  });
  const result = lowerQdq(graph);
  if (result.graph === undefined) throw new Error(result.reason);
  const feeds = randomFeeds(graph);
  const [{ name }] = graph.outputs as [ValueInfo];
  const [wanted, got] = [await runOnce(graph, feeds), await integerOutputs(result.graph, feeds)];
  // Cut values would be half of them.
  t.true(shareOfOtherCodes(wanted[name]!, got[name]!, plainGrid.scale) <= 0.001);
});
