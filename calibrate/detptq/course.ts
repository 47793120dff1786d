import type { Graph } from '../../runtime/graph/graph.js';
import { indexOfP, type PIndex } from '../quantize/lpMetric.js';
import type { PlanOptions } from '../quantize/plan.js';
import { withNarrowViews } from '../quantize/withNarrowViews.js';
import { nothingToDo } from '../report.js';
import type { Odol } from '../search/odol.js';
import { mean } from '../search/paired.js';
import { everywhere, odolByImage, quantizedGraph, type SearchProblem } from '../search/problem.js';
import type { ChannelPeaks } from '../workbench/channelPeaks.js';
import type { Images } from '../workbench/images.js';
import type { Workbench } from '../workbench/workbench.js';
import type { Judge, Judgement } from './judge.js';
import type { MacsTable } from './macsTable.js';
import { type Network, observeNetwork } from './network.js';
import type { StageLog, StageOutcome } from './stageLog.js';
import { stageVerdict } from './stageVerdict.js';

/** A network quantized with one p per layer, as it stands between two stages. */
export interface Standing {
  readonly network: Network;
  readonly pOfLayer: readonly PIndex[];
}

export interface JudgedStanding extends Standing {
  /** Mean ODOL over the search frames; `null` in a course that does not measure it. */
  readonly odolSearch: number | null;
  /** On the held-out frames. */
  readonly judgement: Judgement;
}

/**
 * The course of a quantization from stage to stage. What a stage makes of the network takes its place only where it
 * lowers the ODOL on the held-out frames by more than one standard error of the paired differences.
 */
export class Course {
  readonly workbench: Workbench;
  readonly log: StageLog;
  /** What the stages work on; the loss has their references. */
  readonly images: Images;
  readonly #odol: Odol;
  readonly #judge: Judge;
  readonly #macs: MacsTable;
  readonly #measuresSearch: boolean;

  /** @param parts.measuresSearch whether what is judged is run on the search frames too, a pass each */
  constructor(parts: {
    workbench: Workbench;
    macs: MacsTable;
    log: StageLog;
    images: Images;
    odol: Odol;
    judge: Judge;
    measuresSearch: boolean;
  }) {
    this.workbench = parts.workbench;
    this.#macs = parts.macs;
    this.log = parts.log;
    this.images = parts.images;
    this.#odol = parts.odol;
    this.#judge = parts.judge;
    this.#measuresSearch = parts.measuresSearch;
  }

  /** Weight of the localization in the ODOL. */
  get lambda(): number {
    return this.#odol.lambda;
  }

  problemOf({ graph, plan, table }: Network): SearchProblem {
    return { graph, plan, table, odol: this.#odol, inputs: this.images.inputs };
  }

  graphOf({ network, pOfLayer }: Standing): Graph {
    return quantizedGraph(network, pOfLayer);
  }

  /**
   * Returns the ODOL on each of the search frames.
   *
   * @param images only the first so many
   */
  odolByImage({ network, pOfLayer }: Standing, images = this.images.inputs.length): Promise<number[]> {
    const problem = this.problemOf(network);
    const inputs = problem.inputs.slice(0, images);
    return odolByImage(this.workbench, { ...problem, inputs }, pOfLayer);
  }

  async judged(standing: Standing): Promise<JudgedStanding> {
    return {
      ...standing,
      odolSearch: this.#measuresSearch ? mean(await this.odolByImage(standing)) : null,
      judgement: await this.#judge.judge(this.graphOf(standing), this.lambda),
    };
  }

  /** Logs the float network, with which all are compared. */
  logFloat(): void {
    this.log.add('float', { odol: 0, agreement: 1, odolSearch: this.#measuresSearch ? 0 : null });
  }

  /** Starts, or starts over, from `network` with p = 2 in all layers. */
  async start(name: string, network: Network): Promise<JudgedStanding> {
    const standing = await this.judged({ network, pOfLayer: everywhere(network, indexOfP(2)) });
    this.#log(name, standing);
    return standing;
  }

  /**
   * Returns `graph`, with views where they are wanted, planned at `bits`, its activations as they are on the search frames.
   *
   * @param options.images only the first so many
   * @param options.peaks sees the same
   */
  async observed(
    graph: Graph,
    bits: PlanOptions,
    { images = this.images.inputs.length, peaks }: { images?: number; peaks?: ChannelPeaks } = {},
  ): Promise<Network> {
    const viewed = withNarrowViews(graph, bits);
    this.#macs.learn(viewed);
    // Rewrites are exact, so the first network's outputs are the reference of them all.
    const onOutputs = this.#odol.images === 0 ? this.#odol.addReference.bind(this.#odol) : undefined;
    const inputs = this.images.inputs.slice(0, images);
    const observed = { ...this.images, inputs, onOutputs, peaks };
    return observeNetwork(this.workbench, viewed, { ...bits, images: observed });
  }

  /** Returns what stands after a stage made `made` of `before`, `null` when it found nothing to do. */
  async decide(name: string, before: JudgedStanding, made: Standing | null): Promise<JudgedStanding> {
    if (made === null) return this.leave(name, before, nothingToDo);
    return this.settle(name, before, await this.judged(made));
  }

  /** Returns what stands, and logs that a stage is left out for this reason. */
  leave(name: string, before: JudgedStanding, reason: string): JudgedStanding {
    this.#log(name, before, { kept: false, reason });
    return before;
  }

  /** Like `decide`, of what has been judged. */
  settle(name: string, before: JudgedStanding, after: JudgedStanding): JudgedStanding {
    const verdict = stageVerdict(before.judgement.odols, after.judgement.odols);
    this.#log(name, after, verdict);
    return verdict.kept ? after : before;
  }

  #log(name: string, { judgement, odolSearch }: JudgedStanding, verdict?: StageOutcome['verdict']): void {
    const { odol, agreement } = judgement;
    this.log.add(name, { odol, agreement, odolSearch, ...(verdict && { verdict }) });
  }
}
