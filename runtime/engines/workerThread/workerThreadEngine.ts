import { encodeOnnx } from '../../graph/onnxCodec.js';
import type { Engine } from '../engine.js';
import { ThreadSession } from './threadSession.js';

/**
 * Returns the engine with each session in a worker thread of its own. Loading and running then leave the event loop
 * free, which onnxruntime-node on its own blocks for as long as it works; a run costs the copying of its feeds more.
 * For a process that also serves; a process that only computes does without.
 *
 * @param engine one of the registry, which the thread finds by name
 */
export function inWorkerThread(engine: Engine): Engine {
  return {
    name: engine.name,
    int8: engine.int8,
    probe: () => engine.probe(),
    load: (graph, options = {}) =>
      ThreadSession.start({ engineName: engine.name, onnx: encodeOnnx(graph), options }, graph),
  };
}
