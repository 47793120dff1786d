import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest } from '../../runtime/detector/manifest.js';
import type { Graph } from '../../runtime/graph/graph.js';
import { encodeOnnx } from '../../runtime/graph/onnxCodec.js';
import { tempFolder } from './tempFolder.js';

/** Writes a detector that was built in memory to a new folder and returns the path of its manifest. */
export async function writtenDetector({
  graph,
  manifest,
}: {
  graph: Graph;
  manifest: Manifest;
}): Promise<string> {
  const bytes = encodeOnnx(graph);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const folder = tempFolder();
  const { file } = manifest.model;
  const model = { file, sha256, sizeBytes: bytes.byteLength };
  await writeFile(join(folder, file), bytes);
  const path = join(folder, `${manifest.name}.json`);
  await writeFile(path, JSON.stringify({ ...manifest, model }));
  return path;
}
