import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultBudgetBytes, quantizeModel } from '../../calibrate/detptq/quantizeModel.js';
import type { Recipe, Stage } from '../../calibrate/detptq/recipe.js';
import { type CalibrationSet, loadCalibrationSet } from '../../calibrate/frames/calibrationSet.js';
import { type ModelFiles, readModelFiles } from '../../runtime/detector/modelFiles.js';
import type { Engine } from '../../runtime/engines/engine.js';
import { getEngine } from '../../runtime/engines/registry.js';
import { AgentError } from '../../runtime/errors.js';
import { servingLowering } from '../engines/servingLowering.js';
import { packageVersion } from '../version.js';
import { assertServed } from './assertServed.js';
import type { CommandContext } from './context.js';
import { FileCheckpoint } from './fileCheckpoint.js';
import type { LabelledImages } from './labelledComparison.js';
import { saveBlocks, saveYoungHeap } from './leanMemory.js';
import { localEngine, localEngines } from './localEngine.js';
import { localStatePaths } from './localState.js';
import { memoryAim } from './memoryAim.js';
import { NamelessFile } from './namelessFile.js';
import type { Output } from './output.js';
import { makeOutputFolder } from './outputFiles.js';
import { quantizeReportText } from './quantizeReportText.js';
import { resolveModel } from './resolveModel.js';
import { watchMemory } from './watchMemory.js';
import { writeQuantizedModel } from './writeQuantizedModel.js';

export interface QuantizeRequest {
  readonly model: string;
  /** Folder of images. */
  readonly calib: string;
  readonly out: string;
  readonly recipe: Recipe;
  /** Stages of the recipe that are left out. */
  readonly without: ReadonlySet<Stage>;
  readonly weightBits: number;
  readonly activationBits: number;
  /** Smallest share of the layers below 8 bits that keep their bits, 0..1. */
  readonly lowBitShare: number;
  /** Images with labels, to judge both models by. */
  readonly labelled?: LabelledImages;
  /** Frames that the search sees; as many more judge it. */
  readonly frames: number;
  readonly seed: number;
  /** Searches. */
  readonly engine: string;
  /** What is written is for it: it records the self-test and measures both models. */
  readonly servingEngine: string;
  readonly threads: number;
  /** Beyond it the search stops; its checkpoint stays. */
  readonly memoryBudgetBytes?: number;
  /** Go on from the checkpoint in `out`; else one that is there is replaced. */
  readonly resume: boolean;
}

/** In the output folder, while the search runs and after it was interrupted. */
const checkpointFile = 'checkpoint.jsonl';

