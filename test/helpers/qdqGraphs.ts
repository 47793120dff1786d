import type { Graph } from '../../runtime/graph/graph.js';
import { elementCount, float32Tensor } from '../../runtime/graph/tensor.js';
import { graphBuilder } from './graphs.js';
import { randomFloats } from './random.js';

export interface ConvolutionSpec {
  /** [filters, channels per group, height, width] */
  readonly weights: readonly [number, number, number, number];
  readonly stride?: number;
  readonly pad?: number;
  readonly group?: number;
}

/** `scale`, `zeroPoint`, and uint8 unless `signed`. */
export interface GridSpec {
  readonly scale: number;
  readonly zeroPoint: number;
  readonly signed?: boolean;
}

/** No power of two: values then lie in the middle between two codes by chance alone, where rounding is anybody's choice. */
export const plainGrid: GridSpec = { scale: 0.0313, zeroPoint: 120 };

/**
 * As `graphBuilder`, with quantizers: small QDQ graphs. Weights have codes up to 63, so that no kernel saturates the sum of
 * two products in 16 bits, as those of processors without VNNI do.
 */
export function qdqBuilder(options: { seed?: number; opset?: number } = {}) {
  const g = graphBuilder(options);
  let seed = options.seed ?? 1;

  const gridInputs = ({ scale, zeroPoint, signed = false }: GridSpec) => [
    g.constant(float32Tensor([], Float32Array.of(scale))),
    g.constant(
      signed
        ? { dtype: 'int8', dims: [], data: Int8Array.of(zeroPoint) }
        : { dtype: 'uint8', dims: [], data: Uint8Array.of(zeroPoint) },
    ),
  ];

  const builder = {
    ...g,
    /** The tensor on a grid: QuantizeLinear, DequantizeLinear. */
    onGrid(input: string, grid: GridSpec = plainGrid): string {
      const inputs = gridInputs(grid);
      return g.node('DequantizeLinear', [g.node('QuantizeLinear', [input, ...inputs]), ...inputs]);
    },
    /** Random int8 codes, dequantized per channel. */
    codedWeights(dims: readonly number[]): string {
      const codes = Int8Array.from(randomFloats(elementCount(dims), ++seed), (value) =>
        Math.round(value * 63),
      );
      const scales = randomFloats(dims[0]!, ++seed).map((value) => 0.002 + 0.001 * value);
      return g.node(
        'DequantizeLinear',
        [
          g.constant({ dtype: 'int8', dims, data: codes }),
          g.constant(float32Tensor([dims[0]!], scales)),
          g.constant({ dtype: 'int8', dims: [dims[0]!], data: new Int8Array(dims[0]!) }),
        ],
        { attributes: { axis: 0 } },
      );
    },
    /** A convolution of coded weights, its output on no grid. */
    codedConv(input: string, { weights, stride = 1, pad = 0, group = 1 }: ConvolutionSpec): string {
      const bias = g.constant(float32Tensor([weights[0]], randomFloats(weights[0], ++seed)));
      const attributes = { strides: [stride, stride], pads: [pad, pad, pad, pad], group };
      return g.node('Conv', [input, builder.codedWeights(weights), bias], { attributes });
    },
    /** The same, on a grid. */
    convOnGrid(input: string, spec: ConvolutionSpec, grid?: GridSpec): string {
      return builder.onGrid(builder.codedConv(input, spec), grid);
    },
  };
  return builder;
}

/** A graph whose image `x` `[1, 3, 8, 8]` is on a grid, and then what `body` makes of it. */
export function qdqGraph(
  body: (g: ReturnType<typeof qdqBuilder>, image: string) => string | readonly string[],
  { dims = [1, 3, 8, 8], ...options }: { dims?: readonly number[]; seed?: number; opset?: number } = {},
): Graph {
  const g = qdqBuilder(options);
  const image = g.onGrid(g.input('x', dims), { scale: 0.0163, zeroPoint: 128 });
  const outputs = body(g, image);
  return g.build(typeof outputs === 'string' ? [outputs] : outputs);
}
