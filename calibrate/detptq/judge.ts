import type { Detection } from '../../runtime/detector/detection.js';
import type { Detector } from '../../runtime/detector/detector.js';
import type { TensorMap } from '../../runtime/engines/engine.js';
import type { Graph } from '../../runtime/graph/graph.js';
import {
  type AgreementMatches,
  agreementFigures,
  ignoredScore,
  matchAgreement,
} from '../evaluate/agreement.js';
import { Odol } from '../search/odol.js';
import { mean } from '../search/paired.js';
import type { Images } from '../workbench/images.js';
import { runGraph, type Workbench } from '../workbench/workbench.js';

/** How a quantized network compares with the float one, and what is needed to compare it with another. */
export interface Judgement {
  /** ODOL by image. */
  readonly odols: readonly number[];
  readonly odol: number;
  /** Agreement mAP with the float network, 0..1. */
  readonly agreement: number;
  readonly f1: number;
  readonly lost: number;
  readonly ghosts: number;
  readonly meanIou: number | null;
  /** The detections themselves are not kept. */
  readonly matches: AgreementMatches;
}

/** Compares quantized networks with the float one on frames that the search does not see. */
export class Judge {
  readonly #workbench: Workbench;
  readonly #detector: Detector;
  readonly #images: Images;
  readonly #odol: Odol;
  readonly #reference: readonly (readonly Detection[])[];

  private constructor(
    workbench: Workbench,
    {
      detector,
      images,
      floatOutputs,
    }: { detector: Detector; images: Images; floatOutputs: readonly TensorMap[] },
  ) {
    this.#workbench = workbench;
    this.#detector = detector;
    this.#images = images;
    this.#odol = new Odol(detector.head);
    for (const outputs of floatOutputs) this.#odol.addReference(outputs);
    this.#reference = floatOutputs.map((outputs, image) => this.#detections(outputs, image));
  }

  /** Returns a judge with the verdict of the float network `graph`, which is run on `images`. */
  static async appoint(
    workbench: Workbench,
    { detector, images, graph }: { detector: Detector; images: Images; graph: Graph },
  ): Promise<Judge> {
    const floatOutputs = await runGraph(workbench, graph, images.inputs, (outputs) => outputs);
    return new Judge(workbench, { detector, images, floatOutputs });
  }

  /** @param lambda of the search's own loss */
  async judge(quantized: Graph, lambda: number): Promise<Judgement> {
    this.#odol.lambda = lambda;
    const judged = await runGraph(this.#workbench, quantized, this.#images.inputs, (outputs, image) => ({
      odol: this.#odol.value(this.#odol.terms(image, outputs)),
      detections: this.#detections(outputs, image),
    }));
    const odols = judged.map(({ odol }) => odol);
    const matches = matchAgreement(
      this.#reference,
      judged.map(({ detections }) => detections),
      { numClasses: this.#detector.head.numClasses },
    );
    return judgement(odols, matches);
  }

  #detections(outputs: TensorMap, image: number): Detection[] {
    const { scoreThreshold } = this.#detector.manifest.postprocess;
    return this.#detector.postprocess(outputs, this.#images.prepared[image]!, {
      scoreThreshold: Math.min(scoreThreshold, ignoredScore),
    });
  }
}

/** @param odols by image */
export function judgement(odols: readonly number[], matches: AgreementMatches): Judgement {
  const { agreementMap, f1, lost, ghosts, meanIou } = agreementFigures(matches);
  return { odols, odol: mean(odols), agreement: agreementMap, f1, lost, ghosts, meanIou, matches };
}