/** Quantizes a float detector, writes it to `out` with all that belongs to it, and prints the report. */
export async function quantizeToFolder(context: CommandContext, request: QuantizeRequest): Promise<void> {
  const { output, signal, keep } = context;
  const { recipe, without, weightBits, activationBits, lowBitShare, threads, seed } = request;
  const limitBytes = request.memoryBudgetBytes;
  const aimBytes = limitBytes ?? memoryAim();
  saveYoungHeap();
  // A job's search, which has a channel to the agent, shares the box with what is served; the others have little.
  if (limitBytes !== undefined || aimBytes < defaultBudgetBytes || process.connected) saveBlocks();
  const source = await readModelFiles(await resolveModel(request.model, { float: true }));
  await makeOutputFolder(request.out);
  await assertUsable(source, request);
  const engine = await localEngine({ name: request.engine, purpose: 'search', threads });
  const serving = { name: request.servingEngine, purpose: 'quantized', threads } as const;
  const servingEngines = await localEngines(serving);
  await assertServed(source, { serving: servingEngines, search: engine });
  const rebuilding = await rebuildingEngine(engine, output);
  const count = request.frames;
  const set = await loadCalibrationSet(request.calib, { frames: count, heldOut: count, seed, signal });
  for (const line of frameNotes(set, count)) output.note(line);
  const checkpoint = new FileCheckpoint(join(request.out, checkpointFile), {
    resume: request.resume,
    note: (text) => output.note(text),
    keep,
  });
  const search = (capped: AbortSignal) =>
    quantizeModel({
      manifest: source.manifest,
      graph: source.graph,
      parentDigest: source.digest,
      frames: set,
      recipe,
      without,
      weightBits,
      activationBits,
      lowBitShare,
      engine,
      servingEngine: servingEngines[0].engine,
      rebuildingEngine: rebuilding,
      threads,
      seed,
      toolVersion: packageVersion(),
      memoryBudgetBytes: aimBytes,
      openSpill: () => NamelessFile.open(request.out),
      checkpoint,
      onProgress: output.progress,
      signal: capped,
    });
  const { report, paths } = await withinMemory({ aimBytes, limitBytes }, signal, async (capped) =>
    // Not capped: all there is to lose is found by now.
    writeQuantizedModel(await search(capped), {
      folder: request.out,
      // What a search took hours for is written even where the engine that was named refuses it after all.
      engines: servingEngines.some((serves) => serves.engine === engine)
        ? servingEngines
        : [...servingEngines, { engine, threads }],
      onRefused: ({ message }, { name }, next) =>
        output.note(
          `${name} refuses it${request.servingEngine === name ? ' and will not serve it' : ''}, ${next.name} runs it: ${message}`,
        ),
      lowering: await servingLowering(localStatePaths()),
      threads,
      frames: set.heldOut,
      float: source,
      signal,
      ...(request.labelled && { labelled: request.labelled }),
    }),
  );
  await checkpoint.remove();
  output.result(report, () => `${quantizeReportText(report)}\n\n${paths.join('\n')}`);
}

/** onnxruntime, on which a search ends in the same weights whichever engine searches; where it does not work, that one. */
async function rebuildingEngine(searching: Engine, output: Output): Promise<Engine> {
  const usual = getEngine('onnxruntime');
  if (searching.name === usual.name || (await usual.probe()).available) return usual;
  output.note(`${usual.name} does not work here: layers are rebuilt on ${searching.name}`);
  return searching;
}

/** Runs `work` with a signal that also aborts beyond the limit, its reason the error for that; without one it never does. */
async function withinMemory<T>(
  { aimBytes, limitBytes }: { aimBytes: number; limitBytes: number | undefined },
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const watch = watchMemory(aimBytes, limitBytes);
  try {
    return await work(AbortSignal.any([signal, watch.signal]));
  } finally {
    watch.stop();
  }
}

async function assertUsable(
  { manifest, folder }: ModelFiles,
  { model, out }: QuantizeRequest,
): Promise<void> {
  if (manifest.quantization) {
    const { weightBits, activationBits } = manifest.quantization;
    throw new AgentError(
      'not_quantizable',
      `expected a float model, got ${model}, which is W${weightBits}A${activationBits}`,
      { detail: { expected: 'a float model', got: `W${weightBits}A${activationBits}`, where: model } },
    );
  }
  // The new model has the float model's name: written beside it, it would replace it.
  if ((await realpath(out)) !== (await realpath(folder))) return;
  throw new AgentError('usage', `expected --out to be another folder than the model's own, got ${out}`, {
    detail: { expected: 'another folder', got: out, where: '--out' },
  });
}

function frameNotes({ search, heldOut, heldOutIsSearch, skipped }: CalibrationSet, count: number): string[] {
  const notes: string[] = [];
  if (skipped.undecodable.length > 0) {
    notes.push(`passed over ${skipped.undecodable.length} images that do not decode`);
  }
  if (skipped.copies.length > 0) {
    notes.push(`passed over ${skipped.copies.length} images that are copies of others`);
  }
  if (heldOutIsSearch) notes.push('warning: one frame only, so it judges its own search: add images');
  else if (search.length < count) {
    notes.push(`warning: ${count} + ${count} frames asked for, ${search.length} + ${heldOut.length} found`);
  }
  return notes;
}
