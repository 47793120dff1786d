import { createHash } from 'node:crypto';
import { deserialize, serialize } from 'node:v8';
import type { Graph } from '../../graph/graph.js';
import { EngineCache } from '../engineCache.js';
import type { ChosenForms } from '../loweringForms.js';
import { litertVersion } from './library/libraryRelease.js';
import type { EncodedModel } from './writtenModel.js';

/** What is to be written. */
export interface WriterTask {
  readonly graph: Graph;
  /** Created where it is missing; one that cannot be used is done without. Without it nothing is kept. */
  readonly cacheFolder: string | undefined;
  /** Overrules the forms that are chosen for the processor. */
  readonly chosen?: ChosenForms | undefined;
}

/** Goes up with every change of what is written and how, so that no cache gives out what an older program made. */
const writerVersion = 11;

/**
 * Returns what `encodeModel(writeModel(graph, chosen))` does, kept in the folder for the next time.
 *
 * @throws AgentError those of `writeModel`
 */
export async function keptModel({ graph, cacheFolder, chosen = {} }: WriterTask): Promise<EncodedModel> {
  if (cacheFolder === undefined) return written(graph, chosen);
  const cache = new EngineCache(cacheFolder, '.tflite');
  // Of the graph as plain data, in the form that it also has in another thread: encoding an ONNX file would take as long as
  // what the cache spares.
  const key = createHash('sha256')
    .update(`${writerVersion} ${litertVersion} ${JSON.stringify(Object.entries(chosen).sort())}\n`)
    .update(serialize(structuredClone(graph)))
    .digest('hex');
  const kept = await cache.read(key, decode);
  if (kept !== undefined) return kept;
  const model = await written(graph, chosen);
  await cache.write(key, serialize(model));
  return model;
}

/** Loads the code that writes models when it is needed: a thread that finds one kept is done before. */
async function written(graph: Graph, chosen: ChosenForms): Promise<EncodedModel> {
  const [{ writeModel }, { encodeModel }] = await Promise.all([
    import('./writeModel.js'),
    import('./writtenModel.js'),
  ]);
  return encodeModel(writeModel(graph, chosen));
}

function decode(content: Buffer): EncodedModel {
  const { bytes, ...model } = deserialize(content) as EncodedModel;
  // Of memory of its own, which may be moved to another thread.
  return { ...model, bytes: new Uint8Array(bytes) };
}
