import { consumers, floatAttribute, type Graph } from '../../runtime/graph/graph.js';

/** What engines compute from codes to codes by arithmetic, each in its own way; operands and result are ids of grids. */
export type CodeArithmetic =
  | { readonly kind: 'sum'; readonly operands: readonly [number, number]; readonly result: number }
  | {
      readonly kind: 'leakyRelu';
      readonly slope: number;
      readonly operands: readonly [number];
      readonly result: number;
    };

/** Returns the sums and LeakyReLUs of a graph between grids, in topological order. A Relu behind a sum is part of it. */
export function codeArithmetic(graph: Graph, gridOfTensor: ReadonlyMap<string, number>): CodeArithmetic[] {
  const readers = consumers(graph);
  return graph.nodes.flatMap((node): CodeArithmetic[] => {
    const [output] = node.outputs as [string];
    const [reader] = readers.get(output) ?? [];
    const result =
      gridOfTensor.get(output) ?? gridOfTensor.get(reader?.opType === 'Relu' ? reader.outputs[0]! : '');
    const [a, b] = node.inputs.map((input) => gridOfTensor.get(input));
    if (result === undefined || a === undefined) return [];
    if (node.opType === 'Add' && b !== undefined) return [{ kind: 'sum', operands: [a, b], result }];
    if (node.opType !== 'LeakyRelu') return [];
    return [{ kind: 'leakyRelu', slope: floatAttribute(node, 'alpha', 0.01), operands: [a], result }];
  });
}
