import type { Graph } from '../../runtime/graph/graph.js';
import { inferShapes } from '../../runtime/graph/passes/inferShapes.js';
import { tensorTypes } from '../../runtime/graph/tensorTypes.js';

/** A quantized graph in which every quantizer's error can be seen by itself. */
export interface TeacherForced {
  /** The graph with all codes of activations as outputs beside its own. */
  readonly teacher: Graph;
  /** The same, but what reads codes reads them from an input, `fedName` of the codes' name. */
  readonly pupil: Graph;
  readonly codes: readonly string[];
}

export const fedName = (code: string) => `${code}/fed`;

/**
 * Returns the graph cut at its quantizers. In a whole run one code that falls the other way changes those behind it, so that
 * two engines which both add up right end some per cent apart; fed the teacher's codes, each piece stands alone.
 */
export function teacherForced(graph: Graph): TeacherForced {
  const types = tensorTypes(inferShapes(graph));
  const codes = graph.nodes
    .filter(({ opType }) => opType === 'QuantizeLinear')
    .map((node) => node.outputs[0]!);
  const outputs = [...graph.outputs, ...codes.map((code) => types.get(code)!)];
  const fed = codes.map((code) => ({ ...types.get(code)!, name: fedName(code) }));
  const nodes = graph.nodes.map((node) => ({
    ...node,
    inputs: node.inputs.map((input) => (codes.includes(input) ? fedName(input) : input)),
  }));
  return {
    teacher: { ...graph, outputs },
    pupil: { ...graph, inputs: [...graph.inputs, ...fed], nodes, outputs },
    codes,
  };
}
