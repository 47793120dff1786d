import { availableParallelism } from 'node:os';
import { observeNetwork } from '../../calibrate/detptq/network.js';
import { encodeJpeg } from '../../calibrate/frames/synthetic/encodeJpeg.js';
import { indexOfP } from '../../calibrate/quantize/lpMetric.js';
import { prepareGraph } from '../../calibrate/quantize/prepareGraph.js';
import { everywhere, quantizedGraph } from '../../calibrate/search/problem.js';
import { TensorStore } from '../../calibrate/workbench/tensorStore.js';
import { PassCounter } from '../../calibrate/workbench/workbench.js';
import { createHead } from '../../runtime/detector/heads/createHead.js';
import type { Manifest } from '../../runtime/detector/manifest.js';
import type { ModelFiles } from '../../runtime/detector/modelFiles.js';
import { Processing } from '../../runtime/detector/processing.js';
import type { Engine, TensorMap } from '../../runtime/engines/engine.js';
import type { Graph } from '../../runtime/graph/graph.js';
import { poolBeforeActivation } from '../../runtime/graph/passes/poolBeforeActivation.js';
import { drawnPicture } from './drawnPicture.js';

/** What engines are tried on: a detector in float, and on rough grids of 8 bits, which cost what well-chosen ones do. */
export interface TrialDetector {
  readonly manifest: Manifest;
  /** Of the float detector. */
  readonly digest: string;
  readonly float: Graph;
  /** `null` where the detector cannot be quantized. */
  readonly quantized: Graph | null;
  /** A picture as clients send it. */
  readonly picture: Uint8Array;
  /** The same as the network reads it. */
  readonly feeds: TensorMap;
}

/**
 * Returns a float detector, prepared for trials.
 *
 * @param engine runs the detector once, to see the range of its activations
 */
export async function trialDetector(
  { manifest, graph, digest }: ModelFiles,
  engine: Engine,
): Promise<TrialDetector> {
  const processing = new Processing(manifest, createHead(manifest, graph));
  const drawn = drawnPicture();
  const { tensor } = await processing.prepare(drawn);
  const feeds = { [manifest.input.name]: tensor };
  const quantized = await roughlyQuantized(graph, { feeds, engine }).catch(() => null);
  return { manifest, digest, float: graph, quantized, picture: await encodeJpeg(drawn), feeds };
}

/** Returns W8A8 with every grid from the least to the greatest value that `feeds` give, without any search. */
async function roughlyQuantized(
  graph: Graph,
  { feeds, engine }: { readonly feeds: TensorMap; readonly engine: Engine },
): Promise<Graph> {
  const prepared = poolBeforeActivation(prepareGraph(graph));
  const workbench = {
    ...{ engine, threads: availableParallelism(), runsInFlight: 1, counter: new PassCounter(1) },
    ...{ macsOf: () => 0, store: new TensorStore(), signal: undefined },
  };
  const images = { inputs: [feeds], names: ['the drawn picture'] };
  const network = await observeNetwork(workbench, prepared, { weightBits: 8, activationBits: 8, images });
  return quantizedGraph(network, everywhere(network, indexOfP(Number.POSITIVE_INFINITY)));
}
