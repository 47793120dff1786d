import type { Node } from '../../../graph/graph.js';
import type { FloatPart, Grid, IntegerGraph } from '../../../lowering/integerGraph.js';
import type { GraphWriter } from './graphWriter.js';

/** Functions of one value each: it does not matter to them where the channels are. */
const elementwise: ReadonlySet<string> = new Set(
  'Abs Celu Elu Erf Exp Gelu Log Mish Neg Reciprocal Selu Softplus Softsign Sqrt Tanh'.split(' '),
);

/** Writes a part in float between dequantizers and a quantizer. Its tensors get names of their own: parts may share nodes. */
export function writeFloatPart(
  writer: GraphWriter,
  { inputs, output, graph }: FloatPart,
  { tensors }: IntegerGraph,
): void {
  const names = new Map<string, string>();
  const isElementwise = graph.nodes.every(({ opType, domain }) => domain === '' && elementwise.has(opType));
  for (const [i, codes] of inputs.entries()) {
    const floatName = writer.freshName('values');
    names.set(graph.inputs[i]!.name, floatName);
    const dequantized = { codes, grid: tensors.get(codes)!.grid!, floatName };
    if (isElementwise) writeDequantization(writer, dequantized);
    else writeValues(writer, dequantized);
  }
  for (const [name, tensor] of graph.initializers) names.set(name, writer.constant(tensor));
  for (const node of graph.nodes)
    for (const made of node.outputs) if (made !== '') names.set(made, writer.freshName(node.opType));
  const named = (name: string) => names.get(name) ?? name;
  const renamed = (node: Node): Node => ({
    ...node,
    name: writer.freshName(node.opType),
    inputs: node.inputs.map(named),
    outputs: node.outputs.map(named),
  });
  writer.nodes.push(...graph.nodes.map(renamed));
  const grid = writer.grid(tensors.get(output)!.grid!);
  const [result] = graph.outputs;
  if (isElementwise) {
    writer.standard('QuantizeLinear', [named(result!.name), ...grid], { output });
    return;
  }
  const planes = writer.standard('QuantizeLinear', [named(result!.name), ...grid]);
  writer.standard('Transpose', [planes], { output, attributes: { perm: [0, 2, 3, 1] } });
}

interface Dequantized {
  readonly codes: string;
  readonly grid: Grid;
  readonly floatName: string;
}

/** Writes the values that codes stand for, `[1, C, H, W]`. */
export function writeValues(writer: GraphWriter, { codes, ...rest }: Dequantized): void {
  const planes = writer.standard('Transpose', [codes], { attributes: { perm: [0, 3, 1, 2] } });
  writeDequantization(writer, { codes: planes, ...rest });
}

function writeDequantization(writer: GraphWriter, { codes, grid, floatName }: Dequantized): void {
  writer.standard('DequantizeLinear', [codes, ...writer.grid(grid)], { output: floatName });
}
