import type { Interval } from './evaluate/bootstrap.js';
import type { LayerRole } from './quantize/plan.js';

/**
 * What a quantization run reports: `report.json` holds exactly this. Units: ratios 0..1, `seconds`, `…Ms`, bytes. A figure
 * that is no number (an ODOL where the network gives out NaN) is `null` in the file.
 */
export interface QuantizeReport {
  readonly model: string;
  /** Digest of the float model's manifest. */
  readonly parent: string;
  readonly recipe: string;
  readonly bits: { readonly weight: number; readonly activation: number };
  readonly engine: string;
  readonly seed: number;
  readonly toolVersion: string;
  /** Of what the tool runs on, by name: Node.js, the engine. */
  readonly versions: Readonly<Record<string, string>>;
  readonly frames: {
    readonly search: number;
    readonly heldOut: number;
    /** `framesDigest` of the search frames. */
    readonly digest: string;
    /** The same of the held-out ones. */
    readonly heldOutDigest: string;
  };
  readonly stages: readonly StageReport[];
  readonly layers: readonly LayerReport[];
  readonly controls: {
    readonly minmax: ControlReport;
    readonly p2: ControlReport;
    readonly p2_4: ControlReport;
    readonly bestGlobalP: ControlReport;
    /** `null` when the recipe has no per-layer search. */
    readonly perLayerP: ControlReport | null;
  };
  /** Which control was exported. */
  readonly chosen: 'bestGlobalP' | 'perLayerP';
  /** What was exported, where stages beyond the controls changed the chosen one; else `null`. */
  readonly exported: ControlReport | null;
  /** Paired over the held-out frames. */
  readonly comparisons: readonly ComparisonReport[];
  /**
   * ODOL over the held-out frames, of the graph that was searched, of the written file as it stands and of that in the form that is
   * served, which rounds at other places.
   */
  readonly served: {
    readonly odolSearched: number;
    readonly odolWritten: number;
    readonly odolServed: number;
  } | null;
  readonly labelled: LabelledReport | null;
  /** Median time of an inference, the networks taking turns on the same frame, each as it would be served. */
  readonly latency: {
    readonly floatMs: number;
    readonly quantizedMs: number;
    /** Of the network without the rewrites that make it do more, on grids of p = 2; absent where none do. */
    readonly plainMs?: number;
    readonly engine: string;
    readonly threads: number;
    /** The form in which the quantized one ran, as `Session.loweringNote`; absent where nothing was lowered. */
    readonly lowering?: string;
  } | null;
  /** Of the ONNX files. */
  readonly size: { readonly floatBytes: number; readonly quantizedBytes: number } | null;
  /** Facts that a reader of the figures has to know: exceptions, simulated parts, added work. */
  readonly notes: readonly string[];
  readonly total: { readonly passes: number; readonly seconds: number; readonly peakRssBytes: number };
}

export type ControlName = keyof QuantizeReport['controls'];

/** What a comparison speaks of: a control, or `exported`. */
export type ComparedName = ControlName | 'exported';

export interface StageReport {
  readonly name: string;
  /** ODOL over the search frames after this stage; `null` where it was not measured. */
  readonly odolSearch: number | null;
  /** ODOL over the held-out frames after this stage. */
  readonly odol: number;
  /** Agreement mAP with the float model over the held-out frames after this stage. */
  readonly agreement: number;
  /** MACs executed / MACs of one forward over the search frames. */
  readonly passes: number;
  readonly seconds: number;
  /** False when the next stage started from what was there before this one. */
  readonly kept: boolean;
  /** Why it was kept or left out: `lowers the held-out ODOL by 12 % ± 3 %`; `nothingToDo` where it changed nothing. */
  readonly reason: string;
}

/** The reason of a stage that had no change to offer; its figures are those before it. */
export const nothingToDo = 'found nothing to do';

export interface LayerReport {
  readonly name: string;
  readonly role: LayerRole;
  readonly weightBits: number;
  readonly activationBits: number;
  /** `"inf"` is min-max. */
  readonly p: number | 'inf';
  /** Fraction of the activations that the layer's grids clip, 0..1. */
  readonly clipShare: number;
  /** Multiply-accumulates of one forward; absent where dimensions are not known. */
  readonly macs?: number;
  /**
   * Power of the layer's float output over that of its error with everything up to it quantized, in dB, behind the
   * activation, on a few of the search frames; absent where it was not measured.
   */
  readonly sqnrDb?: number;
  /** ODOL over the few search frames that compare candidates, for each p that was tried at this layer, everything else as it stood. */
  readonly tried: readonly { readonly p: number | 'inf'; readonly odol: number }[];
}

export interface ControlReport {
  readonly p: number | 'inf' | null;
  /** Over the search frames; `null` when it was not measured. */
  readonly odolSearch: number | null;
  /** Over frames that the search never saw, as everything below. */
  readonly odol: number;
  readonly agreement: number;
  /** 95 % intervals of the two, over the choice of frames. */
  readonly odolInterval: Interval;
  readonly agreementInterval: Interval;
  /** At a score of 0.3, as the counts of detections that only one of the two models has. */
  readonly f1: number;
  readonly lost: number;
  readonly ghosts: number;
  /** Of the detections that both have; `null` when there is none. */
  readonly meanIou: number | null;
}

/** A paired difference with its 95 % interval over the choice of images. */
export interface Difference extends Interval {
  readonly difference: number;
}

/** How much higher each figure of `of` is than that of `against`. */
export interface ComparisonReport {
  readonly of: ComparedName;
  readonly against: ComparedName;
  readonly odol: Difference;
  readonly agreement: Difference;
  readonly f1: Difference;
  readonly lost: Difference;
  readonly ghosts: Difference;
}

/** COCO's AP (.50:.95) on labelled images, in the session that serves. */
export interface LabelledReport {
  readonly float: number;
  readonly quantized: number;
  /** quantized - float. */
  readonly difference: Difference;
  /** Images. */
  readonly n: number;
}
