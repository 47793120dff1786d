import test from 'ava';
import { imageCodes } from '../../../runtime/engines/imageCodes.js';
import { inputCodes } from '../../../runtime/engines/inputCodes.js';
import { onnxruntimeEngine } from '../../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import type { Graph } from '../../../runtime/graph/graph.js';
import { float32Tensor } from '../../../runtime/graph/tensor.js';
import { lowerQdq } from '../../../runtime/lowering/lowerQdq.js';
import { qdqBuilder } from '../../helpers/qdqGraphs.js';

/** What min-max of (byte - 127.5) / 63.75, -2 to 2, gives: all bytes lie in the middle between two codes. */
const grid = { scale: Math.fround(4 / 255), zeroPoint: 128 };
const bytes = Float32Array.from({ length: 256 }, (_, byte) => byte);

const cases = {
  'normalised in front of the graph': {
    image: bytes.map((byte) => (byte - 127.5) / 63.75),
    steps: [],
  },
  'normalised in the graph': {
    image: bytes,
    steps: [
      ['Sub', [127.5, 127.4, 127]],
      ['Div', [63.75, 63.7, 64]],
    ],
  },
  'normalised in the graph by a factor': {
    image: bytes,
    steps: [
      ['Mul', [1 / 63.75, 0.0157, 1 / 64]],
      ['Add', [-2, -1.9, -2.1]],
    ],
  },
} as const;

for (const [name, { image, steps }] of Object.entries(cases)) {
  test(`codes of an image are the quantizer's, ties too: ${name}`, async (t) => {
    const dims = [1, 3, 16, 16];
    const pixels = float32Tensor(dims, Float32Array.from([...image, ...image, ...image]));
    const expected = (await outputsOf(quantizedImage(steps, false), pixels)).map((x) => x / grid.scale + 128);
    const integers = lowerQdq(quantizedImage(steps, true)).graph!;
    const codes = imageCodes(pixels, inputCodes(integers).x!);
    const [, , , depth] = codes.dims as [number, number, number, number];
    const got = Array.from({ length: 3 * 256 }, (_, at) =>
      Number(codes.data[(at % 256) * depth + Math.floor(at / 256)]),
    );
    t.deepEqual(
      got,
      expected.map((x) => Math.round(x)),
    );
  });
}

type Steps = readonly (readonly [string, readonly [number, number, number]])[];

/** The image on its grid, and what a convolution makes of it if there is one. */
function quantizedImage(steps: Steps, isConvolved: boolean): Graph {
  const g = qdqBuilder();
  let x = g.input('x', [1, 3, 16, 16]);
  for (const [op, values] of steps) {
    x = g.node(op, [x, g.constant(float32Tensor([3, 1, 1], Float32Array.from(values)))]);
  }
  const coded = g.onGrid(x, grid);
  return g.build([isConvolved ? g.convOnGrid(coded, { weights: [4, 3, 3, 3] }) : coded]);
}

async function outputsOf(graph: Graph, x: ReturnType<typeof float32Tensor>): Promise<number[]> {
  const session = await onnxruntimeEngine.load(graph);
  try {
    const [made] = Object.values(await session.run({ x }));
    return [...(made!.data as Float32Array)];
  } finally {
    await session.dispose();
  }
}
