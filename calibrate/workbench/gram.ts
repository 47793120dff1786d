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

/** Of a layer's inputs Xq on the quantized network and Xf on the float one, less their means over the rows. */
export interface GramMatrices {
  /** Xq^T Xq, `[size, size]`. */
  readonly gram: Float64Array;
  /** Xq^T Xf, `[size, size]`. */
  readonly cross: Float64Array;
}

/**
 * Returns the sums over all rows of the products of the quantized inputs with themselves and with the float ones:
 * all that least squares and GPTQ need to know of a layer's inputs. The means are taken off first, for what is wrong with the mean of an
 * output is mended by its bias. The engine multiplies, in float32 and in pieces of rows, which add up in float64.
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
  const means = { quantized: columnMeans(quantized, size), float: columnMeans(float, size) };
  // Rows of means, which the last piece may have, add nothing.
  const { numRows, pieces } = rowPieces(quantized, size, means.quantized);
  const { pieces: floatPieces } = rowPieces(float, size, means.float);
  const feeds = pieces.map((piece, run) => ({
    quantized: float32Tensor([numRows, size], piece),
    float: float32Tensor([numRows, size], floatPieces[run]!),
  }));
  const rows = quantized.length / size;
  await withSession(workbench, productGraph({ numRows, size, means }), (session) =>
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

/** Returns the means over the rows, `[size]`. */
function columnMeans(rows: Float32Array, size: number): Float32Array {
  const sums = new Float64Array(size);
  for (let start = 0; start < rows.length; start += size) {
    for (let i = 0; i < size; i++) sums[i]! += rows[start + i]!;
  }
  const count = Math.max(rows.length / size, 1);
  return Float32Array.from(sums, (sum) => sum / count);
}

/** `gram = q^T q`, `cross = q^T f`, with `q` and `f` the rows less their means. */
function productGraph({
  numRows,
  size,
  means,
}: {
  numRows: number;
  size: number;
  means: Readonly<Record<'quantized' | 'float', Float32Array>>;
}): Graph {
  const rows = (name: string): ValueInfo => ({ name, dtype: 'float32', dims: [numRows, size] });
  const product = (name: string): ValueInfo => ({ name, dtype: 'float32', dims: [size, size] });
  const node = (opType: string, inputs: readonly string[], output: string): Node => {
    const attributes =
      opType === 'Gemm' ? new Map([['transA', { type: 'int', value: 1n } as const]]) : new Map();
    return { name: output, opType, domain: '', inputs, outputs: [output], attributes };
  };
  return {
    name: 'gram',
    irVersion: 8,
    opsets: new Map([['', 13]]),
    inputs: [rows('quantized'), rows('float')],
    outputs: [product('gram'), product('cross')],
    initializers: new Map([
      ['quantized/mean', float32Tensor([size], means.quantized)],
      ['float/mean', float32Tensor([size], means.float)],
    ]),
    nodes: [
      node('Sub', ['quantized', 'quantized/mean'], 'q'),
      node('Sub', ['float', 'float/mean'], 'f'),
      node('Gemm', ['q', 'q'], 'gram'),
      node('Gemm', ['q', 'f'], 'cross'),
    ],
    values: new Map(),
    metadata: new Map(),
  };
}
