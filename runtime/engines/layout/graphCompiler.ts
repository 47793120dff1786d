import { AgentError } from '../../errors.js';
import { type Graph, type Node, nodeLabel } from '../../graph/graph.js';
import { viewNode } from '../../graph/passes/nodeView.js';
import type { TensorType } from '../../graph/passes/shapes/rule.js';
import type { Tensor } from '../../graph/tensor.js';
import { fixedDims, tensorTypes } from '../../graph/tensorTypes.js';
import { inMemory, type Layout, onnxLayout, sameLayout } from './layout.js';
import type { Kernel, OperatorContext, Relabelling } from './operator.js';
import type { Passed, Port, Program, Step } from './program.js';

export interface LayoutChange {
  /** In ONNX's order. */
  readonly dims: readonly number[];
  readonly from: Layout;
  readonly to: Layout;
}

/** The runtime that a graph is compiled for. `Action` is what a step does there, `Constant` how it holds a constant. */
export interface CompilerTarget<Action, Constant> {
  /** @throws AgentError `op_unsupported` */
  compile(node: Node, context: OperatorContext): Kernel<Action> | Relabelling;
  /** Returns what copies a tensor into another layout. */
  changeLayout(change: LayoutChange): Action;
  constant(tensor: Tensor, layout: Layout): Constant;
}

/** A tensor that a step or a feed makes. */
interface Made {
  readonly place: number;
  readonly layout: Layout;
}

interface CompilerOptions<Action, Constant> {
  /** All types fixed and known, its nodes in order. */
  readonly graph: Graph;
  readonly target: CompilerTarget<Action, Constant>;
  /** How inputs of the graph come that something else has made. Those that are not named are fed, in ONNX's layout. */
  readonly inputLayouts?: ReadonlyMap<string, Layout>;
}

/**
 * Turns nodes into steps. Keeps each tensor in the layout that its maker likes; a reader that wants another gets a
 * converted copy, which all readers of that layout share. Each constant is made once for each layout.
 */
export class GraphCompiler<Action, Constant> {
  readonly #target: CompilerTarget<Action, Constant>;
  readonly #graph: Graph;
  readonly #types = new Map<string, TensorType>();
  readonly #made = new Map<string, Made>();
  /** The feed or constant that a tensor is, unchanged. */
  readonly #passed = new Map<string, Passed>();
  /** Places of converted copies and of constants, by tensor and layout. */
  readonly #places = new Map<string, number>();
  readonly #constants = new Map<number, Constant>();
  readonly #placeTypes: TensorType[] = [];
  readonly #inputs = new Map<string, Port>();
  readonly #steps: Step<Action>[] = [];

  constructor({ graph, target, inputLayouts }: CompilerOptions<Action, Constant>) {
    this.#target = target;
    this.#graph = graph;
    for (const [name, value] of tensorTypes(graph)) {
      const dims = fixedDims(value);
      if (dims !== undefined) this.#types.set(name, { dtype: value.dtype, dims });
    }
    for (const { name, dims } of graph.inputs) {
      const layout = inputLayouts?.get(name) ?? onnxLayout(dims.length);
      const place = this.#newPlace(name, layout);
      this.#made.set(name, { place, layout });
      if (inputLayouts?.has(name) !== true) this.#passed.set(name, { feed: name });
      this.#inputs.set(name, { place, type: this.#types.get(name)! });
    }
    for (const [name, constant] of graph.initializers) this.#passed.set(name, { constant });
  }

  /** The constants made so far: the caller's to dispose of, whether the graph is finished or not. */
  get constants(): ReadonlyMap<number, Constant> {
    return this.#constants;
  }

  /** @throws AgentError `op_unsupported` */
  add(node: Node): void {
    const view = viewNode(node, { types: this.#types, constants: this.#graph.initializers });
    const result = this.#target.compile(node, {
      view,
      layouts: node.inputs.map((name) => this.#layoutOf(name)),
      outputs: node.outputs.filter((name) => name !== '').map((name) => this.#types.get(name)!),
    });
    if ('action' in result) this.#addStep(node, result);
    else this.#relabel(node, result);
  }

  /** Returns the program, its outputs in ONNX's layout. */
  finish(): Program<Action, Constant> {
    const port = (name: string): Port => {
      const type = this.#types.get(name)!;
      return { place: this.#placeOf(name, onnxLayout(type.dims.length)), type };
    };
    const outputs = this.#graph.outputs.map(
      ({ name }) => [name, this.#passed.get(name) ?? port(name)] as const,
    );
    return {
      inputs: this.#inputs,
      outputs: new Map(outputs),
      constants: this.#constants,
      types: this.#placeTypes,
      steps: this.#steps,
    };
  }

  #addStep(node: Node, { reads, writes, action }: Kernel<Action>): void {
    const places = reads.map((layout, index) => layout && this.#placeOf(node.inputs[index]!, layout));
    const made = writes.map((layout, index): Made => {
      return { place: this.#newPlace(node.outputs[index]!, layout), layout };
    });
    for (const [index, output] of made.entries()) this.#made.set(node.outputs[index]!, output);
    this.#steps.push({
      label: nodeLabel(node),
      reads: places,
      writes: made.map(({ place }) => place),
      action,
    });
  }

  #relabel({ inputs: [input = ''], outputs: [output = ''] }: Node, { relabels }: Relabelling): void {
    const layout = this.#layoutOf(input);
    const passed = this.#passed.get(input);
    const isUnchanged = passed !== undefined && sameLayout(layout, relabels);
    // Kept apart from the backend, which does not hold every value of every type.
    if (isUnchanged) this.#passed.set(output, passed);
    if (isUnchanged && 'constant' in passed) return;
    this.#made.set(output, { place: this.#placeOf(input, layout), layout: relabels });
  }

  #layoutOf(name: string): Layout {
    return this.#made.get(name)?.layout ?? onnxLayout(this.#types.get(name)?.dims.length ?? 0);
  }

  /** Returns where the tensor lies in this layout, after making it so. */
  #placeOf(name: string, layout: Layout): number {
    const made = this.#made.get(name);
    if (made !== undefined && sameLayout(made.layout, layout)) return made.place;
    const key = `${made?.place ?? name} as ${layout}`;
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    const place = this.#newPlace(name, layout);
    this.#places.set(key, place);
    if (made === undefined) {
      this.#constants.set(place, this.#target.constant(this.#constant(name), layout));
    } else {
      const { dims } = this.#types.get(name)!;
      const action = this.#target.changeLayout({ dims, from: made.layout, to: layout });
      this.#steps.push({ label: `the layout of "${name}"`, reads: [made.place], writes: [place], action });
    }
    return place;
  }

  #constant(name: string): Tensor {
    const passed = this.#passed.get(name);
    if (passed !== undefined && 'constant' in passed) return passed.constant;
    const message = `graph "${this.#graph.name}": expected a node that makes "${name}" before it is read, got none`;
    throw new AgentError('engine_load_failed', message, { detail: { where: name } });
  }

  #newPlace(name: string, layout: Layout): number {
    const { dtype, dims } = this.#types.get(name) ?? this.#constant(name);
    return this.#placeTypes.push({ dtype, dims: inMemory(dims, layout) }) - 1;
  }
}
