import type { Graph, ValueInfo } from '../../runtime/graph/graph.js';
import { float32Tensor } from '../../runtime/graph/tensor.js';
import { createRandom, type Random } from '../random.js';
import { type ConvGeometry, positionCount, rowSize } from './convGeometry.js';
import { type ConvInput, convRows } from './convRows.js';
import type { SampledRows } from './gram.js';
import { rowPieces } from './rowPieces.js';
import { runAll, type Workbench, withSession } from './workbench.js';

/** Rows of one layer over all images: enough for 464 inputs, more bring nothing (detptq.md 5.3). */
const defaultRows = 8192;

/** Elements of either network's rows at most, 64 MB. */
const mostElements = 2 ** 24;

/** Sampled inputs of one layer. */
export interface LayerRows extends SampledRows {
  /** Rows. */
  readonly count: number;
}

export interface SampleOptions {
  /** Number of images that will be added. */
  readonly images: number;
  /** Chooses the positions. */
  readonly seed: number;
  /** Default 8192. */
  readonly rows?: number;
  /** Limit of `rows * size`; the rows become fewer for it. Default 2^24. */
  readonly maxElements?: number;
}

/**
 * Rows of the inputs of all convolutions of one layer, at positions drawn once and the same in both networks. A weight
 * tensor shared by several convolutions pools them, each image's rows divided in proportion to their output sizes.
 * Whole activations are looked at when they are added and never kept; the order of adding does not matter.
 */
export class LayerSamples {
  readonly #geometries: readonly ConvGeometry[];
  /** Positions `[image][conv]`, and the row where they begin. */
  readonly #drawn: readonly (readonly { readonly positions: Int32Array; readonly start: number }[])[];
  readonly #rows: LayerRows;

  /** @param geometries of the layer's convolutions, whose weights are the same */
  constructor(geometries: readonly ConvGeometry[], options: SampleOptions) {
    const { images, seed, rows = defaultRows, maxElements = mostElements } = options;
    const size = rowSize(geometries[0]!);
    const perImage = Math.max(1, Math.floor(Math.min(rows, maxElements / size) / images));
    const random = createRandom(seed);
    let count = 0;
    this.#geometries = geometries;
    this.#drawn = Array.from({ length: images }, () =>
      shareOut(perImage, geometries.map(positionCount)).map((wanted, conv) => {
        const positions = samplePositions(wanted, positionCount(geometries[conv]!), random);
        const start = count;
        count += positions.length;
        return { positions, start };
      }),
    );
    const [quantized, float] = [new Float32Array(count * size), new Float32Array(count * size)];
    this.#rows = { quantized, float, size, count };
  }

  /** Takes the rows that are due from one convolution's input (by its place among `geometries`) on one image. */
  add(
    network: 'float' | 'quantized',
    { image, conv, input }: { image: number; conv: number; input: ConvInput },
  ): void {
    const { positions, start } = this.#drawn[image]![conv]!;
    const { size } = this.#rows;
    const rows = this.#rows[network].subarray(start * size, (start + positions.length) * size);
    convRows(input, this.#geometries[conv]!, { positions, rows });
  }

  /** The rows, not copied; complete once both networks' inputs were added for every image. */
  get rows(): LayerRows {
    return this.#rows;
  }
}

/** Returns whole numbers >= 1 in proportion to `weights` with a sum of about `total`. */
function shareOut(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => Math.max(1, Math.round((total * weight) / sum)));
}

/** Returns `count` different whole numbers in [0, available), ascending, each set as likely as any; all if fewer. */
export function samplePositions(count: number, available: number, random: Random): Int32Array {
  const positions = new Int32Array(Math.min(count, available));
  // Knuth, The Art of Computer Programming 2, 3.4.2, algorithm S.
  for (let taken = 0, position = 0; taken < positions.length; position++) {
    if (random.uniform() * (available - position) < positions.length - taken) positions[taken++] = position;
  }
  return positions;
}

/** Weights of the convolutions of one layer. */
export interface LayerWeights {
  /** `[channels, size]` */
  readonly weights: Float32Array;
  /** One per output channel. */
  readonly bias: Float32Array | undefined;
}

/**
 * Returns what a layer makes of sampled rows, float32 `[rows, channels]`. The engine multiplies.
 *
 * @param rows `[rows, size]`
 * @throws AgentError `aborted`
 */
export async function layerOutputs(
  workbench: Workbench,
  { rows, size }: { rows: Float32Array; size: number },
  { weights, bias }: LayerWeights,
): Promise<Float32Array> {
  const channels = weights.length / size;
  const offsets = bias ?? new Float32Array(channels);
  const outputs = new Float32Array((rows.length / size) * channels);
  const { numRows, pieces } = rowPieces(rows, size);
  const feeds = pieces.map((piece) => ({ rows: float32Tensor([numRows, size], piece) }));
  const macs = (outputs.length * size) / Math.max(feeds.length, 1);
  await withSession(workbench, productGraph(numRows, { weights, bias: offsets }), (session) =>
    runAll(workbench, { session, macs }, feeds, ({ outputs: made }, run) => {
      const start = run * numRows * channels;
      outputs.set((made!.data as Float32Array).subarray(0, outputs.length - start), start);
    }),
  );
  return outputs;
}

/** `outputs = rows * weights^T + bias`. */
function productGraph(
  numRows: number,
  { weights, bias }: { weights: Float32Array; bias: Float32Array },
): Graph {
  const channels = bias.length;
  const size = weights.length / channels;
  const matrix = (name: string, columns: number): ValueInfo => ({
    name,
    dtype: 'float32',
    dims: [numRows, columns],
  });
  return {
    name: 'outputs',
    irVersion: 8,
    opsets: new Map([['', 13]]),
    inputs: [matrix('rows', size)],
    outputs: [matrix('outputs', channels)],
    initializers: new Map([
      ['weights', float32Tensor([channels, size], weights)],
      ['bias', float32Tensor([channels], bias)],
    ]),
    nodes: [
      {
        name: 'outputs',
        opType: 'Gemm',
        domain: '',
        inputs: ['rows', 'weights', 'bias'],
        outputs: ['outputs'],
        attributes: new Map([['transB', { type: 'int', value: 1n }]]),
      },
    ],
    values: new Map(),
    metadata: new Map(),
  };
}
