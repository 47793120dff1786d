import type { Graph, Node, ValueInfo } from '../../runtime/graph/graph.js';
import { float32Tensor } from '../../runtime/graph/tensor.js';
import { rowPieces } from './rowPieces.js';
import { runAll, type Workbench, withSession } from './workbench.js';

/** Sampled inputs of one layer, a row per output position: float32 `[rows, size]`. */
export interface SampledRows {
  /** On the quantized network. */
  readonly quantized: Float32Array;
  /** The same positions on the float network. */
  readonly float: Float32Array;
  /** Elements a row. */
  readonly size: number;
}

export interface GramMatrices {
  /** Xq^T Xq, `[size, size]`. */
  readonly gram: Float64Array;
  /** Xq^T Xf, `[size, size]`. */
  readonly cross: Float64Array;
}

/**
 * Returns the sums over all rows of the products of the quantized inputs with themselves and with the float ones:
 * all that least squares and GPTQ need to know of a layer's inputs. The engine multiplies, in float32 and in
 * pieces of rows, which add up in float64.
 *
 * @throws AgentError `aborted`
 */
export async function gram(
  workbench: Workbench,
  { quantized, float, size }: SampledRows,
): Promise<GramMatrices> {
  const sums: GramMatrices = {
    gram: new Float64Array(size * size),
    cross: new Float64Array(size * size),
  };
  const { numRows, pieces } = rowPieces(quantized, size);
  const { pieces: floatPieces } = rowPieces(float, size);
  // Rows of zeros, which the last piece may have, add nothing.
  const feeds = pieces.map((piece, run) => ({
    quantized: float32Tensor([numRows, size], piece),
    float: float32Tensor([numRows, size], floatPieces[run]!),
  }));
  const rows = quantized.length / size;
  await withSession(workbench, productGraph(numRows, size), (session) =>
    runAll(
      workbench,
      { session, macs: (2 * size * size * rows) / Math.max(feeds.length, 1) },
      feeds,
      (outputs) => {
        add(sums.gram, outputs.gram!.data as Float32Array);
        add(sums.cross, outputs.cross!.data as Float32Array);
      },
    ),
  );
  return sums;
}

function add(sums: Float64Array, values: Float32Array): void {
  for (let i = 0; i < sums.length; i++) sums[i]! += values[i]!;
}

/** `gram = quantized^T quantized`, `cross = quantized^T float`. */
function productGraph(numRows: number, size: number): Graph {
  const rows = (name: string): ValueInfo => ({ name, dtype: 'float32', dims: [numRows, size] });
  const product = (name: string): ValueInfo => ({ name, dtype: 'float32', dims: [size, size] });
  const multiply = (left: string, right: string, output: string): Node => ({
    name: output,
    opType: 'Gemm',
    domain: '',
    inputs: [left, right],
    outputs: [output],
    attributes: new Map([['transA', { type: 'int', value: 1n }]]),
  });
  return {
    name: 'gram',
    irVersion: 8,
    opsets: new Map([['', 13]]),
    inputs: [rows('quantized'), rows('float')],
    outputs: [product('gram'), product('cross')],
    initializers: new Map(),
    nodes: [multiply('quantized', 'quantized', 'gram'), multiply('quantized', 'float', 'cross')],
    values: new Map(),
    metadata: new Map(),
  };
}
