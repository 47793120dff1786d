import type { TensorMap } from '../../runtime/engines/engine.js';
import type { Graph } from '../../runtime/graph/graph.js';
import { extractSubgraph } from '../../runtime/graph/passes/extractSubgraph.js';
import { codeName } from '../quantize/insertQuantizers.js';
import type { QuantizationPlan } from '../quantize/plan.js';
import type { Shelf } from './tensorStore.js';
import { type Feed, runGraph, tensorsOf, type Workbench } from './workbench.js';

/** Tensors that are looked at as a prefix moves on, and not kept. */
export interface Look {
  readonly tensors: readonly string[];
  /** Gets an image's tensors, these among them. */
  readonly take: (tensors: TensorMap, image: number) => void;
}

/**
 * The quantized network's tensors just before one node, for every image: what a suffix is run from. Only
 * the frontier is kept: tensors made before that node and read at or behind it, as codes where they are on
 * a grid.
 */
export class Prefix {
  readonly #graph: Graph;
  readonly #plan: QuantizationPlan;
  #position = 0;
  readonly #feeds: Feed[];
  /** Where the feeds are; none at the network's inputs. */
  #shelf: Shelf | undefined;

  /** @param inputs the network's inputs by image */
  constructor(graph: Graph, plan: QuantizationPlan, inputs: readonly Feed[]) {
    this.#graph = graph;
    this.#plan = plan;
    this.#feeds = [...inputs];
  }

  /** Runs `use` with prefixes, which are disposed of whatever happens. */
  static async using<Prefixes extends Prefix[], Result>(
    prefixes: [...Prefixes],
    use: (...prefixes: Prefixes) => Promise<Result>,
  ): Promise<Result> {
    try {
      return await use(...prefixes);
    } finally {
      await Promise.all(prefixes.map((prefix) => prefix.dispose()));
    }
  }

  /** Feeds of a suffix, by image. */
  get feeds(): readonly Feed[] {
    return this.#feeds;
  }

  /** Names of the tensors in `feeds`. */
  get names(): readonly string[] {
    return this.#position === 0 ? this.#graph.inputs.map(({ name }) => name) : this.#frontier(this.#position);
  }

  /**
   * Moves on to just before node `position`, running what lies between in `quantized`.
   *
   * @param look tensors, wherever in `quantized`, that are wanted on the way: they cost no session of their own
   */
  async advance(workbench: Workbench, quantized: Graph, position: number, look?: Look): Promise<void> {
    const before = this.names;
    this.#position = position;
    const after = this.names;
    const isMoved = before.length !== after.length || after.some((name) => !before.includes(name));
    // Nothing to drop, and inputs that are not held stay so.
    if (!isMoved && !look) return;
    const missing = [...new Set([...after, ...(look?.tensors ?? [])])].filter(
      (name) => !before.includes(name),
    );
    const kept = new Set(after);
    const behind = this.#shelf;
    const shelf = isMoved ? workbench.store.shelf() : undefined;
    this.#shelf = shelf ?? behind;
    const moveOn = async (image: number, tensors: TensorMap) => {
      look?.take(tensors, image);
      if (!shelf) return;
      behind?.drop(image);
      this.#feeds[image] = await shelf.keep(image, pick(tensors, kept));
    };
    try {
      if (missing.length === 0) {
        for (const [image, feed] of this.#feeds.entries()) await moveOn(image, await tensorsOf(feed));
        return;
      }
      const piece = extractSubgraph(quantized, { from: before, to: missing });
      // Image by image: all images' tensors of two positions at once would be the most that a search holds.
      await runGraph(workbench, piece, this.#feeds, (made, image, feed) =>
        moveOn(image, { ...feed, ...made }),
      );
    } finally {
      if (shelf) await behind?.clear();
    }
  }

  /** Gives back what the feeds take; they cannot be read any more. */
  async dispose(): Promise<void> {
    await this.#shelf?.clear();
  }

  #frontier(position: number): string[] {
    const { nodes, inputs, outputs } = this.#graph;
    const made = new Set(inputs.map(({ name }) => name));
    for (const node of nodes.slice(0, position)) for (const output of node.outputs) made.add(output);
    const read = new Set(outputs.map(({ name }) => name));
    for (const node of nodes.slice(position)) for (const input of node.inputs) read.add(input);
    const frontier = [...made].filter((name) => read.has(name));
    return frontier.map((name) => (this.#plan.gridOfTensor.has(name) ? codeName(name) : name));
  }
}

/** Returns the entries of `tensors` whose names are in `names`. */
function pick(tensors: TensorMap, names: ReadonlySet<string>): TensorMap {
  return Object.fromEntries(Object.entries(tensors).filter(([name]) => names.has(name)));
}
