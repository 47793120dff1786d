import { createHead } from '../../runtime/detector/heads/createHead.js';
import type { Manifest, QuantizationManifest } from '../../runtime/detector/manifest.js';
import { Processing } from '../../runtime/detector/processing.js';
import type { Engine } from '../../runtime/engines/engine.js';
import { AgentError } from '../../runtime/errors.js';
import type { Graph } from '../../runtime/graph/graph.js';
import { poolBeforeActivation } from '../../runtime/graph/passes/poolBeforeActivation.js';
import type { CalibrationSet } from '../frames/calibrationSet.js';
import { framesDigest } from '../frames/framesDigest.js';
import { prepareGraph } from '../quantize/prepareGraph.js';
import type { QuantizeReport } from '../report.js';
import { Odol } from '../search/odol.js';
import { prepareImages } from '../workbench/images.js';
import { type SpillFile, TensorStore } from '../workbench/tensorStore.js';
import { PassCounter } from '../workbench/workbench.js';
import type { Checkpoint, CheckpointKey } from './checkpoint.js';
import { Course } from './course.js';
import { exportOutcome } from './exportOutcome.js';
import { Journal } from './journal.js';
import { Judge } from './judge.js';
import { MacsTable } from './macsTable.js';
import type { StageChoice } from './recipe.js';
import { runStages } from './runStages.js';
import { StageLog } from './stageLog.js';

export interface QuantizeOptions extends StageChoice {
  readonly manifest: Manifest;
  /** The float network. */
  readonly graph: Graph;
  /** Digest of the float model's manifest. */
  readonly parentDigest: string;
  readonly frames: Pick<CalibrationSet, 'search' | 'heldOut'>;
  /** 2..8 */
  readonly weightBits: number;
  /** 2..8 */
  readonly activationBits: number;
  /** Searches. */
  readonly engine: Engine;
  /**
   * What the result is for: a layer that quantizes badly is left in float only where this engine runs the network with it. Default:
   * the engine that searches.
   */
  readonly servingEngine?: Engine;
  /**
   * Samples the layers that are rebuilt. Sums in float come out otherwise on every engine, and then weights that lie near a tie:
   * with one for all, a search ends in the same weights on whichever engine. Default: the engine that searches.
   */
  readonly rebuildingEngine?: Engine;
  /** Threads of one run. */
  readonly threads: number;
  /** Has chosen the frames; chooses the positions that reconstruction samples. */
  readonly seed: number;
  readonly toolVersion: string;
  /** What the process is to stay within, where that can be chosen. Default: 600 MB. The result is the same. */
  readonly memoryBudgetBytes?: number | undefined;
  /** Opens a place for what the budget has no room for. Default: there is none, and so no such budget. */
  readonly openSpill?: () => Promise<SpillFile>;
  readonly checkpoint?: Checkpoint;
  readonly onProgress?: (progress: QuantizeProgress) => void;
  readonly signal?: AbortSignal;
}

export const defaultBudgetBytes = 600e6;
/** What a search takes of memory whatever it holds of images and prefixes: engine, graphs, references of the loss. */
const fixedBytes = 540e6;
/** Share of what is left that prepared images get; prefixes have the rest. What has no room is spilled. */
const imagesShare = 1 / 3;

export interface QuantizeProgress {
  readonly step:
    | 'preparing'
    | 'observing'
    | 'scaling'
    | 'pre-activations'
    | 'reconstruction'
    | 'mixed-precision'
    | 'global-p'
    | 'layer-p'
    | 'retune';
  readonly done: number;
  readonly total: number;
  /** With `layer-p`: the lowest that was found for the last layer. */
  readonly odol?: number;
}

export interface QuantizeResult {
  /** The network with its quantizers written in. */
  readonly graph: Graph;
  /** Without `model`, which names the file that the graph is written to. */
  readonly manifest: Omit<Manifest, 'model'> & { readonly quantization: QuantizationManifest };
  readonly report: QuantizeReport;
  /** Weight of the localization in the report's ODOL. */
  readonly odolLambda: number;
  /** Builds the network as a control of the report has it; `undefined` for one that was not searched. */
  readonly controlGraph: (name: keyof QuantizeReport['controls']) => Graph | undefined;
  /** Whether rewrites or layers in float make the network take longer: what they cost is to be measured beside `controlGraph('p2')`. */
  readonly addsWork: boolean;
}

