import type { Session, TensorMap } from '../../runtime/engines/engine.js';
import { extractSubgraph } from '../../runtime/graph/passes/extractSubgraph.js';
import { candidateFeeds } from '../quantize/candidateFeeds.js';
import type { PIndex } from '../quantize/lpMetric.js';
import type { Layer } from '../quantize/plan.js';
import { quantizersFor } from '../quantize/scaleTable.js';
import type { Prefix } from '../workbench/prefix.js';
import { type Feed, runAll, tensorsOf, type Workbench, withSession } from '../workbench/workbench.js';
import { quantizedGraph, type SearchProblem } from './problem.js';

/** The losses of one layer's candidates, each measured on as many images as are asked for and no image twice. */
export class LayerTrial {
  /** ODOL by image, from the first image on. */
  readonly #measured = new Map<PIndex, number[]>();
  readonly #workbench: Workbench;
  readonly #problem: SearchProblem;
  readonly #layer: Layer;
  readonly #pOfLayer: readonly PIndex[];
  readonly #feeds: readonly Feed[];
  readonly #suffix: { readonly session: Session; readonly macs: number };

  private constructor(
    workbench: Workbench,
    problem: SearchProblem,
    parts: {
      layer: Layer;
      pOfLayer: readonly PIndex[];
      feeds: readonly Feed[];
      suffix: { session: Session; macs: number };
    },
  ) {
    this.#workbench = workbench;
    this.#problem = problem;
    this.#layer = parts.layer;
    this.#pOfLayer = parts.pOfLayer;
    this.#feeds = parts.feeds;
    this.#suffix = parts.suffix;
  }

  /** Runs `use` with a trial of the layer that `prefix` stands before, everything else as `pOfLayer` has it. */
  static async run<Result>(
    workbench: Workbench,
    problem: SearchProblem,
    { layer, pOfLayer, prefix }: { layer: Layer; pOfLayer: readonly PIndex[]; prefix: Prefix },
    use: (trial: LayerTrial) => Promise<Result>,
  ): Promise<Result> {
    const made = new Set(prefix.names);
    const missingOutputs = problem.graph.outputs.map(({ name }) => name).filter((name) => !made.has(name));
    const open = quantizedGraph(problem, pOfLayer, layer);
    const suffix = extractSubgraph(open, { from: prefix.names, to: missingOutputs });
    const macs = workbench.macsOf(suffix);
    const trialOf = (session: Session) =>
      new LayerTrial(workbench, problem, {
        layer,
        pOfLayer,
        feeds: prefix.feeds,
        suffix: { session, macs },
      });
    // Every candidate is run on the same prefix.
    return withSession(workbench, suffix, (session) => use(trialOf(session)), { keepsFeeds: true });
  }

  /** Number of images that there are. */
  get images(): number {
    return this.#feeds.length;
  }

  /** The p that were measured. */
  get tried(): readonly PIndex[] {
    return [...this.#measured.keys()].sort((a, b) => a - b);
  }

  /** Returns the ODOL by image with the layer at `p`, on the first `images` images. */
  async losses(p: PIndex, images: number): Promise<readonly number[]> {
    const known = this.#measured.get(p) ?? [];
    if (known.length < images) {
      const candidate = this.#candidate(p);
      const feeds = this.#feeds.slice(known.length, images).map((feed) => async () => ({
        ...(await tensorsOf(feed)),
        ...candidate,
      }));
      const { odol } = this.#problem;
      const read = (outputs: TensorMap, i: number, feed: TensorMap) =>
        odol.value(odol.terms(known.length + i, { ...feed, ...outputs }));
      known.push(...(await runAll(this.#workbench, this.#suffix, feeds, read)));
      this.#measured.set(p, known);
    }
    return known.slice(0, images);
  }

  #candidate(p: PIndex): TensorMap {
    const { table, plan } = this.#problem;
    const quantizers = quantizersFor(table, plan, this.#pOfLayer.with(this.#layer.index, p));
    return candidateFeeds(this.#problem, quantizers, this.#layer);
  }
}
