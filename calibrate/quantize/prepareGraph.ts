import { AgentError } from '../../runtime/errors.js';
import type { Graph } from '../../runtime/graph/graph.js';
import { explicitPads } from '../../runtime/graph/passes/explicitPads.js';
import { foldConstants } from '../../runtime/graph/passes/foldConstants.js';
import { foldIntoConv } from '../../runtime/graph/passes/foldIntoConv.js';
import { inferShapes } from '../../runtime/graph/passes/inferShapes.js';
import { mergePointwise } from '../../runtime/graph/passes/mergePointwise.js';
import { normsAsConvs } from '../../runtime/graph/passes/normsAsConvs.js';
import { poolMeans } from '../../runtime/graph/passes/poolMeans.js';
import { productsForQuotients } from '../../runtime/graph/passes/productsForQuotients.js';
import { raiseOpset } from '../../runtime/graph/passes/raiseOpset.js';
import { removeDeadNodes } from '../../runtime/graph/passes/removeDeadNodes.js';
import { sumsAsAdds } from '../../runtime/graph/passes/sumsAsAdds.js';
import { uniformHardSigmoid } from '../../runtime/graph/passes/uniformHardSigmoid.js';

/** DequantizeLinear per channel came with this version of the standard operators; older graphs are raised to it. */
const minOpset = 13;

const passes = [
  foldConstants,
  raised13,
  foldIntoConv,
  uniformHardSigmoid,
  productsForQuotients,
  inferShapes,
  foldConstants,
  // These want the shapes.
  normsAsConvs,
  poolMeans,
  explicitPads,
  mergePointwise,
  sumsAsAdds,
  inferShapes,
  removeDeadNodes,
];

/**
 * Returns `graph` in the form that quantization works on: constants, arithmetic on shapes and by channel behind convolutions
 * folded, pointwise convolutions in a row as one, what can be written in several ways written in that which has integer forms, every shape known.
 *
 * @throws AgentError `onnx_unsupported` below opset 13 where `raiseOpset` cannot raise it, and what the passes throw
 */
export function prepareGraph(graph: Graph): Graph {
  return passes.reduce((prepared, pass) => pass(prepared), graph);
}

function raised13(graph: Graph): Graph {
  const opset = graph.opsets.get('') ?? 0;
  if (opset >= minOpset) return graph;
  const raised = raiseOpset(inferShapes(graph), minOpset);
  if (raised) return raised;
  throw new AgentError(
    'onnx_unsupported',
    `quantization needs opset ${minOpset} or newer; got ${opset}, and an operator of it that cannot be raised`,
    { detail: { expected: minOpset, got: opset, mend: `export the model with opset ${minOpset}` } },
  );
}