/**
 * Returns the detector quantized by DetPTQ: the float network rewritten so that it quantizes better, rounded and corrected
 * layer by layer where that helps, and one p of the Lp metric for every layer, chosen by how much the detections on the
 * search frames suffer. Each stage is kept only where it wins on the held-out frames. Same input, same engine: same
 * bytes. detptq.md 1-5.
 *
 * @throws AgentError `bits_out_of_range`, `not_quantizable`, `op_unsupported`, `onnx_unsupported`,
 * `activations_not_finite`, `checkpoint_mismatch`, `aborted`, and what the engine and the decoder throw
 */
export async function quantizeModel(options: QuantizeOptions): Promise<QuantizeResult> {
  const { manifest, engine, frames, signal } = options;
  assertComparable(manifest);
  const graph = poolBeforeActivation(prepareGraph(options.graph));
  const macs = new MacsTable();
  macs.learn(graph);
  const counter = new PassCounter(macs.of(graph) * frames.search.length);
  const spareBytes = Math.max(0, (options.memoryBudgetBytes ?? defaultBudgetBytes) - fixedBytes);
  const { openSpill } = options;
  const pictures = new TensorStore({ heldBytes: imagesShare * spareBytes, openSpill });
  const shelves = [pictures.shelf(), pictures.shelf()] as const;
  const workbench = {
    ...{ engine, threads: options.threads, counter, signal },
    runsInFlight: spareBytes > 0 ? 2 : 1,
    macsOf: macs.of.bind(macs),
    store: new TensorStore({ heldBytes: (1 - imagesShare) * spareBytes, openSpill }),
  };
  const journal = await Journal.open(options.checkpoint, checkpointKey(options));
  const head = createHead(manifest, graph);
  const processing = new Processing(manifest, head);
  options.onProgress?.({ step: 'preparing', done: 0, total: 1 });
  try {
    const images = await prepareImages(processing, frames.search, { shelf: shelves[0], signal });
    const heldOut = await prepareImages(processing, frames.heldOut, { shelf: shelves[1], signal });
    const log = new StageLog(counter);
    const judge = await Judge.appoint(workbench, { processing, images: heldOut, graph });
    const course = new Course({
      workbench,
      macs,
      log,
      images,
      odol: new Odol(head),
      judge,
      measuresSearch: options.recipe !== 'fast',
    });
    const outcome = await runStages(course, graph, { ...options, journal });
    return await exportOutcome(course, outcome, { ...options, journal });
  } finally {
    await Promise.all(shelves.map((shelf) => shelf.clear()));
  }
}

function checkpointKey(options: QuantizeOptions): CheckpointKey {
  return {
    model: options.parentDigest,
    frames: framesDigest(options.frames.search),
    heldOut: framesDigest(options.frames.heldOut),
    servingEngine: (options.servingEngine ?? options.engine).name,
    rebuildingEngine: (options.rebuildingEngine ?? options.engine).name,
    recipe: options.recipe,
    without: [...(options.without ?? [])].sort().join(),
    lowBitShare: options.lowBitShare ?? 1,
    weightBits: options.weightBits,
    activationBits: options.activationBits,
    seed: options.seed,
    engine: options.engine.name,
    toolVersion: options.toolVersion,
  };
}

/** Behind a selection, rows of the float and of the quantized network are not the same locations. */
function assertComparable({ head }: Manifest): void {
  if (head.type !== 'detections') return;
  throw new AgentError(
    'not_quantizable',
    'expected outputs with one row per location, got finished detections: the network ends in a selection of its own, behind which the float and the quantized network cannot be compared location by location',
    {
      detail: {
        where: 'head.type',
        got: head.type,
        mend: 'export the model without its NMS (Ultralytics: nms=False, end2end=False)',
      },
    },
  );
}
