import { readFile } from 'node:fs/promises';
import { type ModelFiles, readModelFiles } from '../../runtime/detector/modelFiles.js';
import type { Engine } from '../../runtime/engines/engine.js';
import { engineNames, getEngine } from '../../runtime/engines/registry.js';
import { AgentError } from '../../runtime/errors.js';
import { isQuantized } from '../../runtime/graph/isQuantized.js';
import { drawnPicture } from '../engines/drawnPicture.js';
import { keepQuickerForms } from '../engines/quickerForms.js';
import { fixedThreads, type ThreadSetting } from '../engines/threadTimes.js';
import { fileError } from '../state/atomicFile.js';
import type { CommandContext } from './context.js';
import { compareForms, type FormSubject } from './forms/compareForms.js';
import { type EngineForms, formsText } from './forms/formsText.js';
import { leastGain, quickerTogether } from './forms/quickerTogether.js';
import { localStatePaths } from './localState.js';
import { resolveModel } from './resolveModel.js';

export interface FormsRequest {
  readonly models: readonly string[];
  /** By name; `auto` and `all` stand for every one that works here. */
  readonly engine: readonly string[];
  readonly threads: readonly ThreadSetting[];
  readonly runs: number;
  /** Picture to infer on; by default a drawn one. */
  readonly image?: string;
  /** Whether detectors are loaded in the quicker forms from now on. */
  readonly keep: boolean;
}

/** Measures the forms in which quantized detectors can be lowered here, and keeps the quicker ones if asked to. */
export async function benchForms(context: CommandContext, request: FormsRequest): Promise<void> {
  const { output } = context;
  const { quickerForms, root } = localStatePaths();
  // A folder that cannot be written is said before anything is measured.
  if (request.keep) await keepQuickerForms(quickerForms, root, {});
  const picture = request.image === undefined ? drawnPicture() : await readPicture(request.image);
  const models = await Promise.all(request.models.map(quantizedModel));
  const threads = request.threads.map((setting) => fixedThreads(setting) ?? 1);
  const subjects = models.flatMap((files) => threads.map((count) => ({ files, threads: count, picture })));
  const results: EngineForms[] = [];
  for (const engine of await enginesWithForms(request.engine, output.note))
    results.push(await benchEngine(engine, subjects, { ...context, runs: request.runs }));
  const found = Object.fromEntries(results.map(({ engine, quicker }) => [engine, quicker]));
  if (request.keep) await keepQuickerForms(quickerForms, root, found);
  output.result(results, () => formsText(results, request.keep));
}

async function benchEngine(
  { name: engine, forms }: Engine,
  subjects: readonly FormSubject[],
  { output, signal, runs }: CommandContext & { readonly runs: number },
): Promise<EngineForms> {
  const options = { forms: forms!, subjects, runs, signal };
  const onRound = (step: string) => (done: number, total: number) => output.progress({ step, done, total });
  const others = Object.entries(forms!.choices).flatMap(([choice, all]) =>
    all.map((form) => ({ [choice]: form })),
  );
  const single = await compareForms(others, { ...options, onRound: onRound(`${engine}: each form`) });
  const candidates = quickerTogether(single.results);
  const found = { engine, chosen: single.chosen, forms: single.results };
  if (Object.keys(candidates).length === 0) return { ...found, quicker: {}, ratio: null };
  // The quickest of many were lucky, too: what counts is how they do the next time.
  const again = await compareForms([candidates], { ...options, onRound: onRound(`${engine}: together`) });
  const ratio = again.results[0]?.ratio ?? 1;
  return { ...found, quicker: ratio < 1 - leastGain ? candidates : {}, ratio };
}

async function quantizedModel(model: string): Promise<ModelFiles> {
  const files = await readModelFiles(await resolveModel(model, { float: false }));
  if (isQuantized(files.graph)) return files;
  throw new AgentError('usage', `expected quantized detectors, got ${model}, which is in float`, {
    detail: { expected: 'a quantized detector', got: model, where: '--lowering' },
  });
}

async function enginesWithForms(names: readonly string[], note: (line: string) => void): Promise<Engine[]> {
  const every = names.includes('auto') || names.includes('all');
  const engines = (every ? engineNames : names).map(getEngine).filter((engine) => {
    if (engine.forms === undefined && !every) note(`${engine.name} has no choice of forms`);
    return engine.forms !== undefined;
  });
  const working: Engine[] = [];
  for (const engine of engines) {
    const { available, reason } = await engine.probe();
    if (available) working.push(engine);
    else note(`without ${engine.name}: ${reason}`);
  }
  return working;
}

async function readPicture(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw fileError(cause, 'read', path);
  }
}
