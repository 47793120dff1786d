import type { Graph, Node, ValueInfo } from '../../graph/graph.js';
import { producers } from '../../graph/graph.js';
import { viewNode } from '../../graph/passes/nodeView.js';
import type { NodeView, TensorType } from '../../graph/passes/shapes/rule.js';
import type { Tensor } from '../../graph/tensor.js';
import { fixedDims, tensorTypes } from '../../graph/tensorTypes.js';
import { quantize } from '../../quantParams.js';
import { channelRuns } from '../channelRuns.js';
import type { Grid, IntegerInput, IntegerTensor, NhwcShape, Operation } from '../integerGraph.js';
import { tensorsBeforeConvolutions } from './beforeConvolutions.js';
import {
  type CodeView,
  type FeatureDims,
  featureDims,
  sameGrid,
  skipsPixels,
  wholeTensor,
} from './codeView.js';

/** A value of the QDQ graph that waits for the grid on which it will be quantized. */
export interface Pending {
  readonly dims: FeatureDims;
  /** Least and greatest value that it takes. */
  readonly low: number;
  readonly high: number;
  /** Adds what makes the value on `grid`, its codes within `codeRange`; the last operation makes the tensor `name`. */
  readonly quantized: (
    name: string,
    grid: Grid,
    codeRange: readonly [number, number],
  ) => CodeView | undefined;
  /** Adds what makes the value as float32, where that can be. */
  readonly float?: (name: string) => void;
}

const { NEGATIVE_INFINITY, POSITIVE_INFINITY } = Number;
export const unbounded = { low: NEGATIVE_INFINITY, high: POSITIVE_INFINITY };

/** Every code. */
export const allCodes = [0, 255] as const;

/**
 * A QDQ graph on its way to an integer graph: what its tensors are in codes, and the operations that make them. The rules
 * of the operators add to it, in topological order; a node that no rule takes leaves its outputs unknown, and so what
 * reads them.
 */
export class Translation {
  readonly inputs: IntegerInput[] = [];
  readonly tensors = new Map<string, IntegerTensor>();
  readonly operations: Operation[] = [];
  readonly views = new Map<string, CodeView>();
  readonly pending = new Map<string, Pending>();
  /** Nodes that run in float in the middle of the network. */
  readonly inFloat = new Set<Node>();
  readonly #producers: ReadonlyMap<string, Node>;
  readonly #types: ReadonlyMap<string, ValueInfo>;
  readonly #beforeConvolutions: ReadonlySet<string>;
  readonly #gathered = new Map<string, string>();

  /** @param graph with the shapes of all tensors */
  constructor(readonly graph: Graph) {
    this.#producers = producers(graph);
    this.#types = tensorTypes(graph);
    this.#beforeConvolutions = tensorsBeforeConvolutions(graph);
  }

  constant(name: string | undefined): Tensor | undefined {
    return name === undefined ? undefined : this.graph.initializers.get(name);
  }

  producer(name: string): Node | undefined {
    return this.#producers.get(name);
  }

  fixedDims(name: string): readonly number[] | undefined {
    return fixedDims(this.#types.get(name));
  }

  isFloat(name: string): boolean {
    return (this.#types.get(name)?.dtype ?? 'float32') === 'float32';
  }

  leadsToConvolution(name: string): boolean {
    return this.#beforeConvolutions.has(name);
  }

  /** Returns what the shape rules see of a node. */
  nodeView(node: Node): NodeView {
    const types = this.#types as ReadonlyMap<string, TensorType>;
    return viewNode(node, { types, constants: this.graph.initializers });
  }

  dims(name: string): FeatureDims | undefined {
    return featureDims(this.graph, name);
  }

  /** Adds an operation and the tensor that it makes. */
  add(operation: Operation, { grid, dims }: { grid: Grid | null; dims: FeatureDims }): void {
    this.tensors.set(operation.output, { grid, shape: nhwc(dims) });
    this.operations.push(operation);
  }

  /** Adds an operation whose output lies on a grid, and returns the view of it. */
  addOnGrid(operation: Operation, tensor: { grid: Grid; dims: FeatureDims }): CodeView {
    this.add(operation, tensor);
    return wholeTensor(operation.output, tensor);
  }

  /** Returns the name of a tensor that holds the view, which is gathered where it has to be; `undefined` where it cannot. */
  materialize(view: CodeView): string | undefined {
    if (skipsPixels(view) || view.channelDims.length !== 1) return undefined;
    const runs = channelRuns(view.channels);
    const [first] = runs;
    const isWhole = runs.length === 1 && first!.size === this.tensors.get(first!.tensor!)!.shape[3];
    if (isWhole) return first!.tensor!;
    const key = runs.map(({ tensor, start, size }) => `${tensor}:${start}+${size}`).join();
    const known = this.#gathered.get(key);
    if (known !== undefined) return known;
    const output = `gathered_${this.#gathered.size}`;
    const dims: FeatureDims = [1, view.channels.length, view.height, view.width];
    this.add({ kind: 'gatherChannels', output, runs }, { grid: view.grid, dims });
    this.#gathered.set(key, output);
    return output;
  }

  /** Returns the view on another grid: itself where it lies there, else requantized as the tensor `name`. */
  onGrid(view: CodeView, grid: Grid, name: string): CodeView | undefined {
    if (sameGrid(view.grid, grid)) return view;
    const input = this.materialize(view);
    if (input === undefined) return undefined;
    const dims: FeatureDims = [1, view.channels.length, view.height, view.width];
    return this.addOnGrid({ kind: 'requantization', input, output: name }, { grid, dims });
  }
}

/** Returns the codes of a grid that values between `low` and `high` have. */
export function codeRange({ low, high }: Pick<Pending, 'low' | 'high'>, grid: Grid): [number, number] {
  const params = { ...grid, qmin: 0, qmax: 255 };
  return [
    low === NEGATIVE_INFINITY ? 0 : quantize(low, params),
    high === POSITIVE_INFINITY ? 255 : quantize(high, params),
  ];
}

function nhwc([, channels, height, width]: FeatureDims): NhwcShape {
  return [1, height, width, channels];
}
