import { consumers, floatAttribute, type Graph, type Node } from '../../runtime/graph/graph.js';

/** What engines compute from codes to codes by arithmetic, each in its own way; operands and result are ids of grids. */
export type CodeArithmetic =
  | {
      readonly kind: 'sum' | 'product';
      readonly operands: readonly [number, number];
      readonly result: number;
    }
  | {
      readonly kind: 'scaling';
      /** Each once. */
      readonly factors: readonly number[];
      readonly operands: readonly [number];
      readonly result: number;
    }
  | {
      readonly kind: 'leakyRelu';
      readonly slope: number;
      readonly operands: readonly [number];
      readonly result: number;
    };

/**
 * Returns the sums, products and LeakyReLUs of a graph between grids, in topological order. A Relu behind a sum is part of it.
 */
export function codeArithmetic(graph: Graph, gridOfTensor: ReadonlyMap<string, number>): CodeArithmetic[] {
  const readers = consumers(graph);
  return graph.nodes.flatMap((node): CodeArithmetic[] => {
    const [output] = node.outputs as [string];
    const [reader] = readers.get(output) ?? [];
    const result =
      gridOfTensor.get(output) ?? gridOfTensor.get(reader?.opType === 'Relu' ? reader.outputs[0]! : '');
    const [a, b, ...others] = node.inputs.flatMap((input) => gridOfTensor.get(input) ?? []);
    if (result === undefined || a === undefined || others.length > 0) return [];
    if (node.opType === 'LeakyRelu')
      return [{ kind: 'leakyRelu', slope: floatAttribute(node, 'alpha', 0.01), operands: [a], result }];
    if (node.opType === 'Add' && b !== undefined) return [{ kind: 'sum', operands: [a, b], result }];
    if (node.opType !== 'Mul') return [];
    if (b !== undefined) return [{ kind: 'product', operands: [a, b], result }];
    const factors = constantFactors(node, graph);
    return factors ? [{ kind: 'scaling', factors, operands: [a], result }] : [];
  });
}

function constantFactors({ inputs }: Node, { initializers }: Graph): number[] | undefined {
  const [constant] = inputs.flatMap((input) => initializers.get(input) ?? []);
  return constant?.data instanceof Float32Array ? [...new Set(constant.data)] : undefined;
}
