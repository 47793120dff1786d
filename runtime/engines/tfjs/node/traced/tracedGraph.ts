import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AgentError, toAgentError } from '../../../../errors.js';
import { makeScratchFolder, removeScratchFolder } from '../../../../scratchFolder.js';
import type { TracedGraph, Tracer } from '../../tracer.js';
import type { KernelBackend } from '../kernelBackend.js';
import { encodeSavedModel, feedTensor, outputTensor, servingTag } from './encodeSavedModel.js';
import { recordCalls, type Trace } from './recordCalls.js';

/** Returns what makes graphs of TensorFlow's library of runs on this backend. Their results are those of the runs to the bit. */
export function nativeTracer(backend: KernelBackend): Tracer {
  return (feeds, run) => {
    const { outputs, trace } = recordCalls(backend, feeds, run);
    return { outputs, toGraph: () => loadTrace(backend, trace) };
  };
}

async function loadTrace(backend: KernelBackend, trace: Trace): Promise<TracedGraph> {
  const { binding } = backend;
  const session = await loadSavedModel(backend, encodeSavedModel(binding, trace));
  const feedNames = trace.feeds.map((_, feed) => feedTensor(feed)).join();
  const outputNames = trace.outputs.map((_, output) => outputTensor(output)).join();
  return {
    run(feeds) {
      const ids = backend.getInputTensorIds(feeds);
      const results = binding.runSavedModel(session, ids, feedNames, outputNames);
      return results.map((result) => backend.createOutputTensor(result));
    },
    dispose: () => binding.deleteSavedModel(session),
  };
}

/** The library reads a model from a folder, or not at all. */
async function loadSavedModel({ binding }: KernelBackend, bytes: Uint8Array): Promise<number> {
  const folder = await makeScratchFolder('traced');
  try {
    await writeFile(join(folder, 'saved_model.pb'), bytes);
    return binding.loadSavedModel(folder, servingTag);
  } catch (cause) {
    const message = `TensorFlow does not load the traced graph: ${toAgentError(cause).message}`;
    throw new AgentError('engine_load_failed', message, { cause });
  } finally {
    await removeScratchFolder(folder);
  }
}
