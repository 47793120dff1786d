import { readFileSync } from 'node:fs';
import { createHead } from '../../runtime/detector/heads/createHead.js';
import type { Manifest } from '../../runtime/detector/manifest.js';
import { readModelFiles } from '../../runtime/detector/modelFiles.js';
import { Processing } from '../../runtime/detector/processing.js';
import type { TensorMap } from '../../runtime/engines/engine.js';
import type { Graph } from '../../runtime/graph/graph.js';
import { quantizedModel } from './quantizedModel.js';

export interface DetectorOnPicture {
  readonly manifest: Manifest;
  /** In float. */
  readonly graph: Graph;
  /** W8A8, on the least and greatest values of the picture. */
  readonly quantized: Graph;
  /** The picture. */
  readonly feeds: TensorMap;
}

/** Returns a detector as benchmarks of time want it: grids that were searched take as long. */
export async function detectorOnPicture(manifestPath: string, picture: string): Promise<DetectorOnPicture> {
  const { manifest, graph } = await readModelFiles(manifestPath);
  const processing = new Processing(manifest, createHead(manifest, graph));
  const { tensor } = await processing.prepare(readFileSync(picture));
  const feeds = { [manifest.input.name]: tensor };
  return { manifest, graph, feeds, quantized: await quantizedModel(graph, { weightBits: 8, feeds }) };
}
