import { AgentError } from '../../errors.js';
import { type Graph, type Node, nodeLabel } from '../../graph/graph.js';
import { viewNode } from '../../graph/passes/nodeView.js';
import type { TensorType } from '../../graph/passes/shapes/rule.js';
import type { Tensor } from '../../graph/tensor.js';
import { fixedDims, tensorTypes } from '../../graph/tensorTypes.js';
import { changeLayout } from './changeLayout.js';
import { toTf } from './hostTensor.js';
import { type Layout, onnxLayout, sameLayout } from './layout.js';
import type { Kernel, Relabelling, TensorflowJs, TfTensor } from './operator.js';
import { findOperator } from './operators.js';
import type { Passed, Port, Program, Step } from './program.js';

/** A tensor that a step or a feed makes. */
interface Made {
  readonly place: number;
  readonly layout: Layout;
}

/**
 * Turns nodes into steps. Keeps each tensor in the layout that its maker likes; a reader that wants another gets a
 * converted copy, which all readers of that layout share. Constants are uploaded once for each layout.
 */
export class GraphCompiler {
  readonly #tf: TensorflowJs;
  readonly #graph: Graph;
  readonly #types = new Map<string, TensorType>();
  readonly #made = new Map<string, Made>();
  /** The feed or constant that a tensor is, unchanged. */
  readonly #passed = new Map<string, Passed>();
  /** Places of converted copies and of constants, by tensor and layout. */
  readonly #places = new Map<string, number>();
  readonly #constants = new Map<number, TfTensor>();
  readonly #steps: Step[] = [];
  #placeCount = 0;

  constructor(tf: TensorflowJs, graph: Graph) {
    this.#tf = tf;
    this.#graph = graph;
    for (const [name, value] of tensorTypes(graph)) {
      const dims = fixedDims(value);
      if (dims !== undefined) this.#types.set(name, { dtype: value.dtype, dims });
    }
    for (const { name, dims } of graph.inputs) {
      this.#made.set(name, { place: this.#newPlace(), layout: onnxLayout(dims.length) });
      this.#passed.set(name, { feed: name });
    }
    for (const [name, constant] of graph.initializers) this.#passed.set(name, { constant });
  }

  /** @throws AgentError `op_unsupported` */
  add(node: Node): void {
    const view = viewNode(node, { types: this.#types, constants: this.#graph.initializers });
    const result = findOperator(node)({
      tf: this.#tf,
      view,
      layouts: node.inputs.map((name) => this.#layoutOf(name)),
      outputs: node.outputs.filter((name) => name !== '').map((name) => this.#types.get(name)!),
    });
    if ('run' in result) this.#addStep(node, result);
    else this.#relabel(node, result);
  }

  /** Returns the program; its constants are the caller's to dispose of from here on. */
  finish(): Program {
    const port = (name: string): Port => {
      const type = this.#types.get(name)!;
      return { place: this.#placeOf(name, onnxLayout(type.dims.length)), type };
    };
    const outputs = this.#graph.outputs.map(
      ({ name }) => [name, this.#passed.get(name) ?? port(name)] as const,
    );
    const inputs = this.#graph.inputs.map(({ name }) => [name, port(name)] as const);
    return {
      inputs: new Map(inputs),
      outputs: new Map(outputs),
      constants: this.#constants,
      steps: this.#steps,
    };
  }

  /** Frees the constants of a graph that was not finished. */
  dispose(): void {
    for (const tensor of this.#constants.values()) tensor.dispose();
  }

  #addStep(node: Node, { reads, writes, run }: Kernel): void {
    const places = reads.map((layout, index) => layout && this.#placeOf(node.inputs[index]!, layout));
    const made = writes.map((layout): Made => ({ place: this.#newPlace(), layout }));
    for (const [index, output] of made.entries()) this.#made.set(node.outputs[index]!, output);
    this.#steps.push({
      label: nodeLabel(node),
      reads: places,
      writes: made.map(({ place }) => place),
      run,
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
    const place = this.#newPlace();
    this.#places.set(key, place);
    if (made === undefined) this.#constants.set(place, toTf(this.#tf, this.#constant(name), layout));
    else {
      const { dims } = this.#types.get(name)!;
      const run = changeLayout(this.#tf, { dims, from: made.layout, to: layout });
      this.#steps.push({ label: `the layout of "${name}"`, reads: [made.place], writes: [place], run });
    }
    return place;
  }

  #constant(name: string): Tensor {
    const passed = this.#passed.get(name);
    if (passed !== undefined && 'constant' in passed) return passed.constant;
    const message = `graph "${this.#graph.name}": expected a node that makes "${name}" before it is read, got none`;
    throw new AgentError('engine_load_failed', message, { detail: { where: name } });
  }

  #newPlace(): number {
    return this.#placeCount++;
  }
}
