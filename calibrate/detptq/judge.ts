import type { Detection } from '../../runtime/detector/detection.js';
import type { Processing } from '../../runtime/detector/processing.js';
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
import { notFinite } from '../workbench/notFinite.js';
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
  /** Of the float network, on all images. */
  readonly detections: number;
  /** The detections themselves are not kept. */
  readonly matches: AgreementMatches;
}

/** Compares quantized networks with the float one on frames that the search does not see. */
export class Judge {
  readonly #workbench: Workbench;
  readonly #processing: Processing;
  readonly #images: Images;
  readonly #odol: Odol;
  #reference: readonly (readonly Detection[])[] = [];

  private constructor(workbench: Workbench, processing: Processing, images: Images) {
    this.#workbench = workbench;
    this.#processing = processing;
    this.#images = images;
    this.#odol = new Odol(processing.head);
  }

  /**
   * Returns a judge with the verdict of the float network `graph`, which is run on `images`.
   *
   * @throws AgentError `activations_not_finite`, naming output and image; `aborted`
   */
  static async appoint(
    workbench: Workbench,
    { processing, images, graph }: { processing: Processing; images: Images; graph: Graph },
  ): Promise<Judge> {
    const judge = new Judge(workbench, processing, images);
    judge.#reference = await runGraph(workbench, graph, images.inputs, (outputs, image) => {
      assertNumbers(outputs, { of: processing.head.outputs, frame: images.names[image]! });
      judge.#odol.addReference(outputs, image);
      return judge.#detections(outputs, image);
    });
    return judge;
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
      { numClasses: this.#processing.head.numClasses },
    );
    return judgement(odols, matches);
  }

  #detections(outputs: TensorMap, image: number): Detection[] {
    const { scoreThreshold } = this.#processing.manifest.postprocess;
    return this.#processing.postprocess(outputs, this.#images.pictures[image]!, {
      scoreThreshold: Math.min(scoreThreshold, ignoredScore),
    });
  }
}

/** Infinity alone may be what the exponential of a box that nobody wants comes to. */
function assertNumbers(
  outputs: TensorMap,
  { of, frame }: { readonly of: readonly string[]; readonly frame: string },
): void {
  for (const tensor of of) {
    const { data } = outputs[tensor] ?? {};
    if (data instanceof Float32Array && data.some(Number.isNaN)) throw notFinite(tensor, frame);
  }
}

/** @param odols by image */
export function judgement(odols: readonly number[], matches: AgreementMatches): Judgement {
  const { agreementMap: agreement, f1, lost, ghosts, meanIou, detections } = agreementFigures(matches);
  return { odols, odol: mean(odols), agreement, f1, lost, ghosts, meanIou, detections, matches };
}
