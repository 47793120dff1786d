import { createHash } from 'node:crypto';
import { toAgentError } from '../../errors.js';
import type { Graph } from '../../graph/graph.js';
import type { Engine, EngineProbe } from '../engine.js';
import { type ChosenForms, knownForms, type WrittenForm } from '../loweringForms.js';
import { probeGraph } from '../probeGraph.js';
import { modelForms } from './integer/modelForms.js';
import { keptModel } from './keptModel.js';
import { findLibrary } from './library/findLibrary.js';
import { litertVersion } from './library/libraryRelease.js';
import { LitertSession } from './litertSession.js';
import { type LitertLibrary, loadLibrary } from './native/bindings.js';
import { CompiledModel } from './native/compiledModel.js';
import { refusedOperator } from './refusedOperator.js';
import { writeInThread } from './writeInThread.js';
import { writeModel } from './writeModel.js';
import { type EncodedModel, encodeModel } from './writtenModel.js';

/**
 * LiteRT on the CPU, by its XNNPACK. Its library is no npm package; it is fetched once (`detptq engines install litert`).
 * Runs leave the caller's thread free, which is why they need none of their own. With `thread: 'own'` so does writing the
 * model, and compiling it always does.
 */
export const litertEngine: Engine = {
  name: 'litert',
  int8: 'executed',
  servesOnly: true,
  takesThreads: true,
  forms: { choices: modelForms, write: writeForm },

  async probe(): Promise<EngineProbe> {
    try {
      const session = await this.load(probeGraph);
      await session.run({ x: { dtype: 'float32', dims: [1], data: new Float32Array(1) } });
      await session.dispose();
      return { available: true, version: litertVersion };
    } catch (error) {
      return { available: false, reason: toAgentError(error).message };
    }
  },

  async load(graph, { threads = 1, thread = 'caller', lowering } = {}) {
    const library = await loadLibrary(await findLibrary());
    const { cacheFolder, chosen = {} } = lowering ?? {};
    const task = { graph, cacheFolder, chosen: knownForms(modelForms, chosen[this.name]) };
    const model = thread === 'own' ? await writeInThread(task) : await keptModel(task);
    return compiledSession(library, model, { graph, threads });
  },
};

function writeForm(graph: Graph, chosen: ChosenForms): WrittenForm {
  const model = encodeModel(writeModel(graph, chosen));
  return {
    digest: createHash('sha256').update(model.bytes).digest('hex'),
    load: async (threads) =>
      compiledSession(await loadLibrary(await findLibrary()), model, { graph, threads }),
  };
}

async function compiledSession(
  library: LitertLibrary,
  { bytes, ...encoded }: EncodedModel,
  { graph, threads }: { readonly graph: Graph; readonly threads: number },
): Promise<LitertSession> {
  const isEmpty = encoded.outputs.length === 0;
  const compiled = isEmpty ? undefined : await CompiledModel.load(library, { bytes, ...encoded }, threads);
  await assertAccelerated(library, compiled, graph);
  return new LitertSession({ library, compiled, encoded });
}

/** An operator outside XNNPACK would cost up to ten times as much. */
async function assertAccelerated(
  library: LitertLibrary,
  compiled: CompiledModel | undefined,
  graph: Graph,
): Promise<void> {
  if (compiled === undefined || compiled.isFullyAccelerated) return;
  compiled.dispose();
  throw await refusedOperator(library, writeModel(graph).model);
}
