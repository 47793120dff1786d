import { AgentError } from '../../errors.js';
import type { Graph, ValueInfo } from '../../graph/graph.js';
import { foldConstants } from '../../graph/passes/foldConstants.js';
import { inferShapes } from '../../graph/passes/inferShapes.js';
import { fixedDims } from '../../graph/tensorTypes.js';
import { type Tail, tailOf } from './tail.js';

export interface OutputFacts {
  readonly name: string;
  readonly dims: readonly number[];
  readonly tail: Tail;
}

/** What recognisers look at. */
export interface GraphFacts {
  /** With constants folded, and types of all tensors where every operator's are known. */
  readonly graph: Graph;
  readonly input: { readonly name: string; readonly width: number; readonly height: number };
  readonly outputs: readonly OutputFacts[];
  readonly metadata: ReadonlyMap<string, string>;
  /** Values of the manifest that the user gives, by dotted key. */
  readonly given: ReadonlyMap<string, unknown>;
}

/**
 * Returns the facts of a graph with one picture as input and with fixed dimensions.
 *
 * @throws AgentError `onnx_unsupported` when it has another input or dimensions that are not fixed
 */
export function factsOf(graph: Graph, given: ReadonlyMap<string, unknown>): GraphFacts {
  const input = pictureInput(graph);
  const folded = typed(foldConstants(graph));
  const outputs = folded.outputs.map((output) => {
    const dims = fixedDims(output);
    if (dims) return { name: output.name, dims, tail: tailOf(folded, output.name) };
    throw unsupported(`output "${output.name}"`, 'fixed dimensions', {
      got: typeText(output),
      mend: 'export the model with fixed shapes (no dynamic axes)',
    });
  });
  return { graph: folded, input, outputs, metadata: graph.metadata, given };
}

/** An operator that shape inference does not know leaves types unknown, which recognisers can live with. */
function typed(graph: Graph): Graph {
  try {
    return inferShapes(graph);
  } catch (error) {
    if (error instanceof AgentError) return graph;
    throw error;
  }
}

function pictureInput(graph: Graph): GraphFacts['input'] {
  const [input] = graph.inputs;
  if (graph.inputs.length !== 1 || input === undefined) {
    throw unsupported('the graph', 'one input, the picture', {
      got: `${graph.inputs.length} inputs: ${graph.inputs.map(typeText).join(', ')}`,
      mend: 'export the model without its post-processing, so that the picture is its one input',
    });
  }
  const where = `input "${input.name}"`;
  const [batch, channels, height, width] = input.dims;
  if (input.dims.length === 4 && channels !== 3 && width === 3) {
    throw unsupported(where, '[1, 3, height, width]', {
      got: `${typeText(input)}: channels last`,
      mend: 'export the model with channels first (NCHW)',
    });
  }
  const isOpen = typeof height !== 'number' || typeof width !== 'number';
  if (input.dims.length === 4 && isOpen) {
    throw unsupported(where, 'a fixed height and width', {
      got: typeText(input),
      mend: 'give the size with --input-size HEIGHTxWIDTH',
    });
  }
  if (isOpen || input.dims.length !== 4 || input.dtype !== 'float32' || channels !== 3 || batch !== 1) {
    throw unsupported(where, 'float32 [1, 3, height, width]', {
      got: typeText(input),
      mend: 'export the model with a batch of one RGB picture in float32',
    });
  }
  return { name: input.name, width, height };
}

function unsupported(
  where: string,
  expected: string,
  { got, mend }: { readonly got: string; readonly mend: string },
): AgentError {
  return new AgentError('onnx_unsupported', `${where}: expected ${expected}, got ${got}`, {
    detail: { where, expected, got, mend },
  });
}

/** Returns e.g. `images float32 [1, 3, height, width]`. */
export function typeText({ name, dtype, dims }: ValueInfo): string {
  return `${name} ${dtype} [${dims.map((dim) => dim ?? '?').join(', ')}]`;
}
