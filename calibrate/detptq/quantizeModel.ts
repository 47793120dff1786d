import { Detector } from '../../runtime/detector/detector.js';
import { createHead } from '../../runtime/detector/heads/createHead.js';
import type { Manifest, QuantizationManifest } from '../../runtime/detector/manifest.js';
import type { Engine } from '../../runtime/engines/engine.js';
import { AgentError } from '../../runtime/errors.js';
import type { Graph, Node } from '../../runtime/graph/graph.js';
import { nodeMacs } from '../../runtime/graph/macs.js';
import type { Frame } from '../frames/frame.js';
import { insertQuantizers, rawName } from '../quantize/insertQuantizers.js';
import { indexOfP, type PIndex, pName, pValues } from '../quantize/lpMetric.js';
import { planQuantization } from '../quantize/plan.js';
import { prepareGraph } from '../quantize/prepareGraph.js';
import { scalesDigest } from '../quantize/scalesDigest.js';
import { buildScaleTable, quantizersFor } from '../quantize/scaleTable.js';
import type { QuantizeReport } from '../report.js';
import { searchGlobalP } from '../search/globalSearch.js';
import { Odol } from '../search/odol.js';
import { beatsByOneStandardError, mean } from '../search/paired.js';
import { everywhere, odolByImage, quantizedGraph, type SearchProblem } from '../search/problem.js';
import { prepareImages } from '../workbench/images.js';
import { observe } from '../workbench/observe.js';
import { PassCounter, type Workbench } from '../workbench/workbench.js';
import type { Checkpoint, CheckpointKey } from './checkpoint.js';
import { Judge, type Judgement } from './judge.js';
import { layerReports } from './layerReports.js';
import { controlReport, quantizedManifest, reportHeader } from './provenance.js';
import { type Recipe, sweepsOfRecipe } from './recipe.js';
import { StageLog } from './stageLog.js';
import { sweepLayers } from './sweepLayers.js';

export interface QuantizeOptions {
  readonly manifest: Manifest;
  /** The float network. */
  readonly graph: Graph;
  /** Digest of the float model's manifest. */
  readonly parentDigest: string;
  readonly frames: {
    readonly search: readonly Frame[];
    readonly heldOut: readonly Frame[];
    readonly digest: string;
  };
  readonly recipe: Recipe;
  /** 2..8 */
  readonly weightBits: number;
  /** 2..8 */
  readonly activationBits: number;
  readonly engine: Engine;
  /** Threads of one run. */
  readonly threads: number;
  /** Recorded; it has chosen the frames. The search itself draws nothing at random. */
  readonly seed: number;
  readonly toolVersion: string;
  readonly checkpoint?: Checkpoint;
  readonly onProgress?: (progress: QuantizeProgress) => void;
  readonly signal?: AbortSignal;
}

export interface QuantizeProgress {
  readonly step: 'preparing' | 'observing' | 'global-p' | 'layer-p' | 'judging';
  readonly done: number;
  readonly total: number;
  /** The lowest so far. */
  readonly odol?: number;
}

export interface QuantizeResult {
  /** The network with its quantizers written in. */
  readonly graph: Graph;
  /** Without `model`, which names the file that the graph is written to. */
  readonly manifest: Omit<Manifest, 'model'> & { readonly quantization: QuantizationManifest };
  readonly report: QuantizeReport;
  /** Builds the network as a control of the report has it; `undefined` for one that was not searched. */
  readonly controlGraph: (name: keyof QuantizeReport['controls']) => Graph | undefined;
}

/**
 * Returns the detector quantized by DetPTQ: one p of the Lp metric for every layer, chosen by how much the
 * detections on the search frames suffer, starting from the best single p; kept only where it also wins on
 * the held-out frames. Same input, same engine: same bytes. detptq.md 1-4.
 *
 * @throws AgentError `bits_out_of_range`, `not_quantizable`, `op_unsupported`, `onnx_unsupported`,
 * `activations_not_finite`, `checkpoint_mismatch`, `aborted`, and what the engine and the decoder throw
 */
