import { AgentError } from '../../errors.js';
import type { Graph } from '../../graph/graph.js';
import type { Manifest } from '../manifest.js';
import { DecodedBoxesHead } from './decodedBoxes.js';
import { DetectionsHead } from './detections.js';
import { GflHead } from './gfl.js';
import type { Head } from './head.js';
import { headShape } from './headShape.js';
import { LtrbHead } from './ltrb.js';
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
      return new GflHead(manifest.head, shape, graph);
    case 'yolox':
      return new YoloxHead(manifest.head, shape);
    case 'yolov3':
      return new Yolov3Head(manifest.head, shape, graph);
    case 'ssd':
      return new SsdHead(manifest.head, shape);
    case 'retinanet':
      return new RetinanetHead(manifest.head, shape, graph);
    case 'ltrb':
      return new LtrbHead(manifest.head, shape, graph);
    case 'yolov8':
    case 'yolov5':
      return new DecodedBoxesHead(manifest.head, shape, graph);
    case 'detections':
      assertNoSecondNms(manifest);
      return new DetectionsHead(manifest.head, shape, graph);
  }
}

/** Its rows have been through a suppression, or were trained to need none: another one would only lose some. */
function assertNoSecondNms({ postprocess: { iouThreshold } }: Manifest): void {
  if (iouThreshold === 1) return;
  throw new AgentError(
    'manifest_invalid',
    `manifest key postprocess.iouThreshold: expected 1 for the head "detections", got ${iouThreshold}`,
    { detail: { where: 'postprocess.iouThreshold', expected: 1, got: iouThreshold } },
  );
}
