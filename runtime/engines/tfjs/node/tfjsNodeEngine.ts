import type { Engine } from '../../engine.js';
import { tfjsEngine } from '../tfjsEngine.js';
import { configureLibrary } from './configureLibrary.js';
import { nodeBackend } from './nodeBackend.js';

/**
 * TensorFlow.js on TensorFlow's own library: operator by operator at first, what is run again and again as one graph.
 *
 * @param threads of all runs in this process, asked before the first load; where it does not say, that load does
 */
export function tfjsNodeEngine(threads: () => number | undefined): Engine {
  return tfjsEngine({
    name: 'tfjs-node',
    ownMemoryBytes: 300e6,
    backend: nodeBackend,
    beforeLoad: (loadThreads) => configureLibrary(threads() ?? loadThreads),
  });
}
