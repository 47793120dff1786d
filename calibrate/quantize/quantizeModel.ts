import { Detector } from '../../runtime/detector/detector.js';
import { createHead } from '../../runtime/detector/heads/createHead.js';
import type { Manifest, QuantizationManifest } from '../../runtime/detector/manifest.js';
import type { Engine } from '../../runtime/engines/engine.js';
import type { Graph } from '../../runtime/graph/graph.js';
import { nodeMacs } from '../../runtime/graph/macs.js';
import type { Frame } from '../frames/frame.js';
import { mapConcurrent } from '../mapConcurrent.js';
import type { QuantizeReport } from '../report.js';
import { type LayerSearchState, searchLayers } from '../search/layerSearch.js';
import { Odol } from '../search/odol.js';
import { beatsByOneStandardError, mean } from '../search/paired.js';
import { PassCounter, runGraph, type Workbench } from '../search/workbench.js';
import { type Checkpoint, type CheckpointKey, readCheckpoint, writeCheckpoint } from './checkpoint.js';
import { insertQuantizers } from './insertQuantizers.js';
import { type Images, Judge, type Judgement } from './judge.js';
import { layerReports } from './layerReports.js';
import { indexOfP, type PIndex, pName, pValues } from './lpMetric.js';
import { observe } from './observe.js';
import { planQuantization } from './plan.js';
import { prepareGraph } from './prepareGraph.js';
import { type Recipe, sweepsOfRecipe } from './recipe.js';
import { scalesDigest } from './scalesDigest.js';
import { buildScaleTable, quantizersFor } from './scaleTable.js';
import { StageLog } from './stageLog.js';

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
  /** Runs under way at once. */
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
}

/**
 * Returns the detector quantized by DetPTQ: one p of the Lp metric for every layer, chosen by how much the
 * detections on the search frames suffer, starting from the best single p; kept only where it also wins on the
 * held-out frames. Same input, same engine: same bytes. detptq.md 1-4.
 *
 * @throws AgentError `bits_out_of_range`, `not_quantizable`, `op_unsupported`, `onnx_unsupported`,
 *   `activations_not_finite`, `checkpoint_mismatch`, `aborted`, and what the engine and the decoder throw
 */