export async function quantizeModel(options: QuantizeOptions): Promise<QuantizeResult> {
  const { manifest, engine, frames, signal } = options;
  const onProgress = options.onProgress ?? (() => {});
  assertComparable(manifest);
  const graph = prepareGraph(options.graph);
  const plan = planQuantization(graph, options);
  const workbench = openWorkbench(graph, options);
  const log = new StageLog(workbench.counter);
  const head = createHead(manifest, graph);
  const detector = new Detector(manifest, head, await engine.load(graph, { threads: options.threads }));
  try {
    onProgress({ step: 'preparing', done: 0, total: 1 });
    const search = await prepareImages(detector, frames.search, signal);
    const heldOut = await prepareImages(detector, frames.heldOut, signal);

    onProgress({ step: 'observing', done: 0, total: 1 });
    const observation = await observe(workbench, { graph, plan }, search);
    const odol = new Odol(head);
    for (const outputs of observation.outputs) odol.addReference(outputs);
    const table = buildScaleTable(graph, plan, observation.distributions);
    const problem: SearchProblem = { graph, plan, table, odol, inputs: search.inputs };
    const judge = await Judge.appoint(workbench, { detector, images: heldOut, graph });
    log.add('float', { odol: 0, agreement: 1 });

    const global = await searchGlobalP(workbench, problem, (p) =>
      onProgress({ step: 'global-p', done: p, total: pValues.length }),
    );
    const judged = await judgeControls(judge, problem, [global.best, ...Object.values(fixedP)], onProgress);
    const bestGlobal = judged.get(global.best)!;
    log.add('globalP', bestGlobal);

    const perLayer = await searchPerLayer(workbench, problem, { start: global.best, judge, options });
    if (perLayer) log.add('perLayerP', perLayer.heldOut);

    const perLayerWins =
      perLayer !== null && beatsByOneStandardError(perLayer.heldOut.odols, bestGlobal.odols);
    const pOfLayer = perLayerWins ? perLayer.state.pOfLayer : everywhere(problem, global.best);
    const quantizers = quantizersFor(table, plan, pOfLayer);
    const layers = layerReports(plan, {
      quantizers,
      pOfLayer,
      tried: perLayer?.state.tried,
      distributions: observation.distributions,
    });
    const controlOf = (p: PIndex) => controlReport(pName(p), global.odols[p]!, judged.get(p)!);
    const assignments = {
      minmax: everywhere(problem, fixedP.minmax),
      p2: everywhere(problem, fixedP.p2),
      p2_4: everywhere(problem, fixedP.p2_4),
      bestGlobalP: everywhere(problem, global.best),
      perLayerP: perLayer?.state.pOfLayer,
    };
    return {
      graph: insertQuantizers(graph, plan, quantizers),
      controlGraph: (name) => assignments[name] && quantizedGraph(problem, assignments[name]),
      manifest: quantizedManifest(options, {
        layers,
        scalesDigest: scalesDigest(quantizers),
        judgement: perLayerWins ? perLayer.heldOut : bestGlobal,
      }),
      report: {
        ...reportHeader(options),
        stages: log.stages,
        layers,
        controls: {
          minmax: controlOf(fixedP.minmax),
          p2: controlOf(fixedP.p2),
          p2_4: controlOf(fixedP.p2_4),
          bestGlobalP: controlOf(global.best),
          perLayerP: perLayer && controlReport(null, mean(perLayer.searchOdols), perLayer.heldOut),
        },
        chosen: perLayerWins ? 'perLayerP' : 'bestGlobalP',
        notes: plan.exceptions,
        total: log.total(),
      },
    };
  } finally {
    await detector.dispose();
  }
}

/** The fixed p that everybody else uses: min-max, 2 and 2.4. */
const fixedP = { minmax: indexOfP(Number.POSITIVE_INFINITY), p2: indexOfP(2), p2_4: indexOfP(2.4) };

async function judgeControls(
  judge: Judge,
  problem: SearchProblem,
  ps: readonly PIndex[],
  onProgress: (progress: QuantizeProgress) => void,
): Promise<Map<PIndex, Judgement>> {
  const judged = new Map<PIndex, Judgement>();
  for (const p of new Set(ps)) {
    onProgress({ step: 'judging', done: judged.size, total: ps.length });
    judged.set(p, await judge.judge(quantizedGraph(problem, everywhere(problem, p)), problem.odol.lambda));
  }
  return judged;
}

/** Returns what the recipe's per-layer search found, or `null` when it has none. */
async function searchPerLayer(
  workbench: Workbench,
  problem: SearchProblem,
  { start, judge, options }: { start: PIndex; judge: Judge; options: QuantizeOptions },
) {
  const sweeps = sweepsOfRecipe[options.recipe];
  if (sweeps === 0) return null;
  const total = sweeps * problem.plan.layers.length;
  const state = await sweepLayers(workbench, problem, {
    sweeps,
    start,
    key: checkpointKey(options),
    checkpoint: options.checkpoint,
    onLayer: (done) => options.onProgress?.({ step: 'layer-p', done, total }),
  });
  return {
    state,
    searchOdols: await odolByImage(workbench, problem, state.pOfLayer),
    heldOut: await judge.judge(quantizedGraph(problem, state.pOfLayer), problem.odol.lambda),
  };
}

function openWorkbench(graph: Graph, { engine, threads, frames, signal }: QuantizeOptions): Workbench {
  const macsOf = macsCounter(graph);
  const counter = new PassCounter(macsOf(graph) * frames.search.length);
  return { engine, threads, counter, macsOf, signal };
}

/** Returns a function that adds up the MACs of `graph`, of the quantized networks made of it or of pieces of them. */
function macsCounter(graph: Graph): Workbench['macsOf'] {
  // Nodes are told apart by their outputs, for names of nodes may be absent or repeat.
  const macs = new Map(
    [...nodeMacs(graph)].flatMap(([output, count]) => [
      [output, count] as const,
      [rawName(output), count] as const,
    ]),
  );
  const macsOfNode = ({ opType, outputs }: Node) =>
    opType === 'DequantizeLinear' ? 0 : (macs.get(outputs[0]!) ?? 0);
  return ({ nodes }) => nodes.reduce((sum, node) => sum + macsOfNode(node), 0);
}

function checkpointKey(options: QuantizeOptions): CheckpointKey {
  return {
    model: options.parentDigest,
    frames: options.frames.digest,
    recipe: options.recipe,
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
