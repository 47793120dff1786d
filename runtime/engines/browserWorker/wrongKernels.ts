import { AgentError } from '../../errors.js';
import {
  type Graph,
  intAttribute,
  intsAttribute,
  type Node,
  nodeLabel,
  stringAttribute,
} from '../../graph/graph.js';
import type { BrowserEngineName } from './messages.js';

/** Where an engine computes an operator right. */
interface RightWhere {
  readonly opTypes: readonly string[];
  /** For messages. */
  readonly expected: string;
  readonly isRight: (node: Node, graph: Graph) => boolean;
}

/** What onnxruntime-web 1.30 computes wrongly otherwise, and silently, or dies of. */
const rightWhere: Partial<Record<BrowserEngineName, readonly RightWhere[]>> = {
  webgpu: [{ opTypes: ['Slice'], expected: 'constant steps above 0', isRight: stepsForward }],
  // As in Chromium 147 on Linux.
  webnn: [
    { opTypes: ['MaxPool', 'AveragePool'], expected: 'no ceil_mode', isRight: roundsDown },
    {
      opTypes: ['MaxPool', 'AveragePool'],
      expected: 'no padding, or the same on each side at strides of 1, or padding that counts',
      isRight: isPaddedAsSame,
    },
    {
      opTypes: ['Resize'],
      expected: 'whole constant scales, and half_pixel, or nearest with asymmetric and floor',
      isRight: enlargesWholly,
    },
    { opTypes: ['QuantizeLinear', 'DequantizeLinear'], expected: 'a constant grid', isRight: hasGrid },
  ],
};

/**
 * Refuses what an engine is known to compute wrongly.
 *
 * @throws AgentError `op_unsupported`
 */
export function assertRightKernels(engine: BrowserEngineName, graph: Graph): void {
  for (const { opTypes, expected, isRight } of rightWhere[engine] ?? []) {
    const node = graph.nodes.find(
      (node) => node.domain === '' && opTypes.includes(node.opType) && !isRight(node, graph),
    );
    if (node === undefined) continue;
    const label = node.name || node.outputs[0]!;
    const message = `${engine} does not run ${nodeLabel(node)}: expected ${expected}`;
    throw new AgentError('op_unsupported', message, { detail: { where: label, got: node.opType, expected } });
  }
}

function stepsForward(node: Node, graph: Graph): boolean {
  const steps = node.inputs[4] ?? '';
  if (steps === '') return true;
  const constant = graph.initializers.get(steps);
  return constant !== undefined && [...constant.data].every((step) => step > 0);
}

function roundsDown(node: Node): boolean {
  return intAttribute(node, 'ceil_mode', 0) === 0;
}

/** Whether the padding is none, or what TensorFlow calls `SAME`. */
function isPaddedAsSame(node: Node): boolean {
  if (intAttribute(node, 'count_include_pad', 0) === 1) return true;
  const pads = intsAttribute(node, 'pads', []);
  if (pads.every((pad) => pad === 0)) return true;
  const half = pads.length / 2;
  const isEven = pads.every((pad, index) => pad === pads[(index + half) % pads.length]);
  return isEven && intsAttribute(node, 'strides', []).every((stride) => stride === 1);
}

function enlargesWholly(node: Node, graph: Graph): boolean {
  const scales = graph.initializers.get(node.inputs[2] ?? '')?.data ?? [];
  const isWhole = scales.length > 0 && [...scales].map(Number).every((scale) => Number.isInteger(scale));
  const place = stringAttribute(node, 'coordinate_transformation_mode', 'half_pixel');
  const mode = stringAttribute(node, 'mode', 'nearest');
  const rounding = stringAttribute(node, 'nearest_mode', 'round_prefer_floor');
  const isPlain = mode === 'nearest' && place === 'asymmetric' && rounding === 'floor';
  return isWhole && (place === 'half_pixel' || isPlain);
}

function hasGrid(node: Node, graph: Graph): boolean {
  return node.inputs.slice(1).every((input) => input === '' || graph.initializers.has(input));
}
