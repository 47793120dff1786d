import { parsePythonLiteral } from '../../../runtime/detector/recognize/pythonLiteral.js';
import type { Engine } from '../../../runtime/engines/engine.js';
import { AgentError } from '../../../runtime/errors.js';
import type { Graph, ValueInfo } from '../../../runtime/graph/graph.js';
import { fixInputDims } from '../../../runtime/graph/passes/fixInputDims.js';
import { inferShapes } from '../../../runtime/graph/passes/inferShapes.js';
import { widenFloat16 } from '../../../runtime/graph/passes/widenFloat16.js';
import { elementCount, float32Tensor } from '../../../runtime/graph/tensor.js';
import { fixedDims } from '../../../runtime/graph/tensorTypes.js';

export interface InputSize {
  readonly height: number;
  readonly width: number;
}

export interface FixedGraph {
  readonly graph: Graph;
  /** What was changed for it, as sentences; none when the graph is the file's own. */
  readonly changes: readonly string[];
}

/**
 * Returns the graph in float32, for one picture of a fixed size.
 *
 * @param inputSize for a graph that leaves its size open; else what an Ultralytics export names is taken
 * @throws AgentError `shape_mismatch` when the graph has another fixed size, what `widenFloat16` and the engine throw
 */
export async function fixedGraph(
  given: Graph,
  { inputSize, engine }: { readonly inputSize: InputSize | undefined; readonly engine: Engine },
): Promise<FixedGraph> {
  const changes: string[] = [];
  let graph = widenFloat16(given);
  if (graph !== given) changes.push('float16 was converted to float32');
  const [input] = graph.inputs;
  // What else an input may be, its recogniser refuses.
  if (input === undefined || graph.inputs.length !== 1 || input.dims.length !== 4) return { graph, changes };
  const size = inputSize ?? sizeOfMetadata(graph.metadata);
  const dims = [
    open(input.dims[0], 1),
    open(input.dims[1], 3),
    inputSize?.height ?? open(input.dims[2], size?.height),
    inputSize?.width ?? open(input.dims[3], size?.width),
  ];
  // A size that nobody gave is a refusal of the recogniser, too.
  if (!dims.every((dim) => dim !== undefined)) return { graph, changes };
  const isFixed = fixedDims(input) !== undefined;
  if (!isFixed || inputSize !== undefined) graph = sized(graph, input, dims);
  if (!isFixed) changes.push(`input ${input.name} was fixed to [${dims.join(', ')}]`);
  if (graph.outputs.some((output) => fixedDims(output) === undefined)) {
    graph = { ...graph, outputs: await fixedOutputs(graph, engine) };
    if (isFixed) changes.push('the shapes of its outputs were found out and written into it');
  }
  return { graph, changes };
}

function sized(graph: Graph, { name, dims }: ValueInfo, wanted: readonly number[]): Graph {
  const contradicts = dims.findIndex((dim, axis) => typeof dim === 'number' && dim !== wanted[axis]);
  if (contradicts >= 0) {
    throw new AgentError(
      'shape_mismatch',
      `--input-size: expected ${dims.slice(2).join('x')}, the size that input "${name}" is fixed to, got ${wanted.slice(2).join('x')}`,
      {
        detail: {
          where: name,
          expected: dims,
          got: wanted,
          mend: 'leave --input-size out, or export the model with dynamic shapes',
        },
      },
    );
  }
  return fixInputDims(graph, new Map([[name, wanted]]));
}

/** By inference, or where an operator is not known to it, by running the graph once. */
async function fixedOutputs(graph: Graph, engine: Engine): Promise<readonly ValueInfo[]> {
  try {
    return inferShapes(graph).outputs;
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
  }
  const session = await engine.load(graph);
  try {
    const feeds = Object.fromEntries(
      graph.inputs.map((input) => {
        const dims = fixedDims(input)!;
        return [input.name, float32Tensor(dims, new Float32Array(elementCount(dims)))];
      }),
    );
    const tensors = await session.run(
      feeds,
      graph.outputs.map(({ name }) => name),
    );
    return graph.outputs.map((output) => withDims(output, tensors[output.name]?.dims));
  } finally {
    await session.dispose();
  }
}

/** A size that depends on the picture is no fixed one: without detections it is 0. */
function withDims(output: ValueInfo, dims: readonly number[] | undefined): ValueInfo {
  return dims === undefined || dims.includes(0) ? output : { ...output, dims };
}

function open(dim: number | string | null | undefined, fallback: number | undefined): number | undefined {
  return typeof dim === 'number' ? dim : fallback;
}

/** Ultralytics writes `[height, width]`. */
function sizeOfMetadata(metadata: Graph['metadata']): InputSize | undefined {
  const size = parsePythonLiteral(metadata.get('imgsz') ?? '');
  const [height, width] = Array.isArray(size) ? size : [];
  return isSize(height) && isSize(width) ? { height, width } : undefined;
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0;
}
