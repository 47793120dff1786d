import { createHash } from 'node:crypto';
import { deserialize, serialize } from 'node:v8';
import type { Graph } from '../../graph/graph.js';
import { EngineCache } from '../engineCache.js';
import { litertVersion } from './library/libraryRelease.js';
import type { EncodedModel } from './writtenModel.js';

/** Goes up with every change of what is written and how, so that no cache gives out what an older program made. */
const writerVersion = 2;

/**
 * Returns what `encodeModel(writeModel(graph))` does, kept in the folder for the next time.
 *
 * @param cacheFolder created where it is missing; one that cannot be used is done without. Default: nothing is kept.
 * @throws AgentError those of `writeModel`
 */
export async function keptModel(graph: Graph, cacheFolder: string | undefined): Promise<EncodedModel> {
  if (cacheFolder === undefined) return written(graph);
  const cache = new EngineCache(cacheFolder, '.tflite');
  // Of the graph as plain data, in the form that it also has in another thread: encoding an ONNX file would take as long as
  // what the cache spares.
  const key = createHash('sha256')
    .update(`${writerVersion} ${litertVersion}\n`)
    .update(serialize(structuredClone(graph)))
    .digest('hex');
  const kept = await cache.read(key, decode);
  if (kept !== undefined) return kept;
  const model = await written(graph);
  await cache.write(key, serialize(model));
  return model;
}

/** Loads the code that writes models when it is needed: a thread that finds one kept is done before. */
async function written(graph: Graph): Promise<EncodedModel> {
  const [{ writeModel }, { encodeModel }] = await Promise.all([
    import('./writeModel.js'),
    import('./writtenModel.js'),
  ]);
  return encodeModel(writeModel(graph));
}

function decode(content: Buffer): EncodedModel {
  const { bytes, ...model } = deserialize(content) as EncodedModel;
  // Of memory of its own, which may be moved to another thread.
  return { ...model, bytes: new Uint8Array(bytes) };
}