export async function quantizeModel(options: QuantizeOptions): Promise<QuantizeResult> {
  const { manifest, engine, recipe, signal, frames } = options;
  const onProgress = options.onProgress ?? (() => {});
  const started = performance.now();
  const graph = prepareGraph(options.graph);
  const plan = planQuantization(graph, options);
  const macs = convolutionMacs(graph);
  const macsOf = ({ nodes }: Graph) => nodes.reduce((sum, node) => sum + (macs.get(node.name) ?? 0), 0);
  const counter = new PassCounter(macsOf(graph) * frames.search.length);
  const workbench: Workbench = { engine, concurrency: options.threads, counter, macsOf, signal };
  const head = createHead(manifest, graph);
  const detector = new Detector(manifest, head, await engine.load(graph, { threads: 1 }));
  const log = new StageLog(counter);

  try {
    const prepare = async (set: readonly Frame[]): Promise<Images> => {
      const prepared = await mapConcurrent(set, ({ bytes }) => detector.prepare(bytes), {
        limit: options.threads,
        signal,
      });
      return {
        names: set.map(({ name }) => name),
        prepared,
        inputs: prepared.map(({ tensor }) => ({ [manifest.input.name]: tensor })),
      };
    };
    onProgress({ step: 'preparing', done: 0, total: 1 });
    const search = await prepare(frames.search);
    const heldOut = await prepare(frames.heldOut);

    onProgress({ step: 'observing', done: 0, total: 1 });
    const observation = await observe(workbench, { graph, plan }, search);
    const table = buildScaleTable(graph, plan, observation.distributions);
    const odol = new Odol(head);
    for (const outputs of observation.outputs) odol.addReference(outputs);
    const floatOutputs = await runGraph(workbench, graph, heldOut.inputs, (outputs) => outputs);
    const judge = new Judge(workbench, { detector, images: heldOut, floatOutputs });
    log.add('float', { odol: 0, agreement: 1 });

    const build = (pOfLayer: readonly PIndex[]) =>
      insertQuantizers(graph, plan, quantizersFor(table, plan, pOfLayer));
    const everywhere = (p: PIndex) => plan.layers.map(() => p);
    const global: number[][] = [];
    const terms = [];
    for (const [p] of pValues.entries()) {
      onProgress({ step: 'global-p', done: p, total: pValues.length });
      terms.push(
        await runGraph(workbench, build(everywhere(p)), search.inputs, (outputs, image) =>
          odol.terms(image, outputs),
        ),
      );
    }
    odol.balance(terms[indexOfP(2)]!);
    for (const ofP of terms) global.push(ofP.map((term) => odol.value(term)));
    const bestP = argmin(global.map(mean));
    const judged = new Map<PIndex, Judgement>();
    for (const p of new Set([bestP, indexOfP(Number.POSITIVE_INFINITY), indexOfP(2), indexOfP(2.4)])) {
      onProgress({ step: 'judging', done: judged.size, total: 4 });
      judged.set(p, await judge.judge(build(everywhere(p)), odol.lambda));
    }
    log.add('globalP', judged.get(bestP)!);

    const state = await searchPerLayer();
    const perLayer = state && {
      state,
      search: await runGraph(workbench, build(state.pOfLayer), search.inputs, (outputs, image) =>
        odol.value(odol.terms(image, outputs)),
      ),
      heldOut: await judge.judge(build(state.pOfLayer), odol.lambda),
    };
    if (perLayer) log.add('perLayerP', perLayer.heldOut);

    async function searchPerLayer(): Promise<LayerSearchState | null> {
      const sweeps = sweepsOfRecipe[recipe];
      const key = checkpointKey(options);
      const saved = await options.checkpoint?.load();
      const resumed = saved ? readCheckpoint(saved, key) : null;
      const untried = plan.layers.map(() => []);
      let current: LayerSearchState = resumed?.state ?? {
        pOfLayer: everywhere(bestP),
        nextLayer: 0,
        tried: untried,
      };
      for (let sweep = resumed?.sweep ?? 0; sweep < sweeps; sweep++) {
        if (current.nextLayer >= plan.layers.length) current = { ...current, nextLayer: 0 };
        current = await searchLayers(
          workbench,
          { graph, plan, table, odol, inputs: search.inputs },
          current,
          async (next) => {
            await options.checkpoint?.save(writeCheckpoint(key, { sweep, state: next }));
            const done = sweep * plan.layers.length + next.nextLayer;
            onProgress({ step: 'layer-p', done, total: sweeps * plan.layers.length });
          },
        );
      }
      return sweeps > 0 ? current : null;
    }

    const global0 = judged.get(bestP)!;
    const keepPerLayer = perLayer !== null && beatsByOneStandardError(perLayer.heldOut.odols, global0.odols);
    const pOfLayer = keepPerLayer ? perLayer.state.pOfLayer : everywhere(bestP);
    const chosen = keepPerLayer ? perLayer.heldOut : global0;
    const quantizers = quantizersFor(table, plan, pOfLayer);
    const layers = layerReports(plan, {
      quantizers,
      pOfLayer,
      tried: perLayer?.state.tried,
      distributions: observation.distributions,
    });
    const control = (p: PIndex) => ({
      p: pName(p),
      odolSearch: mean(global[p]!),
      odol: judged.get(p)!.odol,
      agreement: judged.get(p)!.agreement,
    });
    return {
      graph: insertQuantizers(graph, plan, quantizers),
      manifest: {
        ...withoutModel(manifest),
        quantization: {
          parent: options.parentDigest,
          recipe,
          weightBits: options.weightBits,
          activationBits: options.activationBits,
          activations: options.activationBits === 8 ? 'executed' : 'simulated',
          layers: layers.map(({ name, weightBits, activationBits, p }) => ({
            name,
            weightBits,
            activationBits,
            p,
          })),
          scalesDigest: scalesDigest(quantizers),
          calibration: { digest: frames.digest, frames: frames.search.length },
          odol: chosen.odol,
          agreement: chosen.agreement,
          engine: engine.name,
          seed: options.seed,
          toolVersion: options.toolVersion,
        },
      },
      report: {
        model: manifest.name,
        recipe,
        bits: { weight: options.weightBits, activation: options.activationBits },
        engine: engine.name,
        seed: options.seed,
        toolVersion: options.toolVersion,
        frames: { search: frames.search.length, heldOut: frames.heldOut.length, digest: frames.digest },
        stages: log.stages,
        layers,
        controls: {
          minmax: control(indexOfP(Number.POSITIVE_INFINITY)),
          p2: control(indexOfP(2)),
          p2_4: control(indexOfP(2.4)),
          bestGlobalP: control(bestP),
          perLayerP: perLayer && {
            p: null,
            odolSearch: mean(perLayer.search),
            odol: perLayer.heldOut.odol,
            agreement: perLayer.heldOut.agreement,
          },
        },
        chosen: keepPerLayer ? 'perLayerP' : 'bestGlobalP',
        notes: plan.exceptions,
        total: {
          passes: counter.passes,
          seconds: (performance.now() - started) / 1000,
          peakRssBytes: process.resourceUsage().maxRSS * 1024,
        },
      },
    };
  } finally {
    await detector.dispose();
  }
}

/** MACs of each node by its name, which inserting quantizers does not change. */
function convolutionMacs(graph: Graph): Map<string, number> {
  const byOutput = nodeMacs(graph);
  return new Map(graph.nodes.map(({ name, outputs }) => [name, byOutput.get(outputs[0]!) ?? 0]));
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

function withoutModel({ model: _, ...rest }: Manifest): Omit<Manifest, 'model'> {
  return rest;
}

/** Position of the least value, the first of equals. */
function argmin(values: readonly number[]): number {
  return values.reduce((least, value, i) => (value < values[least]! ? i : least), 0);
}
