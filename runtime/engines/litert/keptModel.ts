import { createHash } from 'node:crypto';
import { deserialize, serialize } from 'node:v8';
import type { Graph } from '../../graph/graph.js';
import { encodeOnnx } from '../../graph/onnxCodec.js';
import { EngineCache } from '../engineCache.js';
import { litertVersion } from './library/libraryRelease.js';
import { writeModel } from './writeModel.js';
import { type EncodedModel, encodeModel } from './writtenModel.js';

/** Goes up with every change of what is written and how, so that no cache gives out what an older program made. */
const writerVersion = 1;

/**
 * Returns what `encodeModel(writeModel(graph))` does, kept in the folder for the next time.
 *
 * @param cacheFolder created where it is missing; one that cannot be used is done without. Default: nothing is kept.
 * @throws AgentError those of `writeModel`
 */
export async function keptModel(graph: Graph, cacheFolder: string | undefined): Promise<EncodedModel> {
  if (cacheFolder === undefined) return encodeModel(writeModel(graph));
  const cache = new EngineCache(cacheFolder, '.tflite');
  const key = createHash('sha256')
    .update(`${writerVersion} ${litertVersion}\n`)
    .update(encodeOnnx(graph))
    .digest('hex');
  const kept = await cache.read(key, decode);
  if (kept !== undefined) return kept;
  const written = encodeModel(writeModel(graph));
  await cache.write(key, serialize(written));
  return written;
}

function decode(content: Buffer): EncodedModel {
  const { bytes, ...model } = deserialize(content) as EncodedModel;
  // Of memory of its own, which may be moved to another thread.
  return { ...model, bytes: new Uint8Array(bytes) };
}
