/** What a quantization run reports: `report.json` holds exactly this. Units: ratios 0..1, `seconds`, bytes. */
export interface QuantizeReport {
  readonly model: string;
  readonly recipe: string;
  readonly bits: { readonly weight: number; readonly activation: number };
  readonly engine: string;
  readonly seed: number;
  readonly toolVersion: string;
  readonly frames: { readonly search: number; readonly heldOut: number; readonly digest: string };
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
  /** Facts that a reader of the figures has to know: exceptions, simulated parts, stages left out and why. */
  readonly notes: readonly string[];
  readonly total: { readonly passes: number; readonly seconds: number; readonly peakRssBytes: number };
}

export interface StageReport {
  readonly name: string;
  /** ODOL over the held-out frames after this stage. */
  readonly odol: number;
  /** Agreement mAP with the float model over the held-out frames after this stage. */
  readonly agreement: number;
  /** MACs executed / MACs of one forward over the search frames. */
  readonly passes: number;
  readonly seconds: number;
}

export interface LayerReport {
  readonly name: string;
  readonly weightBits: number;
  readonly activationBits: number;
  /** `"inf"` is min-max. */
  readonly p: number | 'inf';
  /** Fraction of the activations that the layer's grids clip, 0..1. */
  readonly clipShare: number;
  /** ODOL over the search frames for each p that was tried at this layer, everything else as it stood. */
  readonly tried: readonly { readonly p: number | 'inf'; readonly odol: number }[];
}

export interface ControlReport {
  readonly p: number | 'inf' | null;
  /** Over the search frames. */
  readonly odolSearch: number;
  /** Over frames that the search never saw. */
  readonly odol: number;
  readonly agreement: number;
}
