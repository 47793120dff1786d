import type { Graph } from '../../graph/graph.js';
import type { Manifest } from '../manifest.js';
import { GflHead } from './gfl.js';
import type { Head } from './head.js';
import { headShape } from './headShape.js';
import { assertSlotsFit, type SlottedHead } from './outputSlot.js';
import { RetinanetHead } from './retinanet.js';
import { SsdHead } from './ssd.js';
import { Yolov3Head } from './yolov3.js';
import { YoloxHead } from './yolox.js';

/**
 * Returns the head that a manifest describes.
 *
 * @param graph the head's tensors are looked up among its outputs
 * @throws AgentError `manifest_invalid` when keys of the head contradict each other, `manifest_model_mismatch`
 *   when the graph lacks an output that the head reads or declares it of another size
 */
export function createHead(manifest: Manifest, graph: Pick<Graph, 'outputs'>): Head {
  const head = headOf(manifest, graph);
  assertSlotsFit(head.slots, graph);
  return head;
}

function headOf(manifest: Manifest, graph: Pick<Graph, 'outputs'>): SlottedHead {
  const shape = headShape(manifest);
  switch (manifest.head.type) {
    case 'gfl':
      return new GflHead(manifest.head, shape);
    case 'yolox':
      return new YoloxHead(manifest.head, shape);
    case 'yolov3':
      return new Yolov3Head(manifest.head, shape, graph);
    case 'ssd':
      return new SsdHead(manifest.head, shape);
    case 'retinanet':
      return new RetinanetHead(manifest.head, shape, graph);
  }
}
